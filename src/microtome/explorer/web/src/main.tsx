// SPDX-License-Identifier: Apache-2.0
// The explorer: reads the atlas and shows the page that the address names.
import { render } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import type { AtlasData } from "./data";
import { Header } from "./header";
import { FindPage } from "./find_page";
import { LayerPage } from "./layer_page";
import { NetworkPage } from "./network_page";
import { networkHref, parse, useHash, type Route } from "./route";
import { AtlasContext, Failed, Notice, useData, Waiting } from "./state";
import { UnitPage } from "./unit_page";
import { VisualizationsPage } from "./visualizations_page";
import "./style/base.css";
import "./style/pages.css";

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "network":
      return <NetworkPage />;
    case "layer":
      return <LayerPage key={route.layer} name={route.layer} query={route.query} />;
    case "unit":
      return <UnitPage name={route.layer} unit={route.unit} query={route.query} />;
    case "find":
      return <FindPage text={route.text} />;
    case "visualizations":
      return <VisualizationsPage />;
    case "lost":
      return (
        <Notice title="There is no such page">
          <p>
            <a href={networkHref()}>Back to the network</a>
          </p>
        </Notice>
      );
  }
}

const kScroll = new Map<string, number>(); // where each page was left

function Explorer() {
  const hash = useHash();
  const atlas = useData<AtlasData>("atlas");
  const place = hash.split("?")[0];
  useEffect(() => {
    history.scrollRestoration = "manual";
    const remember = () => kScroll.set(location.hash.split("?")[0], window.scrollY);
    window.addEventListener("scroll", remember, { passive: true });
    return () => window.removeEventListener("scroll", remember);
  }, []);
  useLayoutEffect(() => {
    // Units follow each other at the same height, so that two can be compared; other pages begin where they were left.
    if (/\/unit\/\d+$/.test(place)) {
      if (!place.startsWith(lastUnitLayer())) window.scrollTo(0, 0);
      setLastUnitLayer(place.replace(/\d+$/, ""));
      return;
    }
    setLastUnitLayer(null);
    const top = kScroll.get(place) ?? 0;
    window.scrollTo(0, top);
    const later = setTimeout(() => window.scrollTo(0, top), 60); // a long grid has its height only after its data
    return () => clearTimeout(later);
  }, [place]);
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById("content")?.focus(); }}>
        Skip to the content
      </a>
      {atlas.value && <AtlasContext.Provider value={atlas.value}>
        <Header route={parse(hash)} />
        <main id="content" tabIndex={-1}>
          <Page route={parse(hash)} />
        </main>
        <footer class="colophon">
          Made by microtome {atlas.value.version}. Every number on these pages is stored in the atlas together with the settings that made it.
        </footer>
      </AtlasContext.Provider>}
      {atlas.error && <main id="content" tabIndex={-1}><Failed error={atlas.error} /></main>}
      {!atlas.value && !atlas.error && <Waiting />}
    </>
  );
}

let unitLayer: string | null = null;
const lastUnitLayer = () => unitLayer ?? "\u0000";
const setLastUnitLayer = (value: string | null) => {
  unitLayer = value;
};

render(<Explorer />, document.getElementById("app")!);
