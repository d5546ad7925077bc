// SPDX-License-Identifier: Apache-2.0
// The whole network: its section, the studied layers as plates, all layers as a table.
import { visualizationPath, type AtlasData, type Layer } from "./data";
import { CategoryBar, Dot, Fact, Hint, Plate, UnitPlate } from "./parts";
import { Profile } from "./profile";
import { Provenance } from "./provenance";
import { layerHref, unitHref, visualizationsHref } from "./route";
import { Notice, useAtlas, useTitle } from "./state";
import { breakable, categoryWord, integer, iou, plural, roman, shapeText, share, signChar } from "./words";

export function LayerFacts({ layer }: { layer: Layer }) {
  const field = layer.receptive_field;
  return (
    <dl class="facts">
      <Fact name="operation">{layer.op}</Fact>
      <Fact name="shape">{shapeText(layer.shape)}</Fact>
      {field && (
        <Fact name={<Hint of="receptive">receptive field</Hint>}>
          {field.size.map((value) => integer(value)).join(" × ")}<small> px</small>
        </Fact>
      )}
      {layer.macs_share > 0 && <Fact name={<Hint of="macs">work so far</Hint>}>{share(layer.macs_share)}</Fact>}
    </dl>
  );
}

export function LayerCounts({ layer, legend }: { layer: Layer; legend: boolean }) {
  const atlas = useAtlas();
  const counts = layer.study?.counts;
  if (!counts || !atlas.concepts) {
    return <p class="muted">Not dissected yet: its units have pictures, but no concepts.</p>;
  }
  return (
    <>
      <p class="counts">
        <span>
          <b>{integer(counts.detectors)}</b> of {plural(counts.units, "unit")} {counts.detectors === 1 ? "is a" : "are"} <Hint of="detector">{counts.detectors === 1 ? "detector" : "detectors"}</Hint>
        </span>
        <span>
          <Hint of="unique">unique concepts</Hint> <b>{counts.unique}</b> by best concept, <b>{counts.unique_by_category}</b> by category
        </span>
      </p>
      <CategoryBar categories={atlas.concepts.categories} counts={counts.by_category} units={counts.units} legend={legend} />
    </>
  );
}

function Strip({ layer }: { layer: Layer }) {
  const { concepts } = useAtlas();
  return (
    <ul class="strip">
      {layer.study!.strip.map((item) => {
        const category = concepts?.categories[item.category];
        const label = concepts?.names[item.label] || `unit ${item.unit}`;
        return (
          <li key={`${item.unit}${item.sign}`}>
            <a href={unitHref(layer.name, item.unit, item.sign)}>
              <UnitPlate layer={layer.id} of={item} />
              <span class="name">{label}</span>
              <span class="small">
                {category && <Dot category={category} />} {signChar(item.sign) === "+" ? "" : "−"}
                {item.unit} {item.iou != null && <span class="muted">· {iou(item.iou)}</span>}
              </span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function LayerPlate({ layer, number }: { layer: Layer; number: number }) {
  return (
    <article class="layer-plate" aria-labelledby={`plate-${layer.id}`}>
      <header>
        <span class="number">Plate {roman(number)}</span>
        <h2 id={`plate-${layer.id}`}>
          <a href={layerHref(layer.name)}>{breakable(layer.name)}</a>
        </h2>
        <LayerFacts layer={layer} />
      </header>
      <div class="plate-body">
        <LayerCounts layer={layer} legend={true} />
        <Strip layer={layer} />
        <a class="onward" href={layerHref(layer.name)}>
          All {plural(layer.units, "unit")} <span aria-hidden="true">→</span>
        </a>
      </div>
    </article>
  );
}

function Joint() {
  const { count, strip } = useAtlas().visualizations;
  return (
    <section class="block joint">
      <header>
        <h2>
          <a href={visualizationsHref()}>Visualizations</a>
        </h2>
      </header>
      <p class="muted">Pictures of no single unit, made for objectives of their own.</p>
      <ul class="strip">
        {strip.map((item) => (
          <li key={item.id}>
            <a href={visualizationsHref()} title={item.objective}>
              <span class="mount">
                <Plate src={visualizationPath(item.id)} alt={`Picture of ${item.objective}`} />
              </span>
              <code class="small">{item.objective}</code>
            </a>
          </li>
        ))}
      </ul>
      <a class="onward" href={visualizationsHref()}>
        All {plural(count, "objective")} <span aria-hidden="true">→</span>
      </a>
    </section>
  );
}

function LayerTable({ layers }: { layers: Layer[] }) {
  const largest = Math.max(1e-9, ...layers.map((layer) => layer.macs_share));
  return (
    <details class="all-layers">
      <summary>All {plural(layers.length, "layer")} of the network</summary>
      <div class="table-frame" tabIndex={0} role="region" aria-label="All layers">
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
              <tr key={layer.id} class={layer.study ? "studied" : undefined}>
                <th scope="row">{layer.study ? <a href={layerHref(layer.name)}>{layer.name}</a> : layer.name}</th>
                <td>{layer.op}</td>
                <td>{shapeText(layer.shape)}</td>
                <td class="wide">{layer.receptive_field ? layer.receptive_field.size.join(" × ") : "–"}</td>
                <td class="wide">
                  <span class="macs"><span style={{ width: `${(layer.macs_share / largest) * 100}%` }} /></span> {share(layer.macs_share)}
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

export function NetworkPage() {
  const atlas = useAtlas();
  useTitle(`${atlas.network?.name ?? "Atlas"} · microtome`);
  if (!atlas.network) {
    return (
      <Notice title="This atlas is still empty">
        <p>Fill it with <code>microtome atlas NET --layers L --concepts DIR --out FILE</code> and load this page again.</p>
      </Notice>
    );
  }
  const studied = atlas.layers.filter((layer) => layer.study);
  return (
    <div class="network-page">
      <section class="title">
        <h1>{breakable(atlas.network.name)}</h1>
        <p class="lead">
          {studied.length > 0 && atlas.network.format === "imported"
            ? "What this network has learned, as others measured it: the concept that each unit answers to, and the counts behind it."
            : studied.length > 0
            ? "What this network has learned: the picture that drives each unit most, the concept it answers to, and the evidence."
            : "No layer of this network has been studied yet."}
        </p>
        <dl class="facts">
          <Fact name="format">{atlas.network.format}</Fact>
          <Fact name="input">{inputText(atlas)}</Fact>
          {atlas.concepts && atlas.concepts.images > 0 && <Fact name="images">{integer(atlas.concepts.images)}</Fact>}
          {atlas.concepts && <Fact name="concepts">{integer(atlas.concepts.names.filter(Boolean).length)}</Fact>}
          {atlas.concepts && (
            <Fact name="categories">
              <span class="cats">
                {atlas.concepts.categories.map((name) => (
                  <span key={name}><Dot category={name} /> {categoryWord(name)}</span>
                ))}
              </span>
            </Fact>
          )}
        </dl>
      </section>
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
