// SPDX-License-Identifier: Apache-2.0
// Categories as colours, IoU and counts as bars.
import { categoryColour, categoryWord, iou as iouText, plural } from "../words";
import "./bars.css";

export const Dot = ({ category }: { category: string }) => (
  <i class="dot" style={{ background: category ? categoryColour(category) : "var(--none)" }} aria-hidden="true" />
);

// IoU as a bar on a scale from 0 to `scale`; a tick marks the ceiling unless it lies beyond the scale.
export function IouBar(props: { iou: number; ceiling: number; scale: number; cut: number; category: string }) {
  const at = (value: number) => `${Math.min(100, (value / props.scale) * 100)}%`;
  const beyond = props.ceiling > props.scale;
  return (
    <span
      class="iou-bar"
      role="img"
      aria-label={`IoU ${iouText(props.iou)}, ceiling ${iouText(props.ceiling)}`}
      title={`IoU ${iouText(props.iou)} · ceiling ${iouText(props.ceiling)}`}
    >
      <span class="iou-reach" style={{ width: at(props.ceiling) }} />
      <span class="iou-fill" style={{ width: at(props.iou), background: props.category ? categoryColour(props.category) : "var(--none)" }} />
      {!beyond && props.ceiling > 0 && <span class="iou-ceiling" style={{ left: at(props.ceiling) }} />}
      <span class="iou-cut" style={{ left: at(props.cut) }} />
    </span>
  );
}

// Detectors of each category as one stacked bar over the layer's units, with its legend.
export function CategoryBar(props: { categories: string[]; counts: { detectors: number; unique: number }[]; units: number }) {
  const rest = props.units - props.counts.reduce((sum, count) => sum + count.detectors, 0);
  const shown = props.counts.map((count, index) => ({ name: props.categories[index] ?? "", ...count })).filter((entry) => entry.detectors > 0);
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
        {rest > 0 && <span class="stack-rest" style={{ flexGrow: rest }} title={`${plural(rest, "unit")} below the cut`} />}
      </div>
      <ul class="stack-legend">
        {shown.map((entry) => (
          <li key={entry.name}>
            <Dot category={entry.name} /> {categoryWord(entry.name)} <b>{entry.detectors}</b>
          </li>
        ))}
        {rest > 0 && (
          <li class="muted">
            <i class="dot stack-rest" aria-hidden="true" /> below the cut <b>{rest}</b>
          </li>
        )}
      </ul>
    </div>
  );
}
