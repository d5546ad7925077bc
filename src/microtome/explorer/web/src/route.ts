// SPDX-License-Identifier: Apache-2.0
// Addresses after the "#", because a page opened from disk has no other. A path is words, ":name" for a text and "#name"
// for a number, apart by "/": "layer/:layer/unit/#unit".
import { useEffect, useState } from "preact/hooks";

type Part<P extends string> = P extends `:${infer Name}` ? Record<Name, string> : P extends `#${infer Name}` ? Record<Name, number> : unknown;
export type Params<P extends string> = P extends `${infer Head}/${infer Tail}` ? Part<Head> & Params<Tail> : Part<P>;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// An address in two: before the "?", without "#/", and after it.
export function split(hash: string): { place: string; query: URLSearchParams } {
  const [place = "", query = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s, 2);
  return { place, query: new URLSearchParams(query) };
}

// What the names of a path are in a place; null when it is a place of another path.
export function match<P extends string>(path: P, place: string): Params<P> | null {
  const wanted = path.split("/");
  const parts = place.split("/").map(decode);
  if (parts.length !== wanted.length) return null;
  const params: Record<string, string | number> = {};
  for (const [index, want] of wanted.entries()) {
    const part = parts[index] ?? "";
    if (want.startsWith(":")) params[want.slice(1)] = part;
    else if (want.startsWith("#") && /^\d+$/.test(part)) params[want.slice(1)] = Number(part);
    else if (want !== part) return null;
  }
  return params as Params<P>;
}

// The address of a place; of the query only what is there.
export function href<P extends string>(path: P, params: Params<P>, query: Record<string, string | null> = {}): string {
  const values = params as Record<string, string | number>;
  const place = path.replace(/[:#](\w+)/g, (_all, name: string) => encodeURIComponent(values[name] ?? ""));
  const known = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== null && entry[1] !== "");
  return `#/${place}${known.length > 0 ? `?${new URLSearchParams(known)}` : ""}`;
}

export const networkHref = () => href("", {});
export const layerHref = (layer: string) => href("layer/:layer", { layer });
export const unitHref = (layer: string, unit: number, sign?: number, view?: string | null) =>
  href("layer/:layer/unit/#unit", { layer, unit }, { sign: sign === -1 ? "-" : null, view: view ?? null });
export const visualizationsHref = () => href("visualizations", {});
export const findHref = (text: string) => href("find/:text", { text });

export function go(address: string): void {
  location.hash = address;
}

// Changes the part after "?" without a step in the history, so that "back" leaves the page and comes back to it as it was.
export function setQuery(changes: Record<string, string | null>): void {
  const { place, query } = split(location.hash);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  history.replaceState(history.state, "", `#/${place}${text ? `?${text}` : ""}`);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const listen = () => setHash(location.hash);
    window.addEventListener("hashchange", listen);
    return () => window.removeEventListener("hashchange", listen);
  }, []);
  return hash;
}
