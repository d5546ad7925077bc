// SPDX-License-Identifier: Apache-2.0
// All pages, one entry each.
import type { AtlasData } from "./data";
import { page, type Crumb, type OpenPage } from "./page";
import { FindPage } from "./pages/find";
import { LayerPage } from "./pages/layer";
import { lost } from "./pages/lost";
import { NetworkPage } from "./pages/network";
import { UnitPage } from "./pages/unit";
import { VisualizationsPage } from "./pages/visualizations";
import { layerHref } from "./route";
import { findLayer } from "./state";

function layerCrumb(atlas: AtlasData, layer: string): Crumb {
  const name = findLayer(atlas, layer)?.name ?? layer;
  return { text: name, href: layerHref(name) };
}

export const pages = [
  page("", NetworkPage, () => []),
  page("layer/:layer", LayerPage, ({ layer }, atlas) => [layerCrumb(atlas, layer)]),
  page("layer/:layer/unit/#unit", UnitPage, ({ layer, unit }, atlas) => [layerCrumb(atlas, layer), { text: `unit ${unit}` }]),
  page("find/:text", FindPage, ({ text }) => [{ text: `“${text}”` }]),
  page("visualizations", VisualizationsPage, () => [{ text: "visualizations" }]),
];

export function openPage(hash: string): OpenPage {
  for (const each of pages) {
    const open = each.open(hash);
    if (open) return open;
  }
  return lost(hash);
}
