// SPDX-License-Identifier: Apache-2.0
// Addresses after the "#", because a page opened from disk has no other.
import { useEffect, useState } from "preact/hooks";

export type Route =
  | { page: "network" }
  | { page: "layer"; layer: string; query: URLSearchParams }
  | { page: "unit"; layer: string; unit: number; query: URLSearchParams }
  | { page: "find"; text: string; query: URLSearchParams }
  | { page: "visualizations" }
  | { page: "lost"; hash: string };

export const networkHref = () => "#/";
export const layerHref = (layer: string) => `#/layer/${encodeURIComponent(layer)}`;
export const unitHref = (layer: string, unit: number, sign?: number) =>
  `${layerHref(layer)}/unit/${unit}${sign === -1 ? "?sign=-" : ""}`;
export const visualizationsHref = () => "#/visualizations";
export const findHref = (text: string) => `#/find/${encodeURIComponent(text)}`;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function parse(hash: string): Route {
  const [path, search] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s, 2);
  const query = new URLSearchParams(search ?? "");
  const parts = path.split("/").map(decode);
  if (path === "") return { page: "network" };
  if (parts[0] === "layer" && parts.length === 2) return { page: "layer", layer: parts[1], query };
  if (parts[0] === "layer" && parts.length === 4 && parts[2] === "unit" && /^\d+$/.test(parts[3])) {
    return { page: "unit", layer: parts[1], unit: Number(parts[3]), query };
  }
  if (parts[0] === "find" && parts.length === 2) return { page: "find", text: parts[1], query };
  if (path === "visualizations") return { page: "visualizations" };
  return { page: "lost", hash };
}

export function go(href: string): void {
  location.hash = href;
}

// Changes the part after "?" without a step in the history, so that "back" leaves the page and comes back to it as it was.
export function setQuery(changes: Record<string, string | null>): void {
  const [path, search] = location.hash.split(/\?(.*)/s, 2);
  const query = new URLSearchParams(search ?? "");
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  const hash = (path || "#/") + (text ? `?${text}` : "");
  history.replaceState(history.state, "", hash);
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
