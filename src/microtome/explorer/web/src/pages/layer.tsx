// SPDX-License-Identifier: Apache-2.0
// One layer: all its units as tiles, to sort, filter and search.
import { useMemo } from "preact/hooks";
import { rowsOf, type AtlasData, type Layer, type LayerData, type Sign } from "../data";
import { matchLabels } from "../matching";
import type { Shown } from "../page";
import { Dot } from "../parts/bars";
import { Choice } from "../parts/choice";
import { LayerCounts, LayerFacts } from "../parts/layer_facts";
import { Failed, Notice, Waiting } from "../parts/notice";
import { Title } from "../parts/section";
import { TileGrid, type Tile } from "../parts/tile_grid";
import { networkHref, setQuery } from "../route";
import { conceptName, findLayer, useAtlas, useData, useTitle } from "../state";
import { breakable, categoryWord, plural } from "../words";
import "./layer.css";

type Order = (a: Tile, b: Tile) => number;
const byUnit: Order = (a, b) => a.unit - b.unit || b.sign - a.sign;
const byIou: Order = (a, b) => (b.iou ?? -1) - (a.iou ?? -1) || byUnit(a, b);

function orders(atlas: AtlasData): Record<"iou" | "reach" | "label" | "unit" | "ratio", { text: string; compare: Order }> {
  const name = (tile: Tile) => conceptName(atlas, tile.label) || "\uffff"; // the nameless come last
  const part = (tile: Tile) => (tile.ceiling ? (tile.iou ?? 0) / tile.ceiling : -1);
  return {
    iou: { text: "IoU", compare: byIou },
    reach: { text: "IoU against ceiling", compare: (a, b) => part(b) - part(a) || byIou(a, b) },
    label: { text: "concept", compare: (a, b) => name(a).localeCompare(name(b)) || byIou(a, b) },
    unit: { text: "unit number", compare: byUnit },
    ratio: { text: "activation ratio", compare: (a, b) => (b.ratio ?? -1) - (a.ratio ?? -1) || byUnit(a, b) },
  };
}

// The units as tiles, each under its best concept. A word looks further: a unit that passes the cut in another category
// with a concept of that name is found too, and shown under it.
function tilesOf(layer: Layer, data: LayerData, cut: number, fits: (label: number) => boolean): Tile[] {
  const { by_category, ...columns } = data;
  const categories = by_category.map((column) => rowsOf(column));
  return rowsOf(columns).flatMap((row, index) => {
    const best = { label: row.label, category: row.category, iou: row.iou, ceiling: row.ceiling };
    const others = categories.flatMap((rows, category) => {
      const score = rows[index];
      return score && score.iou >= cut ? [{ ...score, category }] : [];
    });
    const shown = [best, ...others].find((score) => fits(score.label));
    if (!shown) return [];
    const { unit, sign, variant, thumb, ratio, status } = row;
    return [{ ...shown, layerId: layer.id, layer: layer.name, unit, sign, variant, thumb, ratio, status }];
  });
}

function Tools(props: { query: URLSearchParams; signs: Sign[]; shown: number }) {
  const atlas = useAtlas();
  const { query } = props;
  const categories = atlas.concepts?.categories ?? [];
  const chosen = query.get("category") ?? "";
  return (
    <form class="tools" onSubmit={(event) => event.preventDefault()} aria-label="Sort and filter the units">
      <label class="tool tool-grow">
        <span>Concept</span>
        <input
          type="search"
          name="filter"
          value={query.get("q") ?? ""}
          placeholder="wheel, dog, striped …"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
      </label>
      <label class="tool">
        <span>Sort by</span>
        <select name="sort" value={query.get("sort") ?? "iou"} onChange={(event) => setQuery({ sort: event.currentTarget.value === "iou" ? null : event.currentTarget.value })}>
          {Object.entries(orders(atlas)).map(([key, order]) => (
            <option key={key} value={key}>{order.text}</option>
          ))}
        </select>
      </label>
      {props.signs.length > 1 && (
        <div class="tool">
          <span>Sign</span>
          <Choice
            label="Sign"
            value={query.get("sign") ?? "+"}
            options={[["+", "+"], ["-", "−"], ["both", "both"]]}
            onChange={(value) => setQuery({ sign: value === "+" ? null : value })}
          />
        </div>
      )}
      <label class="tool-check">
        <input type="checkbox" name="detectors" checked={query.has("detectors")} onChange={(event) => setQuery({ detectors: event.currentTarget.checked ? "1" : null })} />
        detectors only
      </label>
      {categories.length > 0 && (
        <div class="chips" role="group" aria-label="Category">
          {categories.map((name) => (
            <button key={name} type="button" aria-pressed={chosen === name} onClick={() => setQuery({ category: chosen === name ? null : name })}>
              <Dot category={name} /> {categoryWord(name)}
            </button>
          ))}
        </div>
      )}
      <output class="muted" aria-live="polite">{plural(props.shown, "unit")}</output>
    </form>
  );
}

