// SPDX-License-Identifier: Apache-2.0
// What the data files of an atlas hold.

import type { Counts, Histogram, Network, Picture as AnyPicture, Run, Score, Sign, Statistics } from "../generated/findings";

export type { Counts, Facts, NamedScore, Network, Run, Score, ScoreTrial, Sign, Statistics } from "../generated/findings";

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

// How the masks behind a layer's counts were made of its maps (docs/numerics.md has the conventions).
export interface MaskRule {
  upsampling: Upsampling;
  strict: boolean; // on: above the threshold; otherwise also at it
  grid?: [number, number]; // width and height of the labels, where that matters
  across?: Centres; // of "field"
  down?: Centres;
}
export type Upsampling = "half_pixel" | "pillow" | "field" | "quick" | "zero" | "align_corners" | "nearest";
// In pixels of the grid: where the first cell's centre lies and how far the next one's is.
export interface Centres {
  first: number;
  distance: number;
}

export interface Study {
  dissection: { map_width: number; map_height: number; tail: number; images: number; mask?: MaskRule } | null;
  counts: Counts | null; // of the positive units, or of the negative ones where only those were dissected
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

export interface Dissection {
  threshold: number | null; // null: not known, of a table that does not say it
  minimum: number | null;
  maximum: number | null;
  at_threshold: boolean; // it saturates: its mask is where it is at the threshold, its largest level, not above
  on_pixels: number;
  on_images: number;
  best: Score;
  by_category: Score[];
  top_concepts: Score[];
  histogram: Histogram;
  top: Exemplar[];
  bottom: Exemplar[];
  typical: Exemplar[];
  statistics: Statistics;
}

// `src`: of a unit's picture; a visualization of no single unit has its own path. `settings`: of a picture that another
// run made for the same place, in which settings that run differs.
export type Picture = AnyPicture & { src?: string; settings?: string };

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
