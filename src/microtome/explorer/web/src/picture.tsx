// SPDX-License-Identifier: Apache-2.0
// A made picture: how it came to be, step by step, and what was measured of it.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { framePath, type Picture } from "./data";
import { Fact, Hint, Plate } from "./parts";
import { integer, level, type HintName } from "./words";

const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : null);

// The picture; where frames were kept, with a slider from the first of them to the end.
export function Film({ picture, src, alt }: { picture: Picture; src: string; alt: string }) {
  const last = number(picture.facts.steps) ?? picture.curve.length;
  const stops = [...picture.frames.map((step) => ({ step, src: framePath(picture.id, step) })), { step: last, src }];
  const [at, setAt] = useState(stops.length - 1);
  const stop = stops[Math.min(at, stops.length - 1)];
  useEffect(() => {
    setAt(stops.length - 1);
    for (const frame of picture.frames) new Image().src = framePath(picture.id, frame); // there before the slider moves
  }, [picture.id]);
  return (
    <div class="film">
      <Plate src={stop.src} alt={stops.length > 1 ? `${alt}, step ${stop.step}` : alt} eager={true} holes={picture.facts.channels === 4} />
      {stops.length > 1 && (
        <label>
          <span class="small">
            step {integer(stop.step)} <span class="muted">of {integer(last)}</span>
          </span>
          <input
            type="range"
            name="step"
            min={0}
            max={stops.length - 1}
            step={1}
            value={at}
            aria-valuetext={`step ${stop.step} of ${last}`}
            onInput={(event) => setAt(Number(event.currentTarget.value))}
          />
        </label>
      )}
    </div>
  );
}

type Known = { name: string; hint?: HintName; text?: (value: number) => string; only?: (value: number) => boolean };
const rank = (value: number) => String(Number(value.toFixed(1)));
const whole = (value: number) => integer(Math.round(value));
const notZero = (value: number) => value !== 0;

// Facts by the names that the atlas stores them under, in the order in which they are shown; null: not shown here.
const kKnown: Record<string, Known | null> = {
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
  steps: { name: "steps", hint: "steps", text: whole },
  size: null,
  channels: null,
};

// What was measured beside the activation. A fact that these pages do not know is shown under its own name.
export function PictureFacts({ picture, children }: { picture: Picture; children?: ComponentChildren }) {
  const measured = Object.entries(picture.facts).flatMap(([key, raw]) => {
    const value = number(raw);
    return value === null ? [] : [{ key, value }];
  });
  const order = Object.keys(kKnown);
  const place = (key: string) => (order.indexOf(key) + order.length + 1) % (order.length + 1);
  const shown = measured
    .map(({ key, value }) => ({ key, value, known: key in kKnown ? kKnown[key] : { name: key.replace(/_/g, " ") } }))
    .filter(({ value, known }) => known !== null && (known.only?.(value) ?? true))
    .sort((a, b) => place(a.key) - place(b.key));
  return (
    <dl class="facts">
      {children}
      {shown.map(({ key, value, known }) => (
        <Fact key={key} name={known?.hint ? <Hint of={known.hint}>{known.name}</Hint> : known?.name}>
          {(known?.text ?? level)(value)}
          {key === "steps" && picture.facts.plateau === true && <small class="muted"> then level</small>}
        </Fact>
      ))}
    </dl>
  );
}
