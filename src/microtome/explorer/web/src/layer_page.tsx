// SPDX-License-Identifier: Apache-2.0
// One layer: all its units as tiles, to sort, filter and search.
import { useMemo } from "preact/hooks";
import type { AtlasData, Layer, LayerData, Sign } from "./data";
import { Choice, Dot } from "./parts";
import { LayerCounts, LayerFacts } from "./network_page";
import { networkHref, setQuery } from "./route";
import { Failed, findLayer, Notice, useAtlas, useData, useTitle, Waiting } from "./state";
import { TileGrid, type Tile } from "./tile_grid";
import { breakable, categoryWord, plural } from "./words";

type Order = (a: Tile, b: Tile) => number;
const byUnit: Order = (a, b) => a.unit - b.unit || b.sign - a.sign;
const byIou: Order = (a, b) => (b.iou ?? -1) - (a.iou ?? -1) || byUnit(a, b);

function orders(atlas: AtlasData): Record<string, { text: string; compare: Order }> {
  const name = (tile: Tile) => (tile.label > 0 ? (atlas.concepts?.names[tile.label] ?? "") : "\uffff");
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
  return data.unit.flatMap((unit, row) => {
    const best = { label: data.label[row], category: data.category[row], iou: data.iou[row], ceiling: data.ceiling[row] };
    const others = data.by_category
      .map((column, category) => ({ label: column.label[row], category, iou: column.iou[row], ceiling: column.ceiling[row] }))
      .filter((score) => score.iou >= cut);
    const shown = [best, ...others].find((score) => fits(score.label));
    if (!shown) return [];
    return {
      ...shown,
      layerId: layer.id,
      layer: layer.name,
      unit,
      sign: data.sign[row],
      variant: data.variant[row],
      thumb: data.thumb[row],
      ratio: data.ratio[row],
      status: data.status[row],
    };
  });
}

function Tools(props: { query: URLSearchParams; layer: Layer; signs: Sign[]; shown: number }) {
  const atlas = useAtlas();
  const { query } = props;
  const categories = atlas.concepts?.categories ?? [];
  const chosen = query.get("category") ?? "";
  return (
    <form class="tools" onSubmit={(event) => event.preventDefault()} aria-label="Sort and filter the units">
      <label class="field grow">
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
      <label class="field">
        <span>Sort by</span>
        <select name="sort" value={query.get("sort") ?? "iou"} onChange={(event) => setQuery({ sort: event.currentTarget.value === "iou" ? null : event.currentTarget.value })}>
          {Object.entries(orders(atlas)).map(([key, order]) => (
            <option key={key} value={key}>{order.text}</option>
          ))}
        </select>
      </label>
      {props.signs.length > 1 && (
        <div class="field">
          <span>Sign</span>
          <Choice
            label="Sign"
            value={query.get("sign") ?? "+"}
            options={[["+", "+"], ["-", "−"], ["both", "both"]]}
            onChange={(value) => setQuery({ sign: value === "+" ? null : value })}
          />
        </div>
      )}
      <label class="check">
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

function Units({ layer, data, query }: { layer: Layer; data: LayerData; query: URLSearchParams }) {
  const atlas = useAtlas();
  const signs = useMemo(() => [...new Set(data.sign)].sort((a, b) => b - a), [data]);
  const words = query.toString();
  const tiles = useMemo(() => {
    const category = query.has("category") ? (atlas.concepts?.categories.indexOf(query.get("category")!) ?? -1) : -1;
    const sign = query.get("sign") ?? (signs.includes(1) ? "+" : "-");
    const text = (query.get("q") ?? "").trim().toLowerCase();
    const order = orders(atlas)[query.get("sort") ?? "iou"] ?? orders(atlas).iou;
    const fits = (label: number) => text === "" || (label > 0 && (atlas.concepts?.names[label] ?? "").toLowerCase().includes(text));
    return tilesOf(layer, data, atlas.detector_cut, fits)
      .filter((tile) => sign === "both" || tile.sign === (sign === "-" ? -1 : 1))
      .filter((tile) => category < 0 || tile.category === category)
      .filter((tile) => !query.has("detectors") || (tile.iou ?? 0) >= atlas.detector_cut)
      .sort(order.compare);
  }, [layer, data, words, atlas]);
  return (
    <>
      <Tools query={query} layer={layer} signs={signs} shown={tiles.length} />
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

export function LayerPage({ name, query }: { name: string; query: URLSearchParams }) {
  const atlas = useAtlas();
  const layer = findLayer(atlas, name);
  const data = useData<LayerData>(layer?.study ? `layer-${layer.id}` : null);
  useTitle(`${name} · microtome`);
  if (!layer) {
    return (
      <Notice title={`This network has no layer “${name}”`}>
        <p><a href={networkHref()}>See the layers it has</a></p>
      </Notice>
    );
  }
  return (
    <div class="layer-page">
      <section class="title">
        <h1>{breakable(layer.name)}</h1>
        {layer.aliases.length > 0 && <p class="aliases">also {layer.aliases.join(", ")}</p>}
        <LayerFacts layer={layer} />
        {layer.study && <LayerCounts layer={layer} legend={true} />}
      </section>
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
