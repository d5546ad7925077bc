// SPDX-License-Identifier: Apache-2.0
// The explorer: reads the atlas and shows the page that the address names.
import type { AtlasData } from "./data";
import { openPage } from "./pages";
import { Header } from "./parts/header";
import { Failed, Waiting } from "./parts/notice";
import { useHash } from "./route";
import { useScroll } from "./scroll";
import { AtlasContext, useData } from "./state";
import "./explorer.css";

export function Explorer() {
  const hash = useHash();
  const atlas = useData<AtlasData>("atlas");
  const open = openPage(hash);
  useScroll(open.place, open.series);
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById("content")?.focus(); }}>
        Skip to the content
      </a>
      {atlas.value && <AtlasContext.Provider value={atlas.value}>
        <Header page={open} />
        <main id="content" tabIndex={-1}>{open.view}</main>
        <footer class="colophon">
          Made by microtome {atlas.value.version}. Every number on these pages is stored in the atlas together with the settings that made it.
        </footer>
      </AtlasContext.Provider>}
      {atlas.error && <main id="content" tabIndex={-1}><Failed error={atlas.error} /></main>}
      {!atlas.value && !atlas.error && <Waiting />}
    </>
  );
}
