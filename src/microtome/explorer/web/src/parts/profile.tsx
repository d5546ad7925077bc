// SPDX-License-Identifier: Apache-2.0
// The network in section: every layer a slab mounted on a slide. Height is the side of its map, width its units;
// studied slabs are stained in the colours of what their units detect.
import type { Layer } from "../data";
import { layerHref } from "../route";
import { categoryName, useAtlas, useWidth } from "../state";
import { breakable, categoryColour, plural, roman, shapeText } from "../words";
import "./profile.css";

const kHeight = 150;
const kFoot = 30;
const kMinimumStudied = 13;
const kWidest = 26; // px for a slab of weight 1

// Of the layer's map; 1 where it has none.
const sideOf = (layer: Layer) => (layer.shape.length === 3 ? Math.max(...layer.shape.slice(1)) : 1);

const slabHeight = (layer: Layer, side: number) => 14 + (kHeight - 34) * Math.sqrt(Math.min(1, sideOf(layer) / side));

const slabWeight = (layer: Layer) => 0.6 + Math.log2(1 + layer.units) / 5;

// Widths in proportion to the weights; studied slabs that would come out too thin to see and hit take their least width
// first, and the others share the rest.
function slabWidths(layers: Layer[], room: number): number[] {
  const weights = layers.map(slabWeight);
  const sum = (fits: (index: number) => boolean) => weights.reduce((total, weight, index) => total + (fits(index) ? weight : 0), 0);
  const first = Math.min(kWidest, room / Math.max(1, sum(() => true)));
  const thin = layers.map((layer) => layer.study !== null && slabWeight(layer) * first < kMinimumStudied);
  const left = room - thin.filter(Boolean).length * kMinimumStudied;
  const each = Math.min(kWidest, Math.max(0, left) / Math.max(1, sum((index) => !thin[index])));
  return weights.map((weight, index) => (thin[index] ? kMinimumStudied : weight * each));
}

function Stain({ layer, x, y, width, height }: { layer: Layer; x: number; y: number; width: number; height: number }) {
  const atlas = useAtlas();
  const counts = layer.study?.counts;
  let top = y;
  const parts = (counts?.by_category ?? []).map((count, index) => {
    const part = (height * count.detectors) / Math.max(1, counts?.units ?? 0);
    const piece = <rect key={index} x={x} y={top} width={width} height={part} fill={categoryColour(categoryName(atlas, index))} />;
    top += part;
    return piece;
  });
  return (
    <>
      <rect x={x} y={y} width={width} height={height} class="slab slab-studied" />
      {parts}
    </>
  );
}

export function Profile() {
  const atlas = useAtlas();
  const { ref, width } = useWidth<HTMLDivElement>();
  const side = Math.max(1, ...atlas.layers.map(sideOf));
  const studied = atlas.layers.filter((layer) => layer.study);
  const gap = width / Math.max(1, atlas.layers.length) > 7 ? 2 : 0.6;
  const widths = slabWidths(atlas.layers, width - (atlas.layers.length - 1) * gap);
  const total = widths.reduce((sum, each) => sum + each, 0) + (atlas.layers.length - 1) * gap;
  let x = Math.max(0, (width - total) / 2);
  let plate = 0;
  const slabs = atlas.layers.map((layer, index) => {
    const thick = widths[index] ?? 0;
    const left = x;
    x += thick + gap;
    const height = slabHeight(layer, side);
    const y = (kHeight - height) / 2;
    if (!layer.study) {
      return (
        <rect key={layer.id} x={left} y={y} width={Math.max(0.4, thick)} height={height} class="slab">
          <title>{`${layer.name} · ${layer.op} · ${shapeText(layer.shape)}`}</title>
        </rect>
      );
    }
    plate += 1;
    return (
      <a key={layer.id} href={layerHref(layer.name)} aria-label={`Plate ${roman(plate)}: ${layer.name}`}>
        <title>{`${layer.name} · ${plural(layer.units, "unit")}`}</title>
        <rect x={left - 3} y={0} width={thick + 6} height={kHeight + kFoot} class="slab-grip" />
        <Stain layer={layer} x={left} y={y} width={thick} height={height} />
        <text x={left + thick / 2} y={kHeight + 18}>{roman(plate)}</text>
      </a>
    );
  });
  return (
    <figure class="slide">
      <div class="slide-glass">
        <div class="slide-frost">
          <b>{breakable(atlas.network?.name ?? "atlas")}</b>
          <span>{plural(atlas.layers.length, "section")}</span>
          <span>{studied.length} stained</span>
        </div>
        <div class="specimen" ref={ref}>
          {width > 0 && (
            <svg width={width} height={kHeight + kFoot} role="group" aria-label="The network in section">
              {slabs}
            </svg>
          )}
        </div>
      </div>
      <figcaption>
        The network in section, input at the left. Each slab is a layer: its height follows the side of its map, its width the number of
        units. Stained slabs were studied; each colour takes as much of a slab as its category has of the layer’s units.
      </figcaption>
    </figure>
  );
}
