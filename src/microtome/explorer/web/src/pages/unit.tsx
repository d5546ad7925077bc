// SPDX-License-Identifier: Apache-2.0
// Everything that is known of one unit.
import { useEffect } from "preact/hooks";
import { load, type Dissection, type Layer, type LayerData, type Sign, type UnitData } from "../data";
import type { Shown } from "../page";
import { Dot } from "../parts/bars";
import { Choice } from "../parts/choice";
import { Evidence } from "../parts/evidence";
import { kViews, type View } from "../parts/exemplar";
import { Hint } from "../parts/hint";
import { Notice, Waiting } from "../parts/notice";
import { PictureCard } from "../parts/picture_card";
import { Provenance } from "../parts/provenance";
import { Title } from "../parts/section";
import { go, layerHref, networkHref, setQuery, unitHref } from "../route";
import { categoryName, className, conceptName, findLayer, useAtlas, useData, useTitle } from "../state";
import { categoryWord, integer, iou } from "../words";
import "./unit.css";

const signOf = (query: URLSearchParams): Sign => (query.get("sign") === "-" ? -1 : 1);

function Verdict({ dissection }: { dissection: Dissection | undefined }) {
  const atlas = useAtlas();
  if (!dissection) return <p class="lead">Not dissected: no concepts are known for it.</p>;
  const best = dissection.best;
  if (best.label === 0) return <p class="lead">No concept fits.</p>;
  const category = categoryName(atlas, best.category);
  return (
    <p class="lead verdict">
      <em>{conceptName(atlas, best.label)}</em>
      <span>
        <Dot category={category} /> {categoryWord(category)}
      </span>
      <span>
        <Hint of="iou">IoU</Hint> <b>{iou(best.iou)}</b>{best.ceiling !== null && ` of at most ${iou(best.ceiling)}`}
      </span>
      {dissection.statistics.verdict !== "detector" && <span class="muted">{dissection.statistics.verdict}: not a detector</span>}
    </p>
  );
}

function Pictures({ layer, data }: { layer: Layer; data: UnitData }) {
  const atlas = useAtlas();
  if (data.pictures.length === 0) {
    if (atlas.network?.format === "imported") return null;
    return (
      <p class="muted below">
        No <Hint of="picture">picture</Hint> of this unit has been made yet; <code>microtome visualize</code> makes it.
      </p>
    );
  }
  return (
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
  );
}

function Body({ layer, data, query }: { layer: Layer; data: UnitData; query: URLSearchParams }) {
  const atlas = useAtlas();
  const entry = data.dissections.find((candidate) => candidate.sign === signOf(query)) ?? data.dissections[0];
  const view: View = kViews.find((each) => each === query.get("view")) ?? "mask";
  const name = className(atlas, layer, data.unit);
  return (
    <>
      {name && <p class="aliases">class {name}</p>}
      <Verdict dissection={entry?.dissection} />
      {entry && data.dissections.length > 1 && (
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
      <Pictures layer={layer} data={data} />
      {entry ? (
        <Evidence
          dissection={entry.dissection}
          sign={entry.sign}
          study={layer.study?.dissection ?? null}
          view={view}
          onView={(value) => setQuery({ view: value === "mask" ? null : value })}
        />
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

// Arrow keys turn to the neighbours, unless something has the focus that uses them itself.
function useTurning(before: string | null, after: string | null): void {
  useEffect(() => {
    const turn = (event: KeyboardEvent) => {
      const busy = (event.target as HTMLElement).closest("input, textarea, select, [role=radiogroup], [tabindex]:not(main)");
      if (busy || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const target = event.key === "ArrowLeft" ? before : event.key === "ArrowRight" ? after : null;
      if (target !== null) go(target);
    };
    document.addEventListener("keydown", turn);
    return () => document.removeEventListener("keydown", turn);
  }, [before, after]);
}

function Turn({ to, unit, text, arrow }: { to: string | null; unit: number | null; text: string; arrow: string }) {
  if (to === null) return <span class="turn turn-off" aria-hidden="true">{arrow}</span>;
  return <a class="turn" href={to} aria-label={`${text}: unit ${unit}`} title={`${text} unit`}>{arrow}</a>;
}

function Unknown({ layer, unit }: { layer: Layer; unit: number }) {
  const exists = unit < layer.units;
  return (
    <Notice title={exists ? `Nothing is known of unit ${unit}` : `There is no unit ${unit}`}>
      <p>
        {exists ? "It was not among the units that were studied." : `The units of this layer are numbered 0 to ${integer(layer.units - 1)}.`}{" "}
        <a href={layerHref(layer.name)}>See those that were studied</a>.
      </p>
    </Notice>
  );
}

export function UnitPage({ layer: name, unit, query }: Shown<"layer/:layer/unit/#unit">) {
  const atlas = useAtlas();
  const layer = findLayer(atlas, name);
  const file = layer?.study && unit < layer.units ? `unit-${layer.id}-${unit}` : null;
  const data = useData<UnitData>(file);
  const [before, after] = useNeighbours(layer, unit);
  const address = (target: number | null) => (target === null ? null : unitHref(name, target, signOf(query), query.get("view")));
  useTurning(address(before), address(after));
  useTitle(`${name} unit ${unit} · microtome`);
  if (!layer?.study) {
    return (
      <Notice title={layer ? "This layer has not been studied yet" : `This network has no layer “${name}”`} heading="h1">
        <p><a href={networkHref()}>Back to the network</a></p>
      </Notice>
    );
  }
  const known = file !== null && data.name === file ? data.value : null;
  const unknown = file === null || (data.error !== null && data.name === file);
  return (
    <div class="unit-page">
      <Title>
        <div class="turning">
          <p class="overline"><a href={layerHref(layer.name)}>{layer.name}</a></p>
          <nav aria-label="Units">
            <Turn to={address(before)} unit={before} text="previous" arrow="←" />
            <Turn to={address(after)} unit={after} text="next" arrow="→" />
          </nav>
        </div>
        <h1>unit {unit}</h1>
      </Title>
      {unknown && <Unknown layer={layer} unit={unit} />}
      {!known && !unknown && <Waiting />}
      {known && <Body key={file} layer={layer} data={known} query={query} />}
    </div>
  );
}
