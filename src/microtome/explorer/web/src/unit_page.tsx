// SPDX-License-Identifier: Apache-2.0
// Everything that is known of one unit.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { load, picturePath, type Dissection, type Layer, type LayerData, type Picture, type Sign, type UnitData } from "./data";
import { CurveChart, HistogramChart } from "./charts";
import { ConceptTable } from "./concept_table";
import { Exemplars, type View } from "./exemplar";
import { Choice, Dot, Fact, Hint, Plate } from "./parts";
import { Film, PictureFacts } from "./picture";
import { Provenance } from "./provenance";
import { Trust } from "./trust";
import { go, layerHref, networkHref, setQuery, unitHref } from "./route";
import { className, findLayer, Notice, useAtlas, useData, useTitle, Waiting } from "./state";
import { categoryWord, integer, iou, level, plural, share, signChar, signWord, times } from "./words";

const kPictureCaption: Record<string, string> = { "1": "What drives it up", "-1": "What drives it down" };

function PictureCard({ layer, unit, sign, pictures }: { layer: Layer; unit: number; sign: Sign; pictures: Picture[] }) {
  const [chosen, setChosen] = useState(0);
  const picture = pictures[Math.min(chosen, pictures.length - 1)] as Picture | undefined;
  return (
    <figure class="picture">
      {picture ? (
        <Film picture={picture} src={picturePath(layer.id, unit, sign, picture.variant)} alt={`${signWord(sign)} picture of unit ${unit}`} />
      ) : (
        <Plate src={null} alt={`${signWord(sign)} picture of unit ${unit}`} />
      )}
      <figcaption>
        <h3>
          <span class="sign">{signChar(sign)}</span> {kPictureCaption[String(sign)]}
        </h3>
        {pictures.length > 1 && (
          <Choice
            label="Variant"
            value={String(Math.min(chosen, pictures.length - 1))}
            options={pictures.map((entry, index) => [String(index), `variant ${entry.variant + 1}`])}
            onChange={(value) => setChosen(Number(value))}
          />
        )}
        {!picture && <p class="muted">No picture has been made for this sign yet.</p>}
        {picture && (
          <>
            <code class="objective">{picture.objective}</code>
            {picture.status !== "ok" && <p class="warning">{picture.status}</p>}
            <dl class="facts">
              <Fact name="activation">{level(picture.activation)}</Fact>
              <Fact name="best real image">{level(picture.best_exemplar)}</Fact>
              <Fact name={<Hint of="ratio">ratio</Hint>}><b>{times(picture.activation_ratio)}</b></Fact>
            </dl>
            <PictureFacts picture={picture} />
            {picture.status === "ok" && picture.curve.length > 1 && <CurveChart curve={picture.curve} label={`The objective over ${picture.curve.length} steps`} />}
          </>
        )}
      </figcaption>
    </figure>
  );
}

function Verdict({ dissection }: { dissection: Dissection | undefined }) {
  const atlas = useAtlas();
  if (!dissection) return <p class="lead">Not dissected: no concepts are known for it.</p>;
  const best = dissection.best;
  if (best.label === 0) return <p class="lead">No concept fits.</p>;
  const category = atlas.concepts?.categories[best.category];
  return (
    <p class="lead verdict">
      <em>{atlas.concepts?.names[best.label]}</em>
      <span>
        <Dot category={category} /> {category ? categoryWord(category) : ""}
      </span>
      <span>
        <Hint of="iou">IoU</Hint> <b>{iou(best.iou)}</b>{best.ceiling !== null && ` of at most ${iou(best.ceiling)}`}
      </span>
      {dissection.statistics.verdict !== "detector" && <span class="muted">{dissection.statistics.verdict}: not a detector</span>}
    </p>
  );
}

