// SPDX-License-Identifier: Apache-2.0
// What is known of a unit with one sign: the images that excite it, the concepts, the numbers.
import type { ComponentChildren } from "preact";
import type { Dissection, Sign, Study } from "../data";
import { kDefaultRule } from "../upsampling";
import { integer, level, plural, share } from "../words";
import { HistogramChart } from "./charts";
import { Choice } from "./choice";
import { ConceptTable } from "./concept_table";
import { Exemplars, kViews, type View } from "./exemplar";
import { Fact, Facts } from "./fact";
import { Hint } from "./hint";
import { Block } from "./section";
import { Trust } from "./trust";
import "./evidence.css";

const kViewWords: Record<View, ComponentChildren> = {
  mask: (
    <>
      Bright is the <Hint of="mask">mask</Hint>: where the unit’s activation exceeds its <Hint of="threshold">threshold</Hint>.
    </>
  ),
  outline: (
    <>
      The line is the rim of the <Hint of="mask">mask</Hint>: inside, the unit’s activation exceeds its <Hint of="threshold">threshold</Hint>.
    </>
  ),
  heat: "The warmer, the higher the activation.",
  field: (
    <>
      Cut to the <Hint of="receptive">receptive field</Hint> of the place where the activation is highest: all that the unit sees there.
    </>
  ),
  plain: "The images as they are.",
};

function Activations({ dissection, images }: { dissection: Dissection; images: number }) {
  const { low, high, counts } = dissection.histogram;
  if (dissection.threshold === null || low === null || high === null) {
    return (
      <Block title="Activations">
        <p class="muted">Not known: this dissection was imported from a table of labels and counts, without images, thresholds and activations.</p>
      </Block>
    );
  }
  return (
    <Block title={<Hint of="histogram">Activations</Hint>}>
      <HistogramChart low={low} high={high} counts={counts} threshold={dissection.threshold} />
      <Facts>
        <Fact name={<Hint of="threshold">threshold</Hint>}>{level(dissection.threshold)}</Fact>
        {dissection.at_threshold && (
          <Fact name="saturates">
            <small>more than the tail of its activations are at its largest level; it is on where it is at that, not above</small>
          </Fact>
        )}
        <Fact name="range">{level(dissection.minimum)} … {level(dissection.maximum)}</Fact>
        <Fact name="on in">
          {plural(dissection.on_images, "image")} <small>({share(images > 0 ? dissection.on_images / images : 0)})</small>
        </Fact>
        <Fact name="pixels on">{integer(dissection.on_pixels)}</Fact>
      </Facts>
    </Block>
  );
}

export function Evidence(props: { dissection: Dissection; sign: Sign; study: Study["dissection"]; view: View; onView: (view: View) => void }) {
  const { dissection, sign, study, view } = props;
  const drawn = { dissection, sign, rule: study?.mask ?? kDefaultRule };
  return (
    <>
      {dissection.top.length > 0 && (
        <Block
          title="Images that excite it most"
          aside={<Choice label="What is drawn over the images" value={view} options={kViews.map((each) => [each, each])} onChange={props.onView} />}
        >
          <p class="muted">
            {kViewWords[view]} The number is the image’s highest {sign > 0 ? "" : "negated "}activation.
          </p>
          <Exemplars {...drawn} list={dissection.top} view={view} />
        </Block>
      )}
      <div class="evidence-columns">
        <Block title="Concepts">
          <ConceptTable dissection={dissection} />
        </Block>
        <Activations dissection={dissection} images={study?.images ?? 0} />
      </div>
      <Trust dissection={dissection} />
      {dissection.typical.length > 0 && (
        <Block title="Images drawn at random above its threshold">
          <p class="muted">
            What it answers to on an ordinary day, not only at its best.{view === "heat" && " Of these only what exceeds the threshold is kept."}
          </p>
          <Exemplars {...drawn} list={dissection.typical} view={view} low={dissection.threshold ?? 0} />
        </Block>
      )}
      {dissection.bottom.length > 0 && (
        <Block title="Images that excite it least">
          <Exemplars {...drawn} list={dissection.bottom} view={view === "mask" || view === "outline" ? "plain" : view} />
        </Block>
      )}
    </>
  );
}
