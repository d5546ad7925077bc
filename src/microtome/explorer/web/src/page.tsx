// SPDX-License-Identifier: Apache-2.0
// What a page is: a path, the component that shows it, and its place in the header.
import type { ComponentType, VNode } from "preact";
import type { AtlasData } from "./data";
import { match, split, type Params } from "./route";

export interface Crumb {
  text: string;
  href?: string;
}

export type Shown<P extends string> = Params<P> & { query: URLSearchParams };

// A page at an address.
export interface OpenPage {
  place: string;
  series: string; // the same for pages that differ only in numbers, such as the units of a layer
  view: VNode;
  trail: (atlas: AtlasData) => Crumb[]; // from the network to this page
}

export interface Page {
  path: string;
  open: (hash: string) => OpenPage | null; // null: the address is another page's
}

const seriesOf = (path: string, place: string) =>
  path.split("/").map((part, index) => (part.startsWith("#") ? "#" : place.split("/")[index])).join("/");

export function page<P extends string>(path: P, View: ComponentType<Shown<P>>, trail: (params: Params<P>, atlas: AtlasData) => Crumb[]): Page {
  return {
    path,
    open: (hash) => {
      const { place, query } = split(hash);
      const params = match(path, place);
      if (params === null) return null;
      const series = seriesOf(path, place);
      return { place, series, view: <View key={series} {...{ ...params, query }} />, trail: (atlas) => trail(params, atlas) };
    },
  };
}