const kViews: [View, string][] = [["mask", "mask"], ["outline", "outline"], ["heat", "heat"], ["field", "field"], ["plain", "plain"]];
const kViewWords: Record<View, ComponentChildren> = {
  mask: (
    <>
      Bright is the <Hint of="mask">mask</Hint>: where the unit’s activation exceeds its <Hint of="threshold">threshold</Hint>.
    </>
  ),
  outline: (
    <>
      The line is the rim of the <Hint of="mask">mask</Hint>: inside, the unit’s activation exceeds its <Hint of="threshold">threshold</Hint>.
    </>
  ),
  heat: "The warmer, the higher the activation.",
  field: (
    <>
      Cut to the <Hint of="receptive">receptive field</Hint> of the place where the activation is highest: all that the unit sees there.
    </>
  ),
  plain: "The images as they are.",
};

function Evidence({ dissection, sign, images }: { dissection: Dissection; sign: Sign; images: number }) {
  const [view, setView] = useState<View>("mask");
  return (
    <>
      {dissection.top.length > 0 && (
        <section class="block">
          <header>
            <h2>Images that excite it most</h2>
            <Choice label="What is drawn over the images" value={view} options={kViews} onChange={setView} />
          </header>
          <p class="muted">
            {kViewWords[view]} The number is the image’s highest {sign > 0 ? "" : "negated "}activation.
          </p>
          <Exemplars dissection={dissection} sign={sign} list={dissection.top} view={view} />
        </section>
      )}
      <div class="columns">
        <section class="block">
          <header>
            <h2>Concepts</h2>
          </header>
          <ConceptTable dissection={dissection} />
        </section>
        {dissection.threshold === null ? (
          <section class="block">
            <header>
              <h2>Activations</h2>
            </header>
            <p class="muted">Not known: this dissection was imported from a table of labels and counts, without images, thresholds and activations.</p>
          </section>
        ) : (
          <section class="block">
            <header>
              <h2><Hint of="histogram">Activations</Hint></h2>
            </header>
            <HistogramChart {...dissection.histogram} threshold={dissection.threshold} />
            <dl class="facts">
              <Fact name={<Hint of="threshold">threshold</Hint>}>{level(dissection.threshold)}</Fact>
              <Fact name="range">{level(dissection.minimum)} … {level(dissection.maximum)}</Fact>
              <Fact name="on in">
                {plural(dissection.on_images, "image")} <small>({share(images > 0 ? dissection.on_images / images : 0)})</small>
              </Fact>
              <Fact name="pixels on">{integer(dissection.on_pixels)}</Fact>
            </dl>
          </section>
        )}
      </div>
      <Trust dissection={dissection} />
      {dissection.typical.length > 0 && (
        <section class="block">
          <header>
            <h2>Images drawn at random above its threshold</h2>
          </header>
          <p class="muted">
            What it answers to on an ordinary day, not only at its best.{view === "heat" && " Of these only what exceeds the threshold is kept."}
          </p>
          <Exemplars dissection={dissection} sign={sign} list={dissection.typical} view={view} low={dissection.threshold ?? 0} />
        </section>
      )}
      {dissection.bottom.length > 0 && (
        <section class="block">
          <header>
            <h2>Images that excite it least</h2>
          </header>
          <Exemplars dissection={dissection} sign={sign} list={dissection.bottom} view={view === "mask" || view === "outline" ? "plain" : view} />
        </section>
      )}
    </>
  );
}

