// SPDX-License-Identifier: Apache-2.0
// A made picture: how it came to be, step by step, and what was measured of it.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { framePath, type Facts as Known, type Picture } from "../data";
import { integer, level, type HintName } from "../words";
import { CurveChart } from "./charts";
import { Fact, Facts } from "./fact";
import { Hint } from "./hint";
import { Plate } from "./plate";
import "./picture.css";

const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : null);

// The picture; where frames were kept, with a slider from the first of them to the end.
export function Film({ picture, src, alt }: { picture: Picture; src: string; alt: string }) {
  const last = { step: picture.facts.steps ?? picture.curve.length, src };
  const frames = picture.frames.map((step) => ({ step, src: framePath(picture.id, step) }));
  const [at, setAt] = useState(frames.length);
  const stop = frames[at] ?? last;
  useEffect(() => {
    setAt(frames.length);
    for (const frame of frames) new Image().src = frame.src; // there before the slider moves
  }, [picture.id]);
  return (
    <div class="film">
      <Plate src={stop.src} alt={frames.length > 0 ? `${alt}, step ${stop.step}` : alt} eager={true} holes={picture.facts.channels === 4} />
      {frames.length > 0 && (
        <label>
          <span class="small">
            step {integer(stop.step)} <span class="muted">of {integer(last.step)}</span>
          </span>
          <input
            type="range"
            name="step"
            min={0}
            max={frames.length}
            step={1}
            value={at}
            aria-valuetext={`step ${stop.step} of ${last.step}`}
            onInput={(event) => setAt(Number(event.currentTarget.value))}
          />
        </label>
      )}
    </div>
  );
}

type FactWords = { name: string; hint?: HintName; text?: (value: number) => string; only?: (value: number) => boolean };
const rank = (value: number) => String(Number(value.toFixed(1)));
const whole = (value: number) => integer(Math.round(value));
const notZero = (value: number) => value !== 0;

// The facts in the order in which they are shown; null: not shown here.
const kFactWords: Record<keyof Known, FactWords | null> = {
  rank: { name: "rank in its layer", hint: "rank", text: rank },
  selectivity: { name: "rank by own range", hint: "selectivity", text: rank },
  spectrum_slope: { name: "spectrum slope", hint: "slope" },
  path_similarity: { name: "path similarity", hint: "path" },
  exemplar_path: { name: "path of real images", hint: "realPath" },
  transfer: { name: "transfer", hint: "transfer" },
  diversity: { name: "diversity", hint: "diversity" },
  plain_activation: { name: "unmoved", hint: "plain" },
  redirected_steps: { name: "redirected steps", hint: "redirected", text: whole, only: notZero },
  start: { name: "start", hint: "start", text: (value) => whole(value + 1), only: notZero },
  dots: { name: "woken by dots", text: whole },
  steps: { name: "steps", hint: "steps", text: whole },
  plateau: null, // said with the steps
  path_layers: null,
  variants: null,
  size: null,
  shape: null,
  channels: null,
};
const kFactNames = Object.keys(kFactWords) as (keyof Known)[];

// What was measured beside the activation.
export function PictureFacts({ picture, children }: { picture: Picture; children?: ComponentChildren }) {
  const shown = kFactNames.flatMap((name) => {
    const value = number(picture.facts[name]);
    const words = kFactWords[name];
    return value !== null && words && (words.only?.(value) ?? true) ? [{ name, value, words }] : [];
  });
  return (
    <Facts>
      {children}
      {shown.map(({ name, value, words }) => (
        <Fact key={name} name={words.hint ? <Hint of={words.hint}>{words.name}</Hint> : words.name}>
          {(words.text ?? level)(value)}
          {name === "steps" && picture.facts.plateau === true && <small class="muted"> then level</small>}
        </Fact>
      ))}
    </Facts>
  );
}

// Nothing for a picture that did not start: its curve says nothing either.
export const Ascent = ({ picture }: { picture: Picture }) =>
  picture.status === "ok" && picture.curve.length > 1 ? <CurveChart curve={picture.curve} label={`The objective over ${picture.curve.length} steps`} /> : null;
