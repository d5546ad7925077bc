// SPDX-License-Identifier: Apache-2.0
// What a layer is, and how many of its units are detectors.
import type { Layer } from "../data";
import { useAtlas } from "../state";
import { integer, plural, shapeText, share } from "../words";
import { CategoryBar } from "./bars";
import { Fact, Facts } from "./fact";
import { Hint } from "./hint";
import "./layer_facts.css";

export function LayerFacts({ layer }: { layer: Layer }) {
  const field = layer.receptive_field;
  return (
    <Facts>
      <Fact name="operation">{layer.op}</Fact>
      <Fact name="shape">{shapeText(layer.shape)}</Fact>
      {field && (
        <Fact name={<Hint of="receptive">receptive field</Hint>}>
          {field.size.map((value) => integer(value)).join(" × ")}<small> px</small>
        </Fact>
      )}
      {layer.macs_share > 0 && <Fact name={<Hint of="macs">work so far</Hint>}>{share(layer.macs_share)}</Fact>}
    </Facts>
  );
}

export function LayerCounts({ layer }: { layer: Layer }) {
  const atlas = useAtlas();
  const counts = layer.study?.counts;
  if (!counts || !atlas.concepts) {
    return <p class="muted">Not dissected yet: its units have pictures, but no concepts.</p>;
  }
  return (
    <>
      <p class="counts">
        <span>
          <b>{integer(counts.detectors)}</b> of {plural(counts.units, "unit")} {counts.detectors === 1 ? "is a" : "are"} <Hint of="detector">{counts.detectors === 1 ? "detector" : "detectors"}</Hint>
        </span>
        <span>
          <Hint of="unique">unique concepts</Hint> <b>{counts.unique}</b> by best concept, <b>{counts.unique_by_category}</b> by category
        </span>
      </p>
      <CategoryBar categories={atlas.concepts.categories} counts={counts.by_category} units={counts.units} />
    </>
  );
}