function Body({ layer, data, query }: { layer: Layer; data: UnitData; query: URLSearchParams }) {
  const atlas = useAtlas();
  const wanted: Sign = query.get("sign") === "-" ? -1 : 1;
  const entry = data.dissections.find((candidate) => candidate.sign === wanted) ?? data.dissections[0];
  const name = className(atlas, layer, data.unit);
  return (
    <>
      {name && <p class="aliases">class {name}</p>}
      <Verdict dissection={entry?.dissection} />
      {data.dissections.length > 1 && (
        <div class="signs">
          <Hint of="sign">Sign</Hint>
          <Choice
            label="Sign of the evidence"
            value={entry.sign > 0 ? "+" : "-"}
            options={[["+", "+ positive"], ["-", "− negative"]]}
            onChange={(value) => setQuery({ sign: value === "-" ? "-" : null })}
          />
        </div>
      )}
      {data.pictures.length > 0 ? (
        <>
          <section class="pictures" aria-label="Pictures">
            {([1, -1] as Sign[]).map((sign) => (
              <PictureCard key={sign} layer={layer} unit={data.unit} sign={sign} pictures={data.pictures.filter((picture) => picture.sign === sign)} />
            ))}
          </section>
          <p class="muted below">
            <Hint of="picture">Made pictures</Hint>, not photographs: each is grown from noise until the unit answers as strongly as it can.
          </p>
        </>
      ) : atlas.network?.format !== "imported" && (
        <p class="muted below">
          No <Hint of="picture">picture</Hint> of this unit has been made yet; <code>microtome visualize</code> makes it.
        </p>
      )}
      {entry ? (
        <Evidence dissection={entry.dissection} sign={entry.sign} images={layer.study?.dissection?.images ?? 0} />
      ) : (
        <Notice title="No dissection yet">
          <p>Run <code>microtome dissect</code> with a concept set to learn what this unit answers to.</p>
        </Notice>
      )}
      <Provenance runs={atlas.runs} />
    </>
  );
}

// The unit before and after, among those that the layer's data names.
function useNeighbours(layer: Layer | undefined, unit: number): [number | null, number | null] {
  const data = useData<LayerData>(layer?.study ? `layer-${layer.id}` : null);
  const units = [...new Set(data.value?.unit ?? [])].sort((a, b) => a - b);
  const before = units.filter((other) => other < unit).pop() ?? null;
  const after = units.find((other) => other > unit) ?? null;
  useEffect(() => {
    if (layer && after !== null) load(`unit-${layer.id}-${after}`).catch(() => undefined); // so that the next page is there at once
  }, [layer, after]);
  return [before, after];
}

export function UnitPage({ name, unit, query }: { name: string; unit: number; query: URLSearchParams }) {
  const atlas = useAtlas();
  const layer = findLayer(atlas, name);
  const file = layer?.study ? `unit-${layer.id}-${unit}` : null;
  const data = useData<UnitData>(file);
  const [before, after] = useNeighbours(layer, unit);
  const sign = query.get("sign") === "-" ? -1 : 1;
  useTitle(`${name} unit ${unit} · microtome`);
  useEffect(() => {
    const turn = (event: KeyboardEvent) => {
      const busy = (event.target as HTMLElement).closest("input, textarea, select, [role=radiogroup], [tabindex]:not(main)");
      if (busy || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const target = event.key === "ArrowLeft" ? before : event.key === "ArrowRight" ? after : null;
      if (target !== null) go(unitHref(name, target, sign));
    };
    document.addEventListener("keydown", turn);
    return () => document.removeEventListener("keydown", turn);
  }, [name, before, after, sign]);
  if (!layer?.study) {
    return (
      <Notice title={layer ? "This layer has not been studied yet" : `This network has no layer “${name}”`}>
        <p><a href={networkHref()}>Back to the network</a></p>
      </Notice>
    );
  }
  const step = (target: number | null, text: string, arrow: string) =>
    target === null ? <span class="step off" aria-hidden="true">{arrow}</span> : (
      <a class="step" href={unitHref(name, target, sign)} aria-label={`${text}: unit ${target}`} title={`${text} unit`}>{arrow}</a>
    );
  const known = data.value && data.name === file ? data.value : null;
  return (
    <div class="unit-page">
      <section class="title">
        <div class="turning">
          <p class="overline"><a href={layerHref(layer.name)}>{layer.name}</a></p>
          <nav aria-label="Units">{step(before, "previous", "←")}{step(after, "next", "→")}</nav>
        </div>
        <h1>unit {unit}</h1>
      </section>
      {data.error && data.name === file && (
        <Notice title={`Nothing is known of unit ${unit}`}>
          <p>It was not among the units that were studied. <a href={layerHref(layer.name)}>See those that were</a>.</p>
        </Notice>
      )}
      {!known && !(data.error && data.name === file) && <Waiting />}
      {known && <Body key={file} layer={layer} data={known} query={query} />}
    </div>
  );
}
