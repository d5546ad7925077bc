// SPDX-License-Identifier: Apache-2.0
// Real images at one end of a unit's range, with the unit's mask drawn over them.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Dissection, Exemplar, Sign } from "./data";
import { decodeMap, enlarge, heatLayer, maskLayer } from "./map";
import { level } from "./words";

export type View = "mask" | "heat" | "plain";
const kLeastSide = 224; // px: small pictures are drawn larger, so that the mask's rim stays fine

interface Scene {
  exemplar: Exemplar;
  sign: Sign;
  threshold: number;
  low: number;
  high: number;
  view: View;
}

function draw(canvas: HTMLCanvasElement, image: HTMLImageElement, scene: Scene): void {
  const grow = Math.max(1, Math.ceil(kLeastSide / Math.max(1, image.naturalWidth)));
  const columns = image.naturalWidth * grow;
  const rows = image.naturalHeight * grow;
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, columns, rows);
  if (scene.view === "plain") return;
  const map = decodeMap(scene.exemplar);
  if (scene.sign < 0) for (let i = 0; i < map.length; ++i) map[i] = -map[i];
  const values = enlarge(map, scene.exemplar.width, scene.exemplar.height, columns, rows);
  const layer =
    scene.view === "mask" ? maskLayer(values, columns, rows, scene.threshold) : heatLayer(values, columns, rows, scene.low, scene.high);
  context.drawImage(layer, 0, 0);
}

function ExemplarCanvas(scene: Scene) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [near, setNear] = useState(false);
  const [missing, setMissing] = useState(scene.exemplar.src === "");
  const { exemplar, sign, threshold, low, high, view } = scene;
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
        draw(canvas.current, image, { exemplar, sign, threshold, low, high, view });
        canvas.current.dataset.drawn = view;
      }
    };
    image.onerror = () => setMissing(true);
    image.src = exemplar.src;
    return () => {
      image.onload = image.onerror = null;
    };
  }, [near, exemplar, sign, threshold, low, high, view]);
  return (
    <figure class="exemplar">
      <div class="frame">
        <canvas ref={canvas} role="img" aria-label={`Image ${exemplar.file || exemplar.image}, ${view}`} hidden={false} />
        {missing && <span class="missing">picture not kept</span>}
      </div>
      <figcaption title={exemplar.file}>
        <span class="file">{(exemplar.file || `image ${exemplar.image}`).split("/").pop()}</span>
        <b>{level(exemplar.activation)}</b>
      </figcaption>
    </figure>
  );
}

export function Exemplars(props: { dissection: Dissection; sign: Sign; list: Exemplar[]; view: View }) {
  const { dissection } = props;
  return (
    <div class="exemplars">
      {props.list.map((exemplar) => (
        <ExemplarCanvas
          key={exemplar.image}
          exemplar={exemplar}
          sign={props.sign}
          threshold={dissection.threshold}
          low={Math.min(0, dissection.threshold)}
          high={dissection.maximum}
          view={props.view}
        />
      ))}
    </div>
  );
}
