// SPDX-License-Identifier: Apache-2.0
// A picture that is there only once it is near the window, and says so when it is missing.
import { useEffect, useState } from "preact/hooks";
import { picturePath, type Sign } from "../data";
import "./plate.css";

export function Plate({ src, alt, eager, holes }: { src: string | null; alt: string; eager?: boolean; holes?: boolean }) {
  const [missing, setMissing] = useState(false);
  useEffect(() => setMissing(false), [src]);
  if (src === null || missing) {
    return (
      <span class="plate plate-empty" role="img" aria-label={missing ? `${alt}: file missing` : `${alt}: not drawn yet`}>
        <span>{missing ? "file missing" : "not drawn"}</span>
      </span>
    );
  }
  return <img class={holes ? "plate plate-holes" : "plate"} src={src} alt={alt} loading={eager ? "eager" : "lazy"} decoding="async" onError={() => setMissing(true)} />;
}

// The unit's picture; where none has been made, the real image that excites it most.
export function UnitPlate(props: { layer: number; of: { unit: number; sign: Sign; variant: number; thumb: string | null }; eager?: boolean }) {
  const { unit, sign, variant, thumb } = props.of;
  const drawn = variant >= 0;
  const src = drawn ? picturePath(props.layer, unit, sign, variant) : thumb;
  return (
    <span class={drawn || !thumb ? "plate-mount" : "plate-mount plate-photo"}>
      <Plate src={src} alt={drawn ? `Picture of unit ${unit}` : `Top image of unit ${unit}`} eager={props.eager} />
    </span>
  );
}
