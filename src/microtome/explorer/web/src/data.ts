// SPDX-License-Identifier: Apache-2.0
// The data files of an atlas and how they are loaded. A file is a script that calls microtomeData(name, value), because
// pages from disk may run scripts but read no files. Over http it is read as text, and no server need let it run.
import type { Sign } from "./findings";

export type * from "./findings";

// A table of columns of one length, row by row.
type Row<C> = { [K in keyof C]: C[K] extends (infer V)[] ? V : never };
export function rowsOf<C extends { [K in keyof C]: unknown[] }>(columns: C): Row<C>[] {
  const names = Object.keys(columns) as (keyof C)[];
  const count = Math.min(...names.map((name) => columns[name].length));
  return Array.from({ length: count }, (_none, row) => Object.fromEntries(names.map((name) => [name, columns[name][row]])) as Row<C>);
}

export const visualizationPath = (id: number) => `images/visualization-${id}.png`;
export const framePath = (id: number, step: number) => `images/frame-${id}-${step}.webp`;
export function picturePath(layer: number, unit: number, sign: Sign, variant: number): string {
  return `images/picture-${layer}-${unit}-${sign > 0 ? "p" : "n"}-${variant}.png`;
}

type Pending = { resolve: (value: unknown) => void; reject: (error: Error) => void };
const pending = new Map<string, Pending>();
const loaded = new Map<string, Promise<unknown>>();
const kKept = 24; // files kept in memory; a unit's file is some hundred kilobytes

declare global {
  interface Window {
    microtomeData: (name: string, value: unknown) => void;
  }
}
window.microtomeData = (name, value) => {
  pending.get(name)?.resolve(value);
  pending.delete(name);
};

function runScript(name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    pending.set(name, { resolve, reject });
    const script = document.createElement("script");
    script.src = `data/${name}.js`;
    script.onload = () => {
      script.remove();
      if (pending.delete(name)) reject(new Error(`data/${name}.js does not hold what its name says`));
    };
    script.onerror = () => {
      script.remove();
      pending.delete(name);
      reject(new Error(`data/${name}.js could not be loaded`));
    };
    document.head.append(script);
  });
}

async function readText(name: string): Promise<unknown> {
  const response = await fetch(`data/${name}.js`);
  if (!response.ok) throw new Error(`data/${name}.js could not be loaded`);
  const text = await response.text();
  const head = `microtomeData("${name}",`;
  if (!text.startsWith(head)) throw new Error(`data/${name}.js does not hold what its name says`);
  return JSON.parse(text.slice(head.length, text.lastIndexOf(")")));
}

const take = location.protocol === "file:" ? runScript : readText;

export function load<T>(name: string): Promise<T> {
  let promise = loaded.get(name);
  if (promise) loaded.delete(name);
  promise ??= take(name).catch(() => take(name)); // once more, should the connection have broken
  loaded.set(name, promise); // moves it to the end: the first is the one longest unused
  promise.catch(() => loaded.delete(name));
  for (const key of loaded.keys()) {
    if (loaded.size <= kKept) break;
    if (key !== "atlas") loaded.delete(key);
  }
  return promise as Promise<T>;
}
