// SPDX-License-Identifier: Apache-2.0
// A unit's pictures of one sign, a variant at a time.
import { useState } from "preact/hooks";
import { picturePath, type Layer, type Picture, type Sign } from "../data";
import { level, signChar, signWord, times } from "../words";
import { Choice } from "./choice";
import { Fact, Facts } from "./fact";
import { Hint } from "./hint";
import { Ascent, Film, PictureFacts } from "./picture";
import { Plate } from "./plate";
import "./picture_card.css";

function Described({ picture }: { picture: Picture }) {
  return (
    <>
      <code class="picture-objective">{picture.objective}</code>
      {picture.settings !== undefined && <p class="small muted">With other settings: {picture.settings}</p>}
      {picture.status !== "ok" && <p class="warning">{picture.status}</p>}
      <Facts>
        <Fact name="activation">{level(picture.activation)}</Fact>
        <Fact name="best real image">{level(picture.best_exemplar)}</Fact>
        <Fact name={<Hint of="ratio">ratio</Hint>}><b>{times(picture.activation_ratio)}</b></Fact>
      </Facts>
      <PictureFacts picture={picture} />
      <Ascent picture={picture} />
    </>
  );
}

export function PictureCard({ layer, unit, sign, pictures }: { layer: Layer; unit: number; sign: Sign; pictures: Picture[] }) {
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, pictures.length - 1);
  const picture = pictures[at];
  const alike = new Set(pictures.map((entry) => entry.objective + (entry.settings ?? ""))).size === 1;
  const alt = `${signWord(sign)} picture of unit ${unit}`;
  return (
    <figure class="picture">
      {picture ? <Film picture={picture} src={picture.src ?? picturePath(layer.id, unit, sign, picture.variant)} alt={alt} /> : <Plate src={null} alt={alt} />}
      <figcaption>
        <h2>
          <span class="picture-sign">{signChar(sign)}</span> {sign > 0 ? "What drives it up" : "What drives it down"}
        </h2>
        {pictures.length > 1 && (
          <div class="picture-variants">
            <span class="small muted">{alike ? "variant" : "picture"}</span>
            <Choice label={alike ? "Variant" : "Picture"} value={String(at)} options={pictures.map((entry, index) => [String(index), String(alike ? entry.variant + 1 : index + 1)])} onChange={(value) => setChosen(Number(value))} />
          </div>
        )}
        {picture ? <Described picture={picture} /> : <p class="muted">No picture has been made for this sign yet.</p>}
      </figcaption>
    </figure>
  );
}
