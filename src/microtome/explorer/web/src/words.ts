// SPDX-License-Identifier: Apache-2.0
// How numbers, categories and terms are written on the pages.

const kCategoryWords: Record<string, string> = { color: "colour" };
export const categoryWord = (name: string) => kCategoryWords[name] ?? name;

// Broden's six categories have fixed colours; others take what is left, in order.
const kCategoryHues = ["scene", "object", "part", "material", "texture", "colour"];
export function categoryColour(name: string): string {
  const word = categoryWord(name);
  if (kCategoryHues.includes(word)) return `var(--cat-${word})`;
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) % 360;
  return `hsl(${sum} 30% 50%)`;
}

const kIntegers = new Intl.NumberFormat("en");
export const integer = (value: number) => kIntegers.format(value).replace(/,/g, "\u202f");
export const minus = (sign: number) => (sign > 0 ? "" : "−"); // before a number that is mostly of the positive sign
export const iou = (value: number | null | undefined) => (value == null ? "–" : value.toFixed(3));

// For the axes of charts: three digits at most, none for show.
export const tick = (value: number) => String(Number(value.toPrecision(3))).replace("-", "\u2212");

export function level(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(1).replace("-", "\u2212");
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2).replace("-", "\u2212");
}

export function share(value: number): string {
  const percent = value * 100;
  if (percent > 0 && percent < 0.1) return "<\u202f0.1\u202f%";
  return `${percent.toFixed(percent >= 10 ? 0 : 1)}\u202f%`;
}

// Names of layers and files may break after their punctuation.
export const breakable = (name: string) => name.replace(/[_/.-]/g, "$&\u200b");
export const times = (value: number | null) => (value == null ? "–" : `${value.toFixed(2)}\u202f×`);
export const shapeText = (shape: number[]) => shape.map(integer).join(" × ");
export const plural = (count: number, one: string, many = `${one}s`) => `${integer(count)} ${count === 1 ? one : many}`;
export const signWord = (sign: number) => (sign > 0 ? "positive" : "negative");
export const signChar = (sign: number) => (sign > 0 ? "+" : "\u2212");

export function roman(value: number): string {
  const digits: [number, string][] = [
    [100, "C"], [90, "XC"], [50, "L"], [40, "XL"], [10, "X"], [9, "IX"], [5, "V"], [4, "IV"], [1, "I"],
  ];
  let text = "";
  for (const [size, letters] of digits) {
    while (value >= size) {
      text += letters;
      value -= size;
    }
  }
  return text;
}

// Short explanations, shown on demand beside the term. `cut`: the IoU from which a unit is a detector.
const kHints = {
  unit: "One direction in what a layer computes, by default one channel. It answers every place of every image with a number.",
  detector: (cut: number) => `A unit whose best concept reaches an IoU of at least ${cut}: it marks that concept far better than chance.`,
  unique:
    "How many different concepts the detectors stand for. “By best concept” counts each unit once, under its single best concept; “by category” lets a unit count once in each category in which it passes the cut.",
  iou: "Intersection over union: the pixels that the unit marks and the concept covers, divided by the pixels that either takes. 1 is a perfect match, 0 none.",
  ceiling:
    "The largest IoU that is possible at all: a unit marks only a small share of all pixels, so a concept that covers much more (or much less) can never be matched in full.",
  threshold:
    "The level above which the unit counts as “on”. It is set so that only a small tail of all its activations, over all images and places, lies above.",
  mask: "The places where the unit is on: its activation map, enlarged to the image, above the threshold. A unit that saturates at the threshold is on where it is at it.",
  picture:
    "An image made from noise by gradient ascent: step by step it is changed so that the unit answers more strongly. It shows what the unit looks for, without any real photograph.",
  ratio:
    "The activation that the made picture reaches, divided by the activation of the best real image. Above 1 the picture drives the unit harder than any real image of the set.",
  score: "The whole objective, penalties included, of the stored picture, decoded again and moved in ways that the ascent has not seen.",
  plain: "The activation of the stored picture as it is, not moved. Where it is far above the other number, the picture only works at one exact place.",
  steps: "Updates that the ascent took. It may end early, when the objective has stopped rising.",
  redirected: "At so many steps the gradient was exactly zero and was taken through the units that block it. Many of them mean a hard start.",
  start: "Several ascents were made from different noise; this one’s picture held up best.",
  rank: "Where the unit comes when all units of its layer are sorted by their activation on the picture. 1 means that none answers more strongly.",
  selectivity: "The same rank with each unit measured against the best that a real image makes of it, so that loud units do not always come first.",
  slope: "How fast the power of fine detail falls, on doubly logarithmic axes. Photographs lie near −2; near 0 the picture is noise to the eye.",
  path: "Rank correlation of what the layers on the way compute for this picture and for the real images that excite the unit most. Near 0 the picture takes a way through the network that no real image takes.",
  realPath: "The same correlation of these real images among themselves: what the picture’s path similarity is to be compared with.",
  transfer: "In a second network: how often an image of this unit resembles the picture more than an image of another unit does. One half is chance.",
  diversity: "How different the variants’ textures are that were made together: 0 for one and the same.",
  receptive: "The patch of the input, in pixels, that one position of this layer can see.",
  macs: "How much of all multiplications that the network does for one image it takes to get as far as this layer.",
  sign: "A unit may be driven up (+) or down (−). Both directions can carry a meaning.",
  selfcheck:
    "A score that is worth something falls when labels are wrong. Missing: half of the images that carry the label lose it. Extra: as many others get it.",
  histogram: "How often each activation occurs over all images and places. Bars right of the line are the tail in which the unit is on.",
} satisfies Record<string, string | ((cut: number) => string)>;
export type HintName = keyof typeof kHints;
export function hintText(of: HintName, cut: number): string {
  const hint: string | ((cut: number) => string) = kHints[of];
  return typeof hint === "string" ? hint : hint(cut);
}
