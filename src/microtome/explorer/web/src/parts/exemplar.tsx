// SPDX-License-Identifier: Apache-2.0
// Real images at one end of a unit's range, with the unit's mask drawn over them.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Dissection, Exemplar, MaskRule, Sign } from "../data";
import { decodeMap, heatLayer, maskLayer, outlineLayer } from "../overlay";
import { enlarge, isOn } from "../upsampling";
import { level } from "../words";
import "./exemplar.css";

export const kViews = ["mask", "outline", "heat", "field", "plain"] as const;
export type View = (typeof kViews)[number];
const kLeastSide = 224; // px: small pictures are drawn larger, so that the mask's rim stays fine

interface Scene {
  exemplar: Exemplar;
  sign: Sign;
  threshold: number | null;
  atThreshold: boolean;
  low: number;
  high: number;
  rule: MaskRule;
  view: View;
}

// The part of the image that the strongest place sees, as large as the canvas allows.
function drawSeen(canvas: HTMLCanvasElement, image: HTMLImageElement, [x, y, width, height]: [number, number, number, number]): void {
  const grow = (2 * kLeastSide) / Math.max(width, height);
  canvas.width = Math.max(1, Math.round(width * grow));
  canvas.height = Math.max(1, Math.round(height * grow));
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  const { naturalWidth, naturalHeight } = image;
  context.drawImage(image, x * naturalWidth, y * naturalHeight, width * naturalWidth, height * naturalHeight, 0, 0, canvas.width, canvas.height);
}

function draw(canvas: HTMLCanvasElement, image: HTMLImageElement, scene: Scene): void {
  if (scene.view === "field" && scene.exemplar.seen) return drawSeen(canvas, image, scene.exemplar.seen);
  const grow = Math.max(1, Math.ceil(kLeastSide / Math.max(1, image.naturalWidth)));
  const columns = image.naturalWidth * grow;
  const rows = image.naturalHeight * grow;
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, columns, rows);
  if (scene.view === "plain" || scene.view === "field" || scene.threshold === null) return;
  const { width, height } = scene.exemplar;
  const levels = decodeMap(scene.exemplar).map((value) => scene.sign * value); // levels are of the negated activation
  const { threshold, rule } = scene;
  const atTop = scene.atThreshold && scene.view !== "heat";
  const step = (scene.exemplar.high - scene.exemplar.low) / 65535;
  const cells = atTop ? levels.map((value) => (value > threshold - step / 2 ? 1 : 0)) : levels;
  const values = enlarge({ cells, width, height }, rule, columns, rows);
  const on = (index: number) => (atTop ? isOn(values[index] ?? 0, 1, { ...rule, strict: false }) : isOn(values[index] ?? Number.NaN, threshold, rule));
  const layer =
    scene.view === "mask"
      ? maskLayer(on, columns, rows)
      : scene.view === "outline"
        ? outlineLayer(on, columns, rows)
        : heatLayer(values, columns, rows, scene.low, scene.high);
  context.drawImage(layer, 0, 0);
}

function ExemplarCanvas(scene: Scene) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [near, setNear] = useState(false);
  const [missing, setMissing] = useState(scene.exemplar.src === "");
  const { exemplar, sign, threshold, atThreshold, low, high, rule, view } = scene;
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && setNear(true), { rootMargin: "300px" });
    observer.observe(canvas.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!near || exemplar.src === "") return setMissing(exemplar.src === "");
    const image = new Image();
    image.onload = () => {
      setMissing(false);
      if (canvas.current) {
        draw(canvas.current, image, { exemplar, sign, threshold, atThreshold, low, high, rule, view });
        canvas.current.dataset.drawn = view;
      }
    };
    image.onerror = () => setMissing(true);
    image.src = exemplar.src;
    return () => {
      image.onload = image.onerror = null;
    };
  }, [near, exemplar, sign, threshold, atThreshold, low, high, rule, view]);
  return (
    <figure class="exemplar">
      <div class={view === "field" ? "exemplar-frame exemplar-whole" : "exemplar-frame"}>
        <canvas ref={canvas} role="img" aria-label={`Image ${exemplar.file || exemplar.image}, ${view}`} />
        {missing && <span class="exemplar-missing">picture not kept</span>}
      </div>
      <figcaption title={exemplar.file}>
        <span class="exemplar-file">{(exemplar.file || `image ${exemplar.image}`).split("/").pop()}</span>
        <b>{level(exemplar.activation)}</b>
      </figcaption>
    </figure>
  );
}

// `low`: where heat begins.
export function Exemplars(props: { dissection: Dissection; sign: Sign; list: Exemplar[]; view: View; rule: MaskRule; low?: number }) {
  const { dissection } = props;
  return (
    <div class="exemplars">
      {props.list.map((exemplar) => (
        <ExemplarCanvas
          key={exemplar.image}
          exemplar={exemplar}
          sign={props.sign}
          threshold={dissection.threshold}
          atThreshold={dissection.at_threshold}
          low={props.low ?? Math.min(0, dissection.threshold ?? 0)}
          high={dissection.maximum ?? 0}
          rule={props.rule}
          view={props.view}
        />
      ))}
    </div>
  );
}
