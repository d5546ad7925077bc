// SPDX-License-Identifier: Apache-2.0
// Pictures that belong to no single unit, each under the objective that it was made for.
import { visualizationPath, type Visualization } from "../data";
import { Fact } from "../parts/fact";
import { Hint } from "../parts/hint";
import { Failed, Notice, Waiting } from "../parts/notice";
import { Ascent, Film, PictureFacts } from "../parts/picture";
import { Provenance } from "../parts/provenance";
import { Title } from "../parts/section";
import { useAtlas, useData, useTitle } from "../state";
import { level, plural } from "../words";
import "./visualizations.css";

// Long objectives may break where a term ends or begins.
const broken = (objective: string) => objective.replace(/([,(]|\) )/g, "$1\u200b");

function Objective({ of }: { of: Visualization }) {
  return (
    <section class="block" aria-label={of.objective}>
      <h2 class="objective-title"><code>{broken(of.objective)}</code></h2>
      <div class="gallery">
        {of.pictures.map((picture) => (
          <figure class="picture" key={picture.id}>
            <Film picture={picture} src={visualizationPath(picture.id)} alt={`Variant ${picture.variant + 1} of ${of.objective}`} />
            <figcaption>
              {of.pictures.length > 1 && <h3>variant {picture.variant + 1}</h3>}
              {picture.status !== "ok" && <p class="warning">{picture.status}</p>}
              <PictureFacts picture={picture}>
                <Fact name={<Hint of="score">score</Hint>}><b>{level(picture.score)}</b></Fact>
              </PictureFacts>
              <Ascent picture={picture} />
            </figcaption>
          </figure>
        ))}
      </div>
    </section>
  );
}

export function VisualizationsPage() {
  const atlas = useAtlas();
  const data = useData<Visualization[]>("visualizations");
  useTitle(`Visualizations · ${atlas.network?.name ?? "microtome"}`);
  return (
    <div class="visualizations-page">
      <Title>
        <h1>Visualizations</h1>
        <p class="lead">Pictures of no single unit: each was made for an objective of its own.</p>
        {data.value && data.value.length > 0 && <p class="muted below">{plural(data.value.length, "objective")}</p>}
      </Title>
      {data.error && <Failed error={data.error} />}
      {!data.value && !data.error && <Waiting />}
      {data.value?.length === 0 && (
        <Notice title="None has been made yet">
          <p>Make one: <code>microtome visualize NET --objective "channel(L:3) + channel(L:7)"</code></p>
        </Notice>
      )}
      {data.value?.map((entry) => <Objective key={entry.objective} of={entry} />)}
      <Provenance runs={atlas.runs} />
    </div>
  );
}
