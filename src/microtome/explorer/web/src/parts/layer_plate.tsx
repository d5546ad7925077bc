// SPDX-License-Identifier: Apache-2.0
// A studied layer as one of the network's plates: what it is, its counts, and the units that stand for it.
import type { Layer } from "../data";
import { layerHref, unitHref } from "../route";
import { categoryName, conceptName, useAtlas } from "../state";
import { breakable, iou, minus, plural, roman } from "../words";
import { Dot } from "./bars";
import { LayerCounts, LayerFacts } from "./layer_facts";
import { UnitPlate } from "./plate";
import { Strip } from "./strip";
import "./layer_plate.css";

function UnitStrip({ layer }: { layer: Layer }) {
  const atlas = useAtlas();
  return (
    <Strip>
      {layer.study?.strip.map((item) => {
        const category = categoryName(atlas, item.category);
        return (
          <li key={`${item.unit}${item.sign}`}>
            <a href={unitHref(layer.name, item.unit, item.sign)}>
              <UnitPlate layer={layer.id} of={item} />
              <span class="strip-name">{conceptName(atlas, item.label) || `unit ${item.unit}`}</span>
              <span class="small">
                {category && <Dot category={category} />} {minus(item.sign)}
                {item.unit} {item.iou != null && <span class="muted">· {iou(item.iou)}</span>}
              </span>
            </a>
          </li>
        );
      })}
    </Strip>
  );
}

export function LayerPlate({ layer, number }: { layer: Layer; number: number }) {
  const dissected = layer.study?.counts?.units ?? layer.units;
  return (
    <article class="layer-plate" aria-labelledby={`plate-${layer.id}`}>
      <header>
        <span class="layer-plate-number">Plate {roman(number)}</span>
        <h2 id={`plate-${layer.id}`}>
          <a href={layerHref(layer.name)}>{breakable(layer.name)}</a>
        </h2>
        <LayerFacts layer={layer} />
      </header>
      <div>
        <LayerCounts layer={layer} />
        <UnitStrip layer={layer} />
        <a class="onward" href={layerHref(layer.name)}>
          All {plural(dissected, dissected < layer.units ? "dissected unit" : "unit")} <span aria-hidden="true">→</span>
        </a>
      </div>
    </article>
  );
}
