// SPDX-License-Identifier: Apache-2.0
// What was run to get the numbers, so that they can be had again.
import type { Run } from "../data";
import { withoutFolders } from "../words";
import { Fact, Facts } from "./fact";
import "./provenance.css";

export function Provenance({ runs }: { runs: Run[] }) {
  if (runs.length === 0) return null;
  return (
    <details class="provenance">
      <summary>How these results were made</summary>
      {runs.map((run, index) => (
        <section key={index}>
          <h3>{run.stage}</h3>
          <pre>{withoutFolders(run.command)}</pre>
          <Facts>
            <Fact name="microtome">{run.version}</Fact>
            <Fact name="network"><code title={run.network_hash}>{run.network_hash.slice(0, 12)}</code></Fact>
            {run.data_hash && <Fact name="concept set"><code title={run.data_hash}>{run.data_hash.slice(0, 12)}</code></Fact>}
          </Facts>
          <pre>{withoutFolders(JSON.stringify(run.settings, null, 2))}</pre>
        </section>
      ))}
    </details>
  );
}
