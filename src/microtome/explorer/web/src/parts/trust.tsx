// SPDX-License-Identifier: Apache-2.0
// How far a unit's label can be trusted: other images, other labels, other scores.
import type { Dissection, ScoreTrial, Statistics } from "../data";
import { integer, iou, level, share } from "../words";
import { Fact, Facts } from "./fact";
import { Hint } from "./hint";
import { Block } from "./section";
import "./trust.css";

const kMeasures: [keyof Statistics["measures"], string][] = [
  ["share", "of the mask"],
  ["f1", "F1"],
  ["cosine", "cosine"],
  ["iqr", "information"],
  ["auc", "AUC over images"],
  ["average_precision", "average precision"],
  ["pearson", "correlation"],
];

const chance = (p: number | null) => (p === null ? "–" : p < 0.001 ? "< 0.001" : p.toFixed(3));

function Chance({ of }: { of: NonNullable<Statistics["significance"]> }) {
  const least = (of.p ?? 1) <= 1.0001 / (1 + of.permutations); // no shuffle reached the IoU
  return (
    <p>
      With the labels of other images its best concept reaches {iou(of.null_mean)} on average and {iou(of.null_high)} in one of twenty of {integer(of.permutations)} shuffles:{" "}
      <b>p = {chance(of.p)}</b>{least && ", the least that so many can give"}, false discovery rate {chance(of.q)}, over all units of the layer p = {chance(of.family_p)}.
    </p>
  );
}

// Scores that were tried with wrong labels, by name; one that is not here is shown under its own.
const kScores: Record<string, string> = {
  iou: "IoU",
  iou_all: "IoU over all images",
  f1: "F1",
  cosine: "cosine",
  correlation: "correlation of pixels",
  iqr: "information",
  share: "of the mask",
  coverage: "of the concept",
  accuracy: "accuracy",
  auc: "AUC over images",
  average_precision: "average precision",
  pearson: "correlation over images",
  mean_difference: "difference of means",
};
const kFall = 0.01; // of a score: it has noticed wrong labels when it falls by more (docs/numerics.md)

const scoreText = (value: number | null) => (value === null ? "–" : value.toFixed(3).replace("-", "\u2212"));

function Changed({ before, after }: { before: number | null; after: number | null }) {
  const blind = before !== null && after !== null && after >= before - kFall * Math.abs(before);
  return (
    <td class={blind ? "trials-number warning" : "trials-number"} title={blind ? "It has not noticed the wrong labels" : undefined}>
      {scoreText(after)}
    </td>
  );
}

function Trials({ trials }: { trials: ScoreTrial[] }) {
  return (
    <>
      <h3><Hint of="selfcheck">Do the scores notice wrong labels?</Hint></h3>
      <table class="trials">
        <thead>
          <tr>
            <th scope="col">score</th>
            <th scope="col" class="trials-number">as labelled</th>
            <th scope="col" class="trials-number">labels missing</th>
            <th scope="col" class="trials-number">extra labels</th>
          </tr>
        </thead>
        <tbody>
          {trials.map((trial) => (
            <tr key={trial.score}>
              <th scope="row">{kScores[trial.score] ?? trial.score.replace(/_/g, " ")}</th>
              <td class="trials-number">{scoreText(trial.before)}</td>
              <Changed before={trial.before} after={trial.missing} />
              <Changed before={trial.before} after={trial.extra} />
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

// What is a score of the label itself.
function Scores({ of }: { of: Statistics }) {
  const { held_out, interval, tails, measures } = of;
  return (
    <Facts>
      {interval && <Fact name="95 % interval of IoU">{iou(interval.low)} … {iou(interval.high)}</Fact>}
      {held_out && (
        <Fact name="held-out IoU">
          <b>{iou(held_out.iou)}</b> <small>{held_out.label ? `(“${held_out.label}”, ${iou(held_out.train_iou)} where it was chosen)` : "(nothing was chosen)"}</small>
        </Fact>
      )}
      {kMeasures.map(([name, words]) => {
        const value = measures[name] ?? null;
        return value !== null && <Fact key={name} name={words}>{name === "share" ? share(value) : value.toFixed(3)}</Fact>;
      })}
      {tails?.map((tail) => (
        <Fact key={tail.tail} name={`top ${share(tail.tail ?? 0)}`}>{tail.best.label ?? "nothing"} {iou(tail.best.iou)}</Fact>
      ))}
    </Facts>
  );
}

export function Trust({ dissection }: { dissection: Dissection }) {
  const { statistics } = dissection;
  const { held_out, interval, significance, measures } = statistics;
  const formulas = statistics.formulas ?? [];
  const ranges = statistics.ranges ?? [];
  const trials = statistics.selfcheck ?? [];
  const measured = kMeasures.some(([name]) => measures[name] != null);
  const sure = held_out || interval || significance || measured || trials.length > 0;
  if (!sure && formulas.length === 0 && ranges.length === 0) return null;
  return (
    <Block title={sure ? "How sure is this?" : "In more words"}>
      {significance && <Chance of={significance} />}
      <Scores of={statistics} />
      {trials.length > 0 && <Trials trials={trials} />}
      {ranges.length > 0 && (
        <>
          <h3>Level by level</h3>
          <Facts>
            {ranges.map((range) => (
              <Fact key={range.low} name={`${level(range.low)} to ${level(range.high)}`}>{range.best.label ?? "nothing"} {iou(range.best.iou)}</Fact>
            ))}
          </Facts>
        </>
      )}
      {formulas.length > 0 && (
        <>
          {sure && <h3>In more words</h3>}
          <p class="muted">
            Counted over all images. The IoU of a concept counts the unit only in images that carry the concept’s category, so that one word alone may have less here.
          </p>
          <Facts>
            {formulas.map((formula) => (
              <Fact key={formula.length} name={formula.text}>{iou(formula.iou)}</Fact>
            ))}
          </Facts>
        </>
      )}
    </Block>
  );
}
