// SPDX-License-Identifier: Apache-2.0
// Activation maps: decoding, enlarging, and the layers drawn over an image. The image itself is never read back: a page
// opened from disk may not look into its pictures.

import type { Exemplar } from "./data";

export function decodeMap(exemplar: Exemplar): Float32Array {
  const text = atob(exemplar.map);
  const map = new Float32Array(exemplar.width * exemplar.height);
  const step = (exemplar.high - exemplar.low) / 65535;
  for (let i = 0; i < map.length; ++i) {
    map[i] = exemplar.low + step * (text.charCodeAt(2 * i) | (text.charCodeAt(2 * i + 1) << 8));
  }
  return map;
}

// Bilinear with half-pixel centres, edges clamped: output pixel x lies at (x + 0.5) * width / columns - 0.5 of the map.
export function enlarge(map: Float32Array, width: number, height: number, columns: number, rows: number): Float32Array {
  const axis = (size: number, count: number) => {
    const low = new Int32Array(count);
    const high = new Int32Array(count);
    const weight = new Float32Array(count);
    for (let i = 0; i < count; ++i) {
      const at = Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / count - 0.5));
      low[i] = Math.floor(at);
      high[i] = Math.min(size - 1, low[i] + 1);
      weight[i] = at - low[i];
    }
    return { low, high, weight };
  };
  const xs = axis(width, columns);
  const ys = axis(height, rows);
  const out = new Float32Array(columns * rows);
  for (let y = 0; y < rows; ++y) {
    const above = ys.low[y] * width;
    const below = ys.high[y] * width;
    const wy = ys.weight[y];
    for (let x = 0; x < columns; ++x) {
      const wx = xs.weight[x];
      const top = map[above + xs.low[x]] * (1 - wx) + map[above + xs.high[x]] * wx;
      const bottom = map[below + xs.low[x]] * (1 - wx) + map[below + xs.high[x]] * wx;
      out[y * columns + x] = top * (1 - wy) + bottom * wy;
    }
  }
  return out;
}

function layerCanvas(columns: number, rows: number, colour: (index: number, pixel: Uint8ClampedArray, at: number) => void): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d")!;
  const data = context.createImageData(columns, rows);
  for (let i = 0; i < columns * rows; ++i) colour(i, data.data, 4 * i);
  context.putImageData(data, 0, 0);
  return canvas;
}

const kBright = [255, 244, 214, 255];
const kDark = [16, 13, 24, 186];

// Dark where the unit is off, untouched where it is on, with a bright rim one pixel wide.
export function maskLayer(values: Float32Array, columns: number, rows: number, threshold: number): HTMLCanvasElement {
  const on = (x: number, y: number) => x >= 0 && y >= 0 && x < columns && y < rows && values[y * columns + x] > threshold;
  return layerCanvas(columns, rows, (index, pixel, at) => {
    const x = index % columns;
    const y = (index - x) / columns;
    if (!on(x, y)) {
      pixel.set(kDark, at);
    } else if (!(on(x - 1, y) && on(x + 1, y) && on(x, y - 1) && on(x, y + 1))) {
      pixel.set(kBright, at);
    }
  });
}

// The rim of the same mask alone: a bright line of two pixels on its inner side, a dark one outside, so that it is seen
// on any image. The image's edge is no rim.
export function outlineLayer(values: Float32Array, columns: number, rows: number, threshold: number): HTMLCanvasElement {
  const on = (x: number, y: number) => values[y * columns + x] > threshold;
  return layerCanvas(columns, rows, (index, pixel, at) => {
    const x = index % columns;
    const y = (index - x) / columns;
    const inside = on(x, y);
    const width = inside ? 2 : 1;
    const differs = (nx: number, ny: number) => nx >= 0 && ny >= 0 && nx < columns && ny < rows && on(nx, ny) !== inside;
    for (let step = 1; step <= width; ++step) {
      if (differs(x - step, y) || differs(x + step, y) || differs(x, y - step) || differs(x, y + step)) {
        pixel.set(inside ? kBright : kDark, at);
        return;
      }
    }
  });
}

const kHeat = [
  [74, 54, 140],
  [194, 56, 111],
  [255, 190, 90],
  [255, 246, 200],
];

// Translucent heat: nothing at the low end, bright at the high one.
export function heatLayer(values: Float32Array, columns: number, rows: number, low: number, high: number): HTMLCanvasElement {
  return layerCanvas(columns, rows, (index, pixel, at) => {
    const heat = high > low ? Math.min(1, Math.max(0, (values[index] - low) / (high - low))) : 0;
    const place = heat * (kHeat.length - 1);
    const stop = Math.min(kHeat.length - 2, Math.floor(place));
    const part = place - stop;
    for (let c = 0; c < 3; ++c) pixel[at + c] = kHeat[stop][c] * (1 - part) + kHeat[stop + 1][c] * part;
    pixel[at + 3] = 225 * Math.sqrt(heat);
  });
}
