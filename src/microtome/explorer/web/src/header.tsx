// SPDX-License-Identifier: Apache-2.0
// Where one is in the atlas, and the search for a concept.
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { findHref, go, layerHref, networkHref, type Route } from "./route";
import { findLayer, useAtlas } from "./state";

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
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) go(findHref(text.trim()));
      }}
    >
      <input
        ref={input}
        type="search"
        name="concept"
        list={list}
        value={text}
        placeholder="Find a concept"
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

export function Header({ route }: { route: Route }) {
  const atlas = useAtlas();
  const layer = route.page === "layer" || route.page === "unit" ? findLayer(atlas, route.layer) : undefined;
  return (
    <header class="masthead">
      <a class="mark" href={networkHref()} aria-label="microtome: the network">
        <svg viewBox="0 0 26 22" aria-hidden="true">
          <path d="M3 1v20M9.500 4v14" class="plain" />
          <path d="M16 6.500v9" class="violet" />
          <path d="M22.500 8.500v5" class="rose" />
        </svg>
        <span>microtome</span>
      </a>
      <nav aria-label="Place in the atlas">
        <ol>
          <li>
            <a href={networkHref()} aria-current={route.page === "network" ? "page" : undefined}>
              {atlas.network?.name ?? "atlas"}
            </a>
          </li>
          {layer && (
            <li>
              <a href={layerHref(layer.name)} aria-current={route.page === "layer" ? "page" : undefined}>
                {layer.name}
              </a>
            </li>
          )}
          {route.page === "unit" && (
            <li>
              <span aria-current="page">unit {route.unit}</span>
            </li>
          )}
          {route.page === "visualizations" && (
            <li>
              <span aria-current="page">visualizations</span>
            </li>
          )}
          {route.page === "find" && (
            <li>
              <span aria-current="page">“{route.text}”</span>
            </li>
          )}
        </ol>
      </nav>
      {atlas.concepts && <ConceptSearch initial={route.page === "find" ? route.text : ""} />}
    </header>
  );
}
