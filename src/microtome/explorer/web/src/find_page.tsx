// SPDX-License-Identifier: Apache-2.0
// A concept through all layers: every unit that answers to it, best first.
import { useMemo } from "preact/hooks";
import type { ConceptIndexData } from "./data";
import { Dot } from "./parts";
import { networkHref } from "./route";
import { Failed, Notice, useAtlas, useData, useTitle, Waiting } from "./state";
import { TileGrid, type Tile } from "./tile_grid";
import { categoryWord, plural } from "./words";

// Labels whose name is the text; failing that, those with a word that begins with it, then those that contain it.
export function matchLabels(names: string[], text: string): number[] {
  const wanted = text.trim().toLowerCase();
  const pick = (fits: (name: string) => boolean) => names.flatMap((name, label) => (name && fits(name.toLowerCase()) ? [label] : []));
  const exact = pick((name) => name === wanted);
  if (exact.length > 0) return exact;
  const begin = pick((name) => name.split(/\s+/).some((word) => word.startsWith(wanted)));
  return begin.length > 0 ? begin : pick((name) => name.includes(wanted));
}

export function FindPage({ text }: { text: string }) {
  const atlas = useAtlas();
  const index = useData<ConceptIndexData>(atlas.concepts ? "concepts" : null);
  const labels = useMemo(() => matchLabels(atlas.concepts?.names ?? [], text), [atlas, text]);
  useTitle(`${text} · microtome`);
  const tiles = useMemo(() => {
    if (!index.value || !atlas.concepts) return [];
    const data = index.value;
    const wanted = new Set(labels);
    const names = new Map(atlas.layers.map((layer) => [layer.id, layer.name]));
    const found: Tile[] = [];
    data.label.forEach((label, row) => {
      if (!wanted.has(label)) return;
      const layer = names.get(data.layer[row]) ?? "";
      found.push({
        layerId: data.layer[row],
        layer,
        unit: data.unit[row],
        sign: data.sign[row],
        label,
        category: data.category[row],
        iou: data.iou[row],
        ceiling: data.ceiling[row],
        variant: data.variant[row],
        thumb: data.thumb[row],
        ratio: null,
        status: "",
        place: layer,
      });
    });
    return found.sort((a, b) => (b.iou ?? 0) - (a.iou ?? 0));
  }, [index.value, labels, atlas]);
  if (index.error) return <Failed error={index.error} />;
  if (!index.value) return atlas.concepts ? <Waiting /> : <Notice title="This atlas holds no concepts yet" />;
  const detectors = tiles.filter((tile) => (tile.iou ?? 0) >= atlas.detector_cut).length;
  return (
    <div class="find-page">
      <section class="title">
        <p class="overline">Concept</p>
        <h1>{text}</h1>
        {labels.length > 0 && (
          <p class="lead">
            {tiles.length === 0
              ? "No unit of the studied layers overlaps with it."
              : `${plural(tiles.length, "unit")} ${tiles.length === 1 ? "has" : "have"} it among the best concepts; ${detectors} ${detectors === 1 ? "reaches" : "reach"} the cut.`}
          </p>
        )}
        {(labels.length > 1 || (labels.length === 1 && atlas.concepts!.names[labels[0]] !== text)) && (
          <p class="matched">
            {labels.slice(0, 24).map((label) => (
              <span key={label}>
                <Dot category={atlas.concepts!.categories[atlas.concepts!.label_category[label]]} /> {atlas.concepts!.names[label]}
              </span>
            ))}
          </p>
        )}
        {labels.length === 1 && (
          <p class="muted">
            <Dot category={atlas.concepts!.categories[atlas.concepts!.label_category[labels[0]]]} />{" "}
            {categoryWord(atlas.concepts!.categories[atlas.concepts!.label_category[labels[0]]] ?? "")}
          </p>
        )}
      </section>
      {labels.length === 0 && (
        <Notice title="The concept set has no such concept">
          <p>Try a part of the word, or go <a href={networkHref()}>back to the network</a>.</p>
        </Notice>
      )}
      {tiles.length > 0 && <TileGrid tiles={tiles} label={`Units for ${text}`} />}
    </div>
  );
}
