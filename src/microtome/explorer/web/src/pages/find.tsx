// SPDX-License-Identifier: Apache-2.0
// A concept through all layers: every unit that answers to it, best first.
import { useMemo } from "preact/hooks";
import { rowsOf, type AtlasData, type ConceptIndexData } from "../data";
import { matchLabels } from "../matching";
import type { Shown } from "../page";
import { Dot } from "../parts/bars";
import { Failed, Notice, Waiting } from "../parts/notice";
import { Title } from "../parts/section";
import { TileGrid, type Tile } from "../parts/tile_grid";
import { networkHref } from "../route";
import { categoryOfLabel, conceptName, useAtlas, useData, useTitle } from "../state";
import { categoryWord, plural } from "../words";
import "./find.css";

const kMostNamed = 24; // of the labels that a text stands for

function tilesOf(atlas: AtlasData, index: ConceptIndexData, labels: number[]): Tile[] {
  const wanted = new Set(labels);
  const names = new Map(atlas.layers.map((layer) => [layer.id, layer.name]));
  return rowsOf(index)
    .filter((row) => wanted.has(row.label))
    .map((row) => {
      const layer = names.get(row.layer) ?? "";
      return { ...row, layerId: row.layer, layer, ratio: null, status: "", place: layer };
    })
    .sort((a, b) => b.iou - a.iou);
}

function Labels({ labels, text }: { labels: number[]; text: string }) {
  const atlas = useAtlas();
  const [first] = labels;
  if (labels.length > 1 || (first !== undefined && conceptName(atlas, first) !== text)) {
    return (
      <p class="find-labels">
        {labels.slice(0, kMostNamed).map((label) => (
          <span key={label}>
            <Dot category={categoryOfLabel(atlas, label)} /> {conceptName(atlas, label)}
          </span>
        ))}
        {labels.length > kMostNamed && <span>and {labels.length - kMostNamed} more</span>}
      </p>
    );
  }
  return null;
}

export function FindPage({ text }: Shown<"find/:text">) {
  const atlas = useAtlas();
  const index = useData<ConceptIndexData>(atlas.concepts ? "concepts" : null);
  const labels = useMemo(() => matchLabels(atlas.concepts?.names ?? [], text, true), [atlas, text]);
  useTitle(`${text} · microtome`);
  const tiles = useMemo(() => (index.value ? tilesOf(atlas, index.value, labels) : []), [index.value, labels, atlas]);
  if (index.error) return <Failed error={index.error} />;
  if (!index.value) return atlas.concepts ? <Waiting /> : <Notice title="This atlas holds no concepts yet" heading="h1" />;
  const units = new Set(tiles.map((tile) => `${tile.layerId}/${tile.unit}/${tile.sign}`)).size;
  const detectors = tiles.filter((tile) => (tile.iou ?? 0) >= atlas.detector_cut).length;
  const [only] = labels;
  return (
    <div class="find-page">
      <Title>
        <p class="overline">Concept</p>
        <h1>{text}</h1>
        {labels.length > 0 && (
          <p class="lead">
            {tiles.length === 0
              ? "No unit of the studied layers overlaps with it."
              : `${plural(units, "unit")} ${units === 1 ? "has" : "have"} it among the best concepts; ${detectors} ${detectors === 1 ? "reaches" : "reach"} the cut.`}
          </p>
        )}
        <Labels labels={labels} text={text} />
        {only !== undefined && labels.length === 1 && (
          <p class="muted">
            <Dot category={categoryOfLabel(atlas, only)} /> {categoryWord(categoryOfLabel(atlas, only))}
          </p>
        )}
      </Title>
      {labels.length === 0 && (
        <Notice title="The concept set has no such concept">
          <p>Try a part of the word, or go <a href={networkHref()}>back to the network</a>.</p>
        </Notice>
      )}
      {tiles.length > 0 && <TileGrid tiles={tiles} label={`Units for ${text}`} />}
    </div>
  );
}
