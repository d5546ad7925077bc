// SPDX-License-Identifier: Apache-2.0
// What is shown at an address that is no page's.
import type { OpenPage } from "../page";
import { Notice } from "../parts/notice";
import { networkHref, split } from "../route";

export function lost(hash: string): OpenPage {
  const { place } = split(hash);
  const view = (
    <Notice title="There is no such page" heading="h1">
      <p>
        <a href={networkHref()}>Back to the network</a>
      </p>
    </Notice>
  );
  return { place, series: place, view, trail: () => [{ text: "no such page" }] };
}
