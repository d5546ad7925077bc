// SPDX-License-Identifier: Apache-2.0
// Small things that several pages are made of.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useId, useRef, useState } from "preact/hooks";
import { picturePath, type Sign } from "./data";
import { kHints, type HintName, categoryColour, categoryWord, iou as iouText, plural } from "./words";

// A term with its explanation: opens on click or Enter, closes on Escape, a second click, or a click elsewhere.
export function Hint({ of, children }: { of: HintName; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLSpanElement>(null);
  const bubble = useRef<HTMLSpanElement>(null);
  // Before the first paint: a hint near the edge never makes the page wider than the window, and Escape works at once.
  useLayoutEffect(() => {
    const element = bubble.current;
    if (!open || !element) return;
    element.style.marginLeft = "0";
    element.style.marginLeft = `${Math.min(0, document.documentElement.clientWidth - 12 - element.getBoundingClientRect().right)}px`;
    const close = (event: Event) => {
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("keydown", close);
    };
  }, [open]);
  return (
    <span class="hint" ref={root}>
      <button type="button" class="term" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {children}
      </button>
      <span id={id} ref={bubble} class="bubble" role="note" hidden={!open}>
        {kHints[of]}
      </span>
    </span>
  );
}

export const Dot = ({ category }: { category: string | undefined }) => (
  <i class="dot" style={{ background: category ? categoryColour(category) : "var(--none)" }} aria-hidden="true" />
);

// IoU as a bar on a scale from 0 to `scale`; a tick marks the ceiling, or an arrow where it lies beyond the scale.
export function IouBar(props: { iou: number; ceiling: number; scale: number; cut: number; category: string | undefined }) {
  const at = (value: number) => `${Math.min(100, (value / props.scale) * 100)}%`;
  const beyond = props.ceiling > props.scale;
  return (
    <span
      class="bar"
      role="img"
      aria-label={`IoU ${iouText(props.iou)}, ceiling ${iouText(props.ceiling)}`}
      title={`IoU ${iouText(props.iou)} · ceiling ${iouText(props.ceiling)}`}
    >
      <span class="reach" style={{ width: at(props.ceiling) }} />
      <span class="fill" style={{ width: at(props.iou), background: props.category ? categoryColour(props.category) : "var(--none)" }} />
      {!beyond && props.ceiling > 0 && <span class="tick" style={{ left: at(props.ceiling) }} />}
      <span class="cut" style={{ left: at(props.cut) }} />
    </span>
  );
}

// Detectors of each category as one stacked bar over the layer's units, with its legend.
export function CategoryBar(props: { categories: string[]; counts: { detectors: number; unique: number }[]; units: number; legend: boolean }) {
  const rest = props.units - props.counts.reduce((sum, count) => sum + count.detectors, 0);
  const shown = props.categories.map((name, index) => ({ name, ...props.counts[index] })).filter((entry) => entry.detectors > 0);
  return (
    <div class="stack">
      <div class="stack-bar" role="img" aria-label={shown.map((c) => `${categoryWord(c.name)}: ${c.detectors}`).join(", ") || "no detectors"}>
        {shown.map((entry) => (
          <span
            key={entry.name}
            style={{ flexGrow: entry.detectors, background: categoryColour(entry.name) }}
            title={`${categoryWord(entry.name)}: ${plural(entry.detectors, "detector")}, ${plural(entry.unique, "concept")}`}
          />
        ))}
        {rest > 0 && <span class="rest" style={{ flexGrow: rest }} title={`${plural(rest, "unit")} below the cut`} />}
      </div>
      {props.legend && (
        <ul class="legend">
          {shown.map((entry) => (
            <li key={entry.name}>
              <Dot category={entry.name} /> {categoryWord(entry.name)} <b>{entry.detectors}</b>
            </li>
          ))}
          {rest > 0 && (
            <li class="muted">
              <i class="dot rest" aria-hidden="true" /> below the cut <b>{rest}</b>
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

// A picture that is there only once it is near the window, and says so when it is missing.
export function Plate({ src, alt, eager, holes }: { src: string | null; alt: string; eager?: boolean; holes?: boolean }) {
  const [missing, setMissing] = useState(false);
  useEffect(() => setMissing(false), [src]);
  if (src === null || missing) {
    return (
      <span class="plate empty" role="img" aria-label={missing ? `${alt}: file missing` : `${alt}: not drawn yet`}>
        <span>{missing ? "file missing" : "not drawn"}</span>
      </span>
    );
  }
  return <img class={holes ? "plate holes" : "plate"} src={src} alt={alt} loading={eager ? "eager" : "lazy"} decoding="async" onError={() => setMissing(true)} />;
}

// The unit's picture; where none has been made, the real image that excites it most.
export function UnitPlate(props: { layer: number; of: { unit: number; sign: Sign; variant: number; thumb: string | null }; eager?: boolean }) {
  const { unit, sign, variant, thumb } = props.of;
  const drawn = variant >= 0;
  const src = drawn ? picturePath(props.layer, unit, sign, variant) : thumb;
  return (
    <span class={drawn || !thumb ? "mount" : "mount photo"}>
      <Plate src={src} alt={drawn ? `Picture of unit ${unit}` : `Top image of unit ${unit}`} eager={props.eager} />
    </span>
  );
}

export function Fact({ name, children }: { name: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Choice<T extends string>(props: { label: string; value: T; options: [T, string][]; onChange: (value: T) => void }) {
  return (
    <div class="choice" role="radiogroup" aria-label={props.label}>
      {props.options.map(([value, text]) => (
        <button
          key={value}
          type="button"
          role="radio"
          aria-checked={props.value === value}
          onClick={() => props.onChange(value)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
