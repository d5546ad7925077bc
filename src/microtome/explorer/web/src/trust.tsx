// SPDX-License-Identifier: Apache-2.0
// How far a unit's label can be trusted: other images, other labels, other scores.
import type { Dissection, Statistics } from "./data";
import { Fact } from "./parts";
import { iou, share, tick } from "./words";

const kMeasures: [string, string][] = [
  ["share", "of the mask"],
  ["f1", "F1"],
  ["iqr", "information"],
  ["auc", "AUC over images"],
  ["average_precision", "average precision"],
  ["pearson", "correlation"],
];

const chance = (p: number) => (p < 0.001 ? "< 0.001" : p.toFixed(3));

function Chance({ of }: { of: NonNullable<Statistics["significance"]> }) {
  return (
    <p>
      With the labels of other images its best concept reaches {iou(of.null_mean)} on average and {iou(of.null_high)} in one of twenty of {of.permutations} shuffles:{" "}
      <b>p = {chance(of.p)}</b>, false discovery rate {chance(of.q)}, over all units of the layer p = {chance(of.family_p)}.
    </p>
  );
}

export function Trust({ dissection }: { dissection: Dissection }) {
  const { held_out, interval, significance, formulas, tails, ranges, measures } = dissection.statistics;
  const known = kMeasures.filter(([name]) => measures[name] != null);
  const sure = held_out || interval || significance || known.length > 0;
  const some = formulas && formulas.length > 0;
  const leveled = ranges && ranges.length > 0;
  if (!sure && !some && !leveled) return null;
  return (
    <section class="block">
      <header>
        <h2>{sure ? "How sure is this?" : "In more words"}</h2>
      </header>
      {significance && <Chance of={significance} />}
      <dl class="facts">
        {interval && <Fact name="95 % interval of IoU">{iou(interval.low)} … {iou(interval.high)}</Fact>}
        {held_out && (
          <Fact name="held-out IoU">
            <b>{iou(held_out.iou)}</b> <small>{held_out.label ? `(“${held_out.label}”, ${iou(held_out.train_iou)} where it was chosen)` : "(nothing was chosen)"}</small>
          </Fact>
        )}
        {known.map(([name, words]) => (
          <Fact key={name} name={words}>{name === "share" ? share(measures[name] as number) : (measures[name] as number).toFixed(3)}</Fact>
        ))}
        {tails?.map((tail) => (
          <Fact key={tail.tail} name={`top ${share(tail.tail)}`}>{tail.best.label ?? "nothing"} {iou(tail.best.iou)}</Fact>
        ))}
      </dl>
      {leveled && (
        <>
          <h3>Level by level</h3>
          <dl class="facts">
            {ranges.map((range) => (
              <Fact key={range.low} name={`${tick(range.low)} to ${tick(range.high)}`}>{range.best.label ?? "nothing"} {iou(range.best.iou)}</Fact>
            ))}
          </dl>
        </>
      )}
      {some && (
        <>
          {sure && <h3>In more words</h3>}
          <dl class="facts formulas">
            {formulas.map((formula) => (
              <Fact key={formula.length} name={formula.text}>{iou(formula.iou)}</Fact>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}
