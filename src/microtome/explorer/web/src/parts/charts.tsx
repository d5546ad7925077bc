// SPDX-License-Identifier: Apache-2.0
// The two charts of a unit: how often each activation occurs, and how its picture came to be.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useWidth } from "../state";
import { integer, level, tick } from "../words";
import "./charts.css";

const style = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const kFont = "11px system-ui, sans-serif";

function useChart(make: (width: number) => [uPlot.Options, uPlot.AlignedData], deps: unknown[]) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const chart = useRef<uPlot | null>(null);
  useEffect(() => {
    if (width === 0 || !ref.current) return;
    const build = () => {
      chart.current?.destroy();
      const [options, data] = make(width);
      chart.current = new uPlot(options, data, ref.current!);
    };
    build();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", build);
    return () => {
      dark.removeEventListener("change", build);
      chart.current?.destroy();
      chart.current = null;
    };
  }, [width, ...deps]);
  return ref;
}

function axis(format: (value: number) => string, extra: Partial<uPlot.Axis>): uPlot.Axis {
  return {
    stroke: style("--muted"),
    font: kFont,
    grid: { stroke: style("--line"), width: 1 },
    ticks: { show: false },
    values: (_chart, splits) => splits.map((value) => (value == null ? "" : format(value))),
    ...extra,
  };
}

// Counts on a logarithmic scale; the tail above the threshold is stained.
export function HistogramChart(props: { low: number; high: number; counts: number[]; threshold: number }) {
  const ref = useChart(
    (width) => {
      const step = (props.high - props.low) / Math.max(1, props.counts.length);
      const xs = props.counts.map((_count, bin) => props.low + (bin + 0.5) * step);
      const ys = props.counts.map((count) => (count > 0 ? Math.log10(count) + 0.3 : 0));
      const top = Math.ceil(Math.max(1, ...ys));
      const options: uPlot.Options = {
        width,
        height: 190,
        legend: { show: false },
        cursor: { show: false },
        padding: [18, 8, 0, 0],
        scales: { x: { time: false, range: [props.low, Math.max(props.high, props.threshold)] }, y: { range: [0, top + 0.3] } },
        axes: [
          axis(tick, { grid: { show: false }, size: 26 }),
          axis((value) => (Number.isInteger(value) ? (value < 3 ? integer(10 ** value) : `10${superscript(value)}`) : ""), {
            size: 38,
            splits: () => Array.from({ length: top + 1 }, (_none, i) => i),
          }),
        ],
        series: [{}, { show: false }],
        hooks: { draw: [(chart) => drawBars(chart, xs, ys, step, props.threshold)] },
      };
      return [options, [xs, ys]];
    },
    [props.low, props.high, props.counts, props.threshold],
  );
  return (
    <div
      ref={ref}
      class="chart"
      role="img"
      aria-label={`Histogram of activations from ${level(props.low)} to ${level(props.high)}; threshold ${level(props.threshold)}`}
    />
  );
}

const superscript = (value: number) => [...String(value)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");

function drawBars(chart: uPlot, xs: number[], ys: number[], step: number, threshold: number): void {
  const { ctx } = chart;
  const ratio = devicePixelRatio;
  const ground = chart.valToPos(0, "y", true);
  ctx.save();
  xs.forEach((x, bin) => {
    const y = ys[bin] ?? 0;
    if (y <= 0) return;
    const left = chart.valToPos(x - step / 2, "x", true);
    const right = chart.valToPos(x + step / 2, "x", true);
    const top = chart.valToPos(y, "y", true);
    ctx.fillStyle = x > threshold ? style("--rose") : style("--bars");
    ctx.fillRect(left, top, Math.max(1, right - left - ratio * 0.5), ground - top);
  });
  const at = chart.valToPos(threshold, "x", true);
  ctx.strokeStyle = style("--rose");
  ctx.lineWidth = 1.5 * ratio;
  ctx.beginPath();
  ctx.moveTo(at, chart.bbox.top - 10 * ratio);
  ctx.lineTo(at, ground);
  ctx.stroke();
  ctx.fillStyle = style("--rose");
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  const right = at > chart.bbox.left + chart.bbox.width * 0.7;
  ctx.textAlign = right ? "right" : "left";
  ctx.fillText(`T = ${level(threshold)}`, at + (right ? -5 : 5) * ratio, chart.bbox.top - 3 * ratio);
  ctx.restore();
}

export function CurveChart({ curve, label }: { curve: (number | null)[]; label: string }) {
  const ref = useChart(
    (width) => [
      {
        width,
        height: 110,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 14, 0, 0],
        scales: { x: { time: false } },
        axes: [axis(integer, { grid: { show: false }, size: 24, space: 70 }), axis(tick, { size: 40, space: 28 })],
        series: [{}, { stroke: style("--violet"), width: 1.5, points: { show: false } }],
      },
      [curve.map((_value, step) => step + 1), curve],
    ],
    [curve],
  );
  return <div ref={ref} class="chart" role="img" aria-label={label} />;
}
