// SPDX-License-Identifier: Apache-2.0
// The whole network: its section, the studied layers as plates, all layers as a table.
import { visualizationPath, type AtlasData, type Layer } from "../data";
import { Dot } from "../parts/bars";
import { Fact, Facts } from "../parts/fact";
import { LayerPlate } from "../parts/layer_plate";
import { Notice } from "../parts/notice";
import { Plate } from "../parts/plate";
import { Profile } from "../parts/profile";
import { Provenance } from "../parts/provenance";
import { Block, Title } from "../parts/section";
import { Strip } from "../parts/strip";
import { layerHref, visualizationsHref } from "../route";
import { useAtlas, useTitle } from "../state";
import { breakable, categoryWord, integer, plural, shapeText, share } from "../words";
import "./network.css";

function Joint() {
  const { count, strip } = useAtlas().visualizations;
  return (
    <div class="joint">
      <Block title={<a href={visualizationsHref()}>Visualizations</a>}>
        <p class="muted">Pictures of no single unit, made for objectives of their own.</p>
        <Strip>
          {strip.map((item) => (
            <li key={item.id}>
              <a href={visualizationsHref()} title={item.objective}>
                <span class="plate-mount">
                  <Plate src={visualizationPath(item.id)} alt={`Picture of ${item.objective}`} />
                </span>
                <code class="small">{item.objective}</code>
              </a>
            </li>
          ))}
        </Strip>
        <a class="onward" href={visualizationsHref()}>
          All {plural(count, "objective")} <span aria-hidden="true">→</span>
        </a>
      </Block>
    </div>
  );
}

function LayerTable({ layers }: { layers: Layer[] }) {
  const largest = Math.max(1e-9, ...layers.map((layer) => layer.macs_share));
  return (
    <details class="all-layers">
      <summary>All {plural(layers.length, "layer")} of the network</summary>
      <div tabIndex={0} role="region" aria-label="All layers">
        <table>
          <thead>
            <tr>
              <th scope="col">layer</th>
              <th scope="col">operation</th>
              <th scope="col">shape</th>
              <th scope="col" class="wide">receptive field</th>
              <th scope="col" class="wide">work so far</th>
            </tr>
          </thead>
          <tbody>
            {layers.map((layer) => (
              <tr key={layer.id} class={layer.study ? "all-layers-studied" : undefined}>
                <th scope="row">{layer.study ? <a href={layerHref(layer.name)}>{layer.name}</a> : layer.name}</th>
                <td>{layer.op}</td>
                <td>{shapeText(layer.shape)}</td>
                <td class="wide">{layer.receptive_field ? layer.receptive_field.size.join(" × ") : "–"}</td>
                <td class="wide">
                  <span class="all-layers-macs"><span style={{ width: `${(layer.macs_share / largest) * 100}%` }} /></span> {share(layer.macs_share)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function inputText(atlas: AtlasData): string {
  const input = atlas.network?.input ?? {};
  const sides = ["channels", "height", "width"].map((key) => input[key]).filter((value): value is number => typeof value === "number");
  return sides.length === 3 ? shapeText(sides) : "–";
}

function leadOf(atlas: AtlasData): string {
  if (!atlas.layers.some((layer) => layer.study)) return "No layer of this network has been studied yet.";
  return atlas.network?.format === "imported"
    ? "What this network has learned, as others measured it: the concept that each unit answers to, and the counts behind it."
    : "What this network has learned: the picture that drives each unit most, the concept it answers to, and the evidence.";
}

function NetworkFacts() {
  const atlas = useAtlas();
  const { network, concepts } = atlas;
  return (
    <Facts>
      <Fact name="format">{network?.format}</Fact>
      <Fact name="input">{inputText(atlas)}</Fact>
      {concepts && concepts.images > 0 && <Fact name="images">{integer(concepts.images)}</Fact>}
      {concepts && <Fact name="concepts">{integer(concepts.names.filter(Boolean).length)}</Fact>}
      {concepts && (
        <Fact name="categories">
          <span class="category-list">
            {concepts.categories.map((name) => (
              <span key={name}><Dot category={name} /> {categoryWord(name)}</span>
            ))}
          </span>
        </Fact>
      )}
    </Facts>
  );
}

export function NetworkPage() {
  const atlas = useAtlas();
  useTitle(`${atlas.network?.name ?? "Atlas"} · microtome`);
  if (!atlas.network) {
    return (
      <Notice title="This atlas is still empty" heading="h1">
        <p>Fill it with <code>microtome atlas NET --layers L --concepts DIR --out FILE</code> and load this page again.</p>
      </Notice>
    );
  }
  const studied = atlas.layers.filter((layer) => layer.study);
  return (
    <div class="network-page">
      <Title>
        <h1>{breakable(atlas.network.name)}</h1>
        <p class="lead">{leadOf(atlas)}</p>
        <NetworkFacts />
      </Title>
      <Profile />
      {studied.length === 0 && (
        <Notice title="Nothing has been studied yet">
          <p>Dissect and draw some layers with <code>microtome atlas</code>; their plates will appear here.</p>
        </Notice>
      )}
      {studied.map((layer, index) => (
        <LayerPlate key={layer.id} layer={layer} number={index + 1} />
      ))}
      {atlas.visualizations.count > 0 && <Joint />}
      <LayerTable layers={atlas.layers} />
      <Provenance runs={atlas.runs} />
    </div>
  );
}
