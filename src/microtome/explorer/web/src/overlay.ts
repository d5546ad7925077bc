// SPDX-License-Identifier: Apache-2.0
// Activation maps: decoding, and the layers drawn over an image. The image itself is never read back: a page
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
export function maskLayer(isOn: (index: number) => boolean, columns: number, rows: number): HTMLCanvasElement {
  const on = (x: number, y: number) => x >= 0 && y >= 0 && x < columns && y < rows && isOn(y * columns + x);
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
export function outlineLayer(isOn: (index: number) => boolean, columns: number, rows: number): HTMLCanvasElement {
  const on = (x: number, y: number) => isOn(y * columns + x);
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

type Colour = [number, number, number];
const kHeat: [Colour, Colour, Colour, Colour] = [
  [74, 54, 140],
  [194, 56, 111],
  [255, 190, 90],
  [255, 246, 200],
];

// Translucent heat: nothing at the low end, bright at the high one.
export function heatLayer(values: Float32Array, columns: number, rows: number, low: number, high: number): HTMLCanvasElement {
  return layerCanvas(columns, rows, (index, pixel, at) => {
    const heat = high > low ? Math.min(1, Math.max(0, ((values[index] ?? low) - low) / (high - low))) : 0;
    const place = heat * (kHeat.length - 1);
    const stop = Math.min(kHeat.length - 2, Math.floor(place)) as 0 | 1 | 2;
    const part = place - stop;
    const from = kHeat[stop];
    const to = kHeat[(stop + 1) as 1 | 2 | 3];
    const mix = (channel: 0 | 1 | 2) => from[channel] * (1 - part) + to[channel] * part;
    pixel.set([mix(0), mix(1), mix(2), 225 * Math.sqrt(heat)], at);
  });
}
