// SPDX-License-Identifier: Apache-2.0
// A term with its explanation: opens on click or Enter, closes on Escape, a second click, or a click elsewhere.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAtlas } from "../state";
import { hintText, type HintName } from "../words";
import "./hint.css";

export function Hint({ of, children }: { of: HintName; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const { detector_cut } = useAtlas();
  const id = useId();
  const root = useRef<HTMLSpanElement>(null);
  const bubble = useRef<HTMLSpanElement>(null);
  // Before the first paint: a hint near the edge never makes the page wider than the window, and Escape works at once.
  useLayoutEffect(() => {
    const element = bubble.current;
    if (!open || !element) return;
    element.style.marginLeft = "0";
    element.style.marginLeft = `${Math.min(0, document.documentElement.clientWidth - 12 - element.getBoundingClientRect().right)}px`;
    const close = (event: Event) => {
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("keydown", close);
    };
  }, [open]);
  return (
    <span class="hint" ref={root}>
      <button type="button" class="hint-term" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {children}
      </button>
      <span id={id} ref={bubble} class="hint-bubble" role="note" hidden={!open}>
        {hintText(of, detector_cut)}
      </span>
    </span>
  );
}
