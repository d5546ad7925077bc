// SPDX-License-Identifier: Apache-2.0
// The atlas and its data files as state of components.
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { load, type AtlasData, type Layer } from "./data";

export type Loading<T> = { value: T | null; error: Error | null };

// The value of a data file; keeps the last one until the next has come, so that turning pages does not flicker.
export function useData<T>(name: string | null): Loading<T> & { name: string | null } {
  const [state, setState] = useState<Loading<T> & { name: string | null }>({ value: null, error: null, name: null });
  useEffect(() => {
    if (name === null) return;
    let current = true;
    load<T>(name).then(
      (value) => current && setState({ value, error: null, name }),
      (error: Error) => current && setState({ value: null, error, name }),
    );
    return () => {
      current = false;
    };
  }, [name]);
  return state;
}

export const AtlasContext = createContext<AtlasData>(null as unknown as AtlasData);
export const useAtlas = () => useContext(AtlasContext);

export function findLayer(atlas: AtlasData, name: string): Layer | undefined {
  return atlas.layers.find((layer) => layer.name === name) ?? atlas.layers.find((layer) => layer.aliases.includes(name));
}

// "" where the label or the category is none of the set's.
export const conceptName = (atlas: AtlasData, label: number) => atlas.concepts?.names[label] ?? "";
export const categoryName = (atlas: AtlasData, category: number) => atlas.concepts?.categories[category] ?? "";
export const categoryOfLabel = (atlas: AtlasData, label: number) => categoryName(atlas, atlas.concepts?.label_category[label] ?? -1);

export function className(atlas: AtlasData, layer: Layer, unit: number): string | null {
  const classes = atlas.network?.classes ?? [];
  const last = atlas.layers[atlas.layers.length - 1];
  const logits = layer.units === classes.length && (layer.id === last?.id || /softmax|logits/i.test(layer.op + layer.name));
  return logits ? (classes[unit] ?? null) : null;
}

export function useTitle(text: string): void {
  useEffect(() => {
    document.title = text;
  }, [text]);
}

// Width of an element, followed as it changes.
export function useWidth<E extends HTMLElement>() {
  const ref = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
