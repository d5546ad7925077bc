// SPDX-License-Identifier: Apache-2.0
// From activation maps to the pixels of an image, in the ways in which masks are counted (docs/numerics.md), so that a
// mask is drawn as it was counted.
import type { Centres, MaskRule } from "./findings";

export interface Cells {
  cells: Float32Array; // row by row
  width: number;
  height: number;
}

export const kDefaultRule: MaskRule = { upsampling: "half_pixel", strict: true };

export const isOn = (value: number, threshold: number, rule: MaskRule) => (rule.strict ? value > threshold : value >= threshold);

// Where the centre of a pixel falls among `count` cells, whose centres are 0 .. count - 1. `pixels` of one side of the
// image; `centres` on a grid of so many.
export function placeOfPixel(rule: MaskRule["upsampling"], pixel: number, pixels: number, count: number, centres?: Centres, grid = pixels): number {
  const half = ((pixel + 0.5) * count) / pixels - 0.5;
  switch (rule) {
    case "half_pixel":
    case "pillow":
      return half;
    case "zero":
      return half + 1; // past the ring of zeros around the map
    case "quick": // a grid made for aligned corners and used without
      return count > 1 ? (half * count) / (count - 1) - 0.5 : 0;
    case "align_corners":
      return pixels > 1 ? (pixel * (count - 1)) / (pixels - 1) : 0;
    case "nearest":
      return Math.round(half);
    case "field": // cells at the centres of their receptive fields
      return centres ? (((pixel + 0.5) * grid) / pixels - 0.5 - centres.first) / centres.distance : half;
  }
}

interface Axis {
  low: Int32Array;
  high: Int32Array;
  weight: Float32Array;
}

// Edges are clamped.
function makeAxis(pixels: number, count: number, place: (pixel: number) => number): Axis {
  const axis = { low: new Int32Array(pixels), high: new Int32Array(pixels), weight: new Float32Array(pixels) };
  for (let pixel = 0; pixel < pixels; ++pixel) {
    const at = Math.min(count - 1, Math.max(0, place(pixel)));
    const low = Math.floor(at);
    axis.low[pixel] = low;
    axis.high[pixel] = Math.min(count - 1, low + 1);
    axis.weight[pixel] = at - low;
  }
  return axis;
}

// Never beyond the two, so that a plateau at the threshold stays one.
function mix(a: number, b: number, weight: number): number {
  const value = a + weight * (b - a);
  return Math.min(Math.max(value, Math.min(a, b)), Math.max(a, b));
}

function ringed({ cells, width, height }: Cells): Cells {
  const out = { cells: new Float32Array((width + 2) * (height + 2)), width: width + 2, height: height + 2 };
  for (let y = 0; y < height; ++y) out.cells.set(cells.subarray(y * width, (y + 1) * width), (y + 1) * out.width + 1);
  return out;
}

// Pillow's way of shrinking one row of cells: a triangle as wide as the scale, weights normalized inside the row.
function shrunk(cells: (index: number) => number, count: number, pixels: number): number[] {
  const scale = count / pixels;
  const support = Math.max(1, scale);
  return Array.from({ length: pixels }, (_none, pixel) => {
    const centre = (pixel + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(count, Math.trunc(centre + support + 0.5));
    let sum = 0;
    let weights = 0;
    for (let cell = first; cell < end; ++cell) {
      const weight = Math.max(0, 1 - Math.abs((cell + 0.5 - centre) / support));
      sum += weight * cells(cell);
      weights += weight;
    }
    return sum / weights;
  });
}

// A map averaged down to the grid, across first.
export function averaged({ cells, width, height }: Cells, columns: number, rows: number): Cells {
  const lines = Array.from({ length: height }, (_none, y) => shrunk((x) => cells[y * width + x] ?? 0, width, columns));
  const out = new Float32Array(columns * rows);
  for (let x = 0; x < columns; ++x) {
    shrunk((y) => lines[y]?.[x] ?? 0, height, rows).forEach((value, y) => (out[y * columns + x] = value));
  }
  return { cells: out, width: columns, height: rows };
}

function prepared(map: Cells, rule: MaskRule): Cells {
  if (rule.upsampling === "zero") return ringed(map);
  const [columns, rows] = rule.grid ?? [map.width, map.height];
  const larger = map.width > columns || map.height > rows;
  return rule.upsampling === "pillow" && larger ? averaged(map, columns, rows) : map;
}

// The map's value at each pixel of an image of so many columns and rows.
export function enlarge(map: Cells, rule: MaskRule, columns: number, rows: number): Float32Array {
  const from = prepared(map, rule);
  const { cells, width } = from;
  const ring = rule.upsampling === "zero" ? 2 : 0;
  const [gridColumns, gridRows] = rule.grid ?? [columns, rows];
  const xs = makeAxis(columns, width, (x) => placeOfPixel(rule.upsampling, x, columns, width - ring, rule.across, gridColumns));
  const ys = makeAxis(rows, from.height, (y) => placeOfPixel(rule.upsampling, y, rows, from.height - ring, rule.down, gridRows));
  const cell = (x: number | undefined, y: number) => cells[y * width + (x ?? 0)] ?? 0;
  const out = new Float32Array(columns * rows);
  for (let y = 0; y < rows; ++y) {
    const above = ys.low[y] ?? 0;
    const below = ys.high[y] ?? 0;
    const down = ys.weight[y] ?? 0;
    for (let x = 0; x < columns; ++x) {
      const left = mix(cell(xs.low[x], above), cell(xs.low[x], below), down);
      const right = mix(cell(xs.high[x], above), cell(xs.high[x], below), down);
      out[y * columns + x] = mix(left, right, xs.weight[x] ?? 0);
    }
  }
  return out;
}
