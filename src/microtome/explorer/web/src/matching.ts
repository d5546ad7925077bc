// SPDX-License-Identifier: Apache-2.0
// What is meant by a word that a reader types.

const squeeze = (text: string) => text.replace(/[\s_-]+/g, "");

// As typed, then without the ending of a plural.
const spellings = (text: string) => [...new Set([text, text.replace(/s$/, ""), text.replace(/es$/, "")])].filter(Boolean);

// The labels whose name is meant, for the first of these ways that finds any: names that are the text, names with a word
// that begins with it, names that contain it. Spaces and hyphens do not count. `whole`: whether a name that is the text
// leaves out those that only begin with it. names[0] is no label's.
export function matchLabels(names: string[], text: string, whole: boolean): number[] {
  const known = names.map((name) => name.toLowerCase());
  for (const wanted of spellings(text.trim().toLowerCase())) {
    const plain = squeeze(wanted);
    if (!plain) continue;
    const ways: ((name: string) => boolean)[] = [
      (name) => whole && squeeze(name) === plain,
      (name) => name.split(/[\s_-]+/).some((word) => word.startsWith(wanted)) || squeeze(name).startsWith(plain),
      (name) => squeeze(name).includes(plain),
    ];
    for (const fits of ways) {
      const found = known.flatMap((name, label) => (label > 0 && name && fits(name) ? [label] : []));
      if (found.length > 0) return found;
    }
  }
  return [];
}

// "conv5" and "conv5:20", also "conv5 20": a layer, and a unit of it.
export function placeOf(text: string, isLayer: (name: string) => boolean): { layer: string; unit: number | null } | null {
  const layer = text.trim();
  if (isLayer(layer)) return { layer, unit: null };
  const parts = /^(.+?)(?:\s*:\s*|\s+(?:unit\s+)?)(\d+)$/.exec(layer);
  const name = parts?.[1];
  return name !== undefined && isLayer(name) ? { layer: name, unit: Number(parts?.[2]) } : null;
}
