// SPDX-License-Identifier: Apache-2.0
// What a unit answers to: concepts with IoU against ceiling, and the counts behind them.
import type { Dissection, Score } from "../data";
import { findHref } from "../route";
import { categoryName, conceptName, useAtlas } from "../state";
import { categoryWord, integer, iou } from "../words";
import { Dot, IouBar } from "./bars";
import { Hint } from "./hint";
import "./concept_table.css";

function Rows({ scores, scale }: { scores: Score[]; scale: number }) {
  const atlas = useAtlas();
  const { detector_cut } = atlas;
  return (
    <>
      {scores.map((score) => {
        const name = conceptName(atlas, score.label) || `label ${score.label}`;
        const category = categoryName(atlas, score.category);
        return (
          <tr key={`${score.label}/${score.category}`} class={(score.iou ?? 0) >= detector_cut ? undefined : "faint"}>
            <th scope="row">
              <a href={findHref(name)}>{name}</a>
              <small>
                <Dot category={category} /> {categoryWord(category)}
              </small>
            </th>
            <td class="concepts-bar">
              <IouBar iou={score.iou ?? 0} ceiling={score.ceiling ?? 0} scale={scale} cut={detector_cut} category={category} />
            </td>
            <td class="number"><b>{iou(score.iou)}</b></td>
            <td class="number muted">{iou(score.ceiling)}</td>
            <td
              class="number muted wide"
              title={`both ${integer(score.intersection)} · unit on ${integer(score.activation)} · concept ${integer(score.truth)} pixels`}
            >
              {score.images > 0 ? integer(score.images) : "–"}
            </td>
          </tr>
        );
      })}
    </>
  );
}

export function ConceptTable({ dissection }: { dissection: Dissection }) {
  const best = dissection.top_concepts.filter((score) => score.label > 0);
  const listed = new Set(best.map((score) => `${score.label}/${score.category}`));
  const others = dissection.by_category.filter((score) => score.label > 0 && !listed.has(`${score.label}/${score.category}`));
  const scale = Math.max(0.1, Math.ceil(Math.max(0, ...best.map((score) => score.iou ?? 0)) * 12.5) / 10);
  if (best.length === 0) return <p class="muted">No concept of the set overlaps with what this unit marks.</p>;
  return (
    <table class="concepts">
      <thead>
        <tr>
          <th scope="col">concept</th>
          <th scope="col"><span class="concepts-scale"><span>0</span><span>{scale.toFixed(1)}</span></span></th>
          <th scope="col" class="number"><Hint of="iou">IoU</Hint></th>
          <th scope="col" class="number"><Hint of="ceiling">ceiling</Hint></th>
          <th scope="col" class="number wide">images</th>
        </tr>
      </thead>
      <tbody>
        <Rows scores={best} scale={scale} />
      </tbody>
      {others.length > 0 && (
        <tbody>
          <tr class="concepts-group">
            <th colSpan={4} scope="rowgroup">best of the other categories</th>
            <td class="wide" />
          </tr>
          <Rows scores={[...others].sort((a, b) => (b.iou ?? 0) - (a.iou ?? 0))} scale={scale} />
        </tbody>
      )}
    </table>
  );
}
