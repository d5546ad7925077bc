// SPDX-License-Identifier: Apache-2.0
// A grid of units of any length: only the rows near the window are in the document.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Sign } from "../data";
import { unitHref } from "../route";
import { categoryName, conceptName, useAtlas, useWidth } from "../state";
import { iou as iouText, minus, times } from "../words";
import { Dot, IouBar } from "./bars";
import { UnitPlate } from "./plate";
import "./tile_grid.css";

export interface Tile {
  layerId: number;
  layer: string;
  unit: number;
  sign: Sign;
  label: number;
  category: number;
  iou: number | null;
  ceiling: number | null;
  variant: number;
  thumb: string | null;
  ratio: number | null;
  status: string;
  place?: string; // shown instead of the activation ratio
}

const kGap = 18;
const kCaption = 74; // px below the picture; the style sheet's .tile-text has the same height
const kSpareRows = 2;

const scaleOf = (tiles: Tile[]) => {
  const best = tiles.reduce((most, tile) => Math.max(most, tile.iou ?? 0), 0);
  return Math.max(0.1, Math.ceil(best * 10) / 10);
};

function TileCard({ tile, scale, index }: { tile: Tile; scale: number; index: number }) {
  const atlas = useAtlas();
  const category = categoryName(atlas, tile.category);
  const detector = (tile.iou ?? 0) >= atlas.detector_cut;
  const label = conceptName(atlas, tile.label);
  const aside = tile.place ?? (tile.status && tile.status !== "ok" ? tile.status : tile.ratio != null ? times(tile.ratio) : "");
  return (
    <a class={detector ? "tile" : "tile tile-faint"} href={unitHref(tile.layer, tile.unit, tile.sign)} data-index={index}>
      <UnitPlate layer={tile.layerId} of={tile} eager={true} />
      <span class="tile-text">
        <span class="tile-name">{label || (tile.iou === null ? "not dissected" : "no concept")}</span>
        <span class="small">
          {category && label ? <Dot category={category} /> : null} {minus(tile.sign)}
          {tile.unit}
          <span class="muted tile-aside">{aside}</span>
        </span>
        {tile.iou !== null && (
          <span class="tile-score">
            <IouBar iou={tile.iou} ceiling={tile.ceiling ?? 0} scale={scale} cut={atlas.detector_cut} category={category} />
            <span class="tile-value">{iouText(tile.iou)}</span>
          </span>
        )}
      </span>
    </a>
  );
}

// Arrow keys, Home and End move the focus from tile to tile, also to those that are not in the document yet.
function moveOf(key: string, columns: number, index: number, count: number): number | null {
  const moves: Record<string, number> = {
    ArrowRight: index + 1,
    ArrowLeft: index - 1,
    ArrowDown: index + columns,
    ArrowUp: index - columns,
    Home: 0,
    End: count - 1,
  };
  const target = moves[key];
  return target === undefined || target < 0 || target >= count ? null : target;
}

export function TileGrid({ tiles, label }: { tiles: Tile[]; label: string }) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const [range, setRange] = useState<[number, number]>([0, 0]);
  const wanted = useRef<number | null>(null);
  const columns = Math.max(2, Math.floor((width + kGap) / (150 + kGap)));
  const side = width > 0 ? (width - (columns - 1) * kGap) / columns : 0;
  const pitch = side + kCaption + kGap;
  const rows = Math.ceil(tiles.length / columns);
  const scale = scaleOf(tiles);

  useLayoutEffect(() => {
    if (width === 0) return;
    const measure = () => {
      const top = ref.current!.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(-top / pitch) - kSpareRows);
      const last = Math.min(rows, Math.ceil((window.innerHeight - top) / pitch) + kSpareRows);
      setRange((old) => (old[0] === first && old[1] === last ? old : [first, last]));
    };
    measure();
    window.addEventListener("scroll", measure, { passive: true });
    window.addEventListener("resize", measure);
    return () => {
      window.removeEventListener("scroll", measure);
      window.removeEventListener("resize", measure);
    };
  }, [width, pitch, rows]);

  useEffect(() => {
    if (wanted.current === null) return;
    const tile = ref.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!tile) return;
    wanted.current = null;
    tile.focus();
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const index = (event.target as HTMLElement).closest<HTMLElement>("[data-index]")?.dataset.index;
    if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = moveOf(event.key, columns, Number(index), tiles.length);
    if (target === null) return;
    event.preventDefault();
    const there = ref.current!.querySelector<HTMLElement>(`[data-index="${target}"]`);
    if (there) return there.focus();
    wanted.current = target;
    const top = ref.current!.getBoundingClientRect().top + window.scrollY + Math.floor(target / columns) * pitch;
    window.scrollTo(0, Math.max(0, top - window.innerHeight / 3));
  };

  const shown = [];
  for (let row = range[0]; row < range[1]; ++row) {
    for (let column = 0; column < columns; ++column) {
      const index = row * columns + column;
      const tile = tiles[index];
      if (!tile) break;
      shown.push(
        <li
          key={`${tile.layerId}/${tile.unit}/${tile.sign}/${tile.label}`}
          style={{ transform: `translate(${column * (side + kGap)}px, ${row * pitch}px)`, width: `${side}px`, height: `${side + kCaption}px` }}
          aria-setsize={tiles.length}
          aria-posinset={index + 1}
        >
          <TileCard tile={tile} scale={scale} index={index} />
        </li>,
      );
    }
  }
  return (
    <div class="tile-grid" ref={ref} onKeyDown={onKeyDown} style={{ height: `${Math.max(0, rows * pitch - kGap)}px` }}>
      <ul aria-label={label}>
        {shown}
      </ul>
    </div>
  );
}
