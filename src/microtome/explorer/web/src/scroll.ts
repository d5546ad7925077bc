// SPDX-License-Identifier: Apache-2.0
// How far down a page begins.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

const kByReader = ["wheel", "touchmove", "pointerdown", "keydown"];

// Scrolls to `top`, again whenever the page grows, as long grids do when their data come, until it is reached or the
// reader moves. Returns what ends it.
function reach(top: number): () => void {
  const move = () => {
    window.scrollTo(0, top);
    if (Math.abs(window.scrollY - top) < 2) stop();
  };
  const growth = new ResizeObserver(move);
  const stop = () => {
    growth.disconnect();
    for (const kind of kByReader) window.removeEventListener(kind, stop);
  };
  for (const kind of kByReader) window.addEventListener(kind, stop, { passive: true });
  growth.observe(document.body);
  move();
  return stop;
}

// Pages begin where they were left. Those of one series follow each other at the same height, so that two units can be
// compared.
export function useScroll(place: string, series: string): void {
  const left = useRef(new Map<string, number>());
  const shown = useRef<{ place: string; series: string } | null>(null);
  useEffect(() => {
    history.scrollRestoration = "manual";
    const remember = () => shown.current && left.current.set(shown.current.place, window.scrollY);
    window.addEventListener("scroll", remember, { passive: true });
    return () => window.removeEventListener("scroll", remember);
  }, []);
  useLayoutEffect(() => {
    const follows = shown.current?.series === series;
    shown.current = { place, series };
    return follows ? undefined : reach(left.current.get(place) ?? 0);
  }, [place, series]);
}
