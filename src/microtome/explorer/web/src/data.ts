// SPDX-License-Identifier: Apache-2.0
// The data files of an atlas and how they are loaded. A file is a script that calls microtomeData(name, value): the one
// way that works alike over http and from disk.

export type Sign = 1 | -1;

export interface Network {
  name: string;
  hash: string;
  format: string;
  input: Record<string, unknown>;
  classes: string[];
}

export interface Concepts {
  hash: string;
  images: number;
  categories: string[];
  names: string[]; // by label number; [0] is empty
  label_category: number[];
}

export interface StripItem {
  unit: number;
  sign: Sign;
  label: number;
  category: number;
  iou: number | null;
  variant: number; // of the picture; -1 when there is none
  thumb: string | null; // the top exemplar's image, only where there is no picture
}

export interface Counts {
  units: number;
  detectors: number;
  unique: number;
  unique_by_category: number;
  by_category: { detectors: number; unique: number }[];
}

export interface Study {
  dissection: { map_width: number; map_height: number; tail: number; images: number } | null;
  counts: Counts | null; // of the positive sign
  pictures: number;
  strip: StripItem[];
}

export interface Layer {
  id: number;
  name: string;
  aliases: string[];
  op: string;
  shape: number[];
  units: number;
  receptive_field: { size: number[]; step: number[]; start: number[] } | null;
  macs_share: number;
  study: Study | null;
}

export interface Run {
  stage: string;
  version: string;
  network_hash: string;
  data_hash: string;
  settings: unknown;
  command: string;
}

export interface AtlasData {
  version: string;
  detector_cut: number;
  network: Network | null;
  concepts: Concepts | null;
  layers: Layer[];
  runs: Run[];
  visualizations: { count: number; strip: { id: number; objective: string }[] };
}

// One row for each (unit, sign) that has a dissection or a picture, in columns.
export interface LayerData {
  unit: number[];
  sign: Sign[];
  label: number[];
  category: number[];
  iou: (number | null)[]; // null: not dissected
  ceiling: (number | null)[];
  threshold: (number | null)[];
  maximum: (number | null)[];
  by_category: { label: number[]; iou: number[]; ceiling: (number | null)[] }[]; // index = category
  variant: number[]; // the picture's, -1 when there is none
  thumb: (string | null)[]; // the top exemplar's image, only where there is no picture
  ratio: (number | null)[];
  status: string[];
}

// Which units answer to which concept, over all layers, in columns.
export interface ConceptIndexData {
  layer: number[];
  unit: number[];
  sign: Sign[];
  label: number[];
  category: number[];
  iou: number[];
  ceiling: (number | null)[];
  variant: number[];
  thumb: (string | null)[];
}

export interface Score {
  label: number;
  category: number;
  intersection: number;
  activation: number;
  truth: number;
  images: number;
  iou: number;
  ceiling: number | null; // null: not known
}

export interface Exemplar {
  image: number;
  file: string;
  src: string; // empty when the picture was not kept
  activation: number;
  width: number;
  height: number;
  low: number;
  high: number;
  map: string; // base64 of little-endian uint16: low + (high - low) * q / 65535
  seen: [number, number, number, number] | null; // x, y, width, height of what its strongest place sees, in fractions of the image
}

export interface NamedScore {
  label: string | null;
  category: string | null;
  iou: number;
  ceiling: number;
}

// Beside IoU; what was not computed is absent.
export interface Statistics {
  verdict: string;
  measures: Record<string, number | null>;
  held_out?: { label: string | null; train_iou: number; iou: number };
  interval?: { low: number; high: number; deviation: number };
  significance?: { permutations: number; p: number; q: number; family_p: number; null_mean: number; null_high: number };
  tails?: { tail: number; threshold: number; on_pixels: number; best: NamedScore }[];
  formulas?: { text: string; length: number; intersection: number; truth: number; iou: number }[];
  ranges?: { low: number; high: number; on_pixels: number; best: NamedScore }[]; // low < S <= high
}

export interface Dissection {
  threshold: number | null; // null: not known, of a table that does not say it
  minimum: number | null;
  maximum: number | null;
  on_pixels: number;
  on_images: number;
  best: Score;
  by_category: Score[];
  top_concepts: Score[];
  histogram: { low: number; high: number; counts: number[] };
  top: Exemplar[];
  bottom: Exemplar[];
  typical: Exemplar[];
  statistics: Statistics;
}

export interface Picture {
  id: number;
  sign: Sign; // says nothing in a visualization of no single unit
  variant: number;
  objective: string;
  width: number;
  height: number;
  curve: (number | null)[];
  frames: number[]; // steps whose pictures were kept
  score: number | null;
  activation: number | null;
  best_exemplar: number | null;
  activation_ratio: number | null;
  status: string;
  facts: Record<string, unknown>;
}

export interface UnitData {
  layer: number;
  unit: number;
  dissections: { sign: Sign; dissection: Dissection }[];
  pictures: Picture[];
}

// Pictures made for one objective, of no single unit.
export interface Visualization {
  objective: string;
  pictures: Picture[];
}

export const visualizationPath = (id: number) => `images/visualization-${id}.png`;
export const framePath = (id: number, step: number) => `images/frame-${id}-${step}.webp`;
export function picturePath(layer: number, unit: number, sign: Sign, variant: number): string {
  return `images/picture-${layer}-${unit}-${sign > 0 ? "p" : "n"}-${variant}.png`;
}

type Pending = { resolve: (value: unknown) => void; reject: (error: Error) => void };
const pending = new Map<string, Pending>();
const loaded = new Map<string, Promise<unknown>>();
const kKept = 24; // files kept in memory; a unit's file is some hundred kilobytes

declare global {
  interface Window {
    microtomeData: (name: string, value: unknown) => void;
  }
}
window.microtomeData = (name, value) => {
  pending.get(name)?.resolve(value);
  pending.delete(name);
};

function inject(name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    pending.set(name, { resolve, reject });
    const script = document.createElement("script");
    script.src = `data/${name}.js`;
    script.onload = () => {
      script.remove();
      if (pending.delete(name)) reject(new Error(`data/${name}.js does not hold what its name says`));
    };
    script.onerror = () => {
      script.remove();
      pending.delete(name);
      reject(new Error(`data/${name}.js could not be loaded`));
    };
    document.head.append(script);
  });
}

export function load<T>(name: string): Promise<T> {
  let promise = loaded.get(name);
  if (promise) loaded.delete(name);
  promise ??= inject(name).catch(() => inject(name)); // once more, should the connection have broken
  loaded.set(name, promise); // moves it to the end: the first is the one longest unused
  promise.catch(() => loaded.delete(name));
  for (const key of loaded.keys()) {
    if (loaded.size <= kKept) break;
    if (key !== "atlas") loaded.delete(key);
  }
  return promise as Promise<T>;
}