// The tiles that the query asks for, in its order.
function chosenTiles(atlas: AtlasData, layer: Layer, data: LayerData, signs: Sign[], query: URLSearchParams): Tile[] {
  const category = atlas.concepts?.categories.indexOf(query.get("category") ?? "") ?? -1;
  const sign = query.get("sign") ?? (signs.includes(1) ? "+" : "-");
  const text = (query.get("q") ?? "").trim();
  const labels = new Set(matchLabels(atlas.concepts?.names ?? [], text, false));
  const every = orders(atlas);
  const order = Object.entries(every).find(([key]) => key === query.get("sort"))?.[1] ?? every.iou;
  return tilesOf(layer, data, atlas.detector_cut, (label) => text === "" || labels.has(label))
    .filter((tile) => sign === "both" || tile.sign === (sign === "-" ? -1 : 1))
    .filter((tile) => category < 0 || tile.category === category)
    .filter((tile) => !query.has("detectors") || (tile.iou ?? 0) >= atlas.detector_cut)
    .sort(order.compare);
}

function Units({ layer, data, query }: { layer: Layer; data: LayerData; query: URLSearchParams }) {
  const atlas = useAtlas();
  const signs = useMemo(() => [...new Set(data.sign)].sort((a, b) => b - a), [data]);
  const tiles = useMemo(() => chosenTiles(atlas, layer, data, signs, query), [layer, data, query.toString(), atlas]);
  return (
    <>
      <Tools query={query} signs={signs} shown={tiles.length} />
      {tiles.length === 0 ? (
        <Notice title="No unit fits">
          <p>
            Try another word or category, or{" "}
            <button type="button" class="link" onClick={() => setQuery({ q: null, category: null, detectors: null, sign: null })}>show all units</button>.
          </p>
        </Notice>
      ) : (
        <TileGrid tiles={tiles} label={`Units of ${layer.name}`} />
      )}
    </>
  );
}

export function LayerPage({ layer: name, query }: Shown<"layer/:layer">) {
  const atlas = useAtlas();
  const layer = findLayer(atlas, name);
  const data = useData<LayerData>(layer?.study ? `layer-${layer.id}` : null);
  useTitle(`${name} · microtome`);
  if (!layer) {
    return (
      <Notice title={`This network has no layer “${name}”`} heading="h1">
        <p><a href={networkHref()}>See the layers it has</a></p>
      </Notice>
    );
  }
  return (
    <div class="layer-page">
      <Title>
        <h1>{breakable(layer.name)}</h1>
        {layer.aliases.length > 0 && <p class="aliases">also {layer.aliases.join(", ")}</p>}
        <LayerFacts layer={layer} />
        {layer.study && <LayerCounts layer={layer} />}
      </Title>
      {!layer.study && (
        <Notice title="This layer has not been studied yet">
          <p>Add it to the atlas: <code>microtome atlas NET --layers {layer.name} …</code></p>
        </Notice>
      )}
      {data.error && <Failed error={data.error} />}
      {layer.study && !data.value && !data.error && <Waiting />}
      {data.value && <Units layer={layer} data={data.value} query={query} />}
    </div>
  );
}
