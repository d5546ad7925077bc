// SPDX-License-Identifier: Apache-2.0
// Where one is in the atlas, and the search for a concept.
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { placeOf } from "../matching";
import type { OpenPage } from "../page";
import { findHref, go, layerHref, match, networkHref, unitHref } from "../route";
import { findLayer, useAtlas } from "../state";
import "./header.css";

function ConceptSearch({ initial }: { initial: string }) {
  const atlas = useAtlas();
  const [text, setText] = useState(initial);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const names = useMemo(() => [...new Set((atlas.concepts?.names ?? []).filter(Boolean))].sort(), [atlas]);
  useEffect(() => setText(initial), [initial]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest("input, textarea, select");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, []);
  const find = () => {
    const place = names.includes(text.trim()) ? null : placeOf(text, (name) => findLayer(atlas, name) !== undefined);
    if (place) go(place.unit === null ? layerHref(place.layer) : unitHref(place.layer, place.unit));
    else if (text.trim()) go(findHref(text.trim()));
  };
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        find();
      }}
    >
      <input
        ref={input}
        type="search"
        name="concept"
        list={list}
        value={text}
        placeholder="Find a concept"
        title="A concept, a layer, or LAYER:UNIT"
        aria-label="Find a concept in all layers"
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <datalist id={list}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </form>
  );
}

export function Header({ page }: { page: OpenPage }) {
  const atlas = useAtlas();
  const trail = [{ text: atlas.network?.name ?? "atlas", href: networkHref() }, ...page.trail(atlas)];
  return (
    <header class="masthead">
      <a class="masthead-mark" href={networkHref()} aria-label="microtome: the network">
        <svg viewBox="0 0 26 22" aria-hidden="true">
          <path d="M3 1v20M9.500 4v14" class="masthead-plain" />
          <path d="M16 6.500v9" class="masthead-violet" />
          <path d="M22.500 8.500v5" class="masthead-rose" />
        </svg>
        <span>microtome</span>
      </a>
      <nav aria-label="Place in the atlas">
        <ol>
          {trail.map(({ text, href }, index) => {
            const current = index === trail.length - 1 ? "page" : undefined;
            return (
              <li key={index}>
                {href ? <a href={href} aria-current={current}>{text}</a> : <span aria-current={current}>{text}</span>}
              </li>
            );
          })}
        </ol>
      </nav>
      {atlas.concepts && <ConceptSearch initial={match("find/:text", page.place)?.text ?? ""} />}
    </header>
  );
}
