// SPDX-License-Identifier: Apache-2.0
// What was run to get the numbers, so that they can be had again.
import type { Run } from "../data";
import { href } from "../route";
import { Fact, Facts } from "./fact";
import "./provenance.css";

export function RunRecord({ run }: { run: Run }) {
  return (
    <>
      <pre>{run.command}</pre>
      <Facts>
        <Fact name="microtome">{run.version}</Fact>
        <Fact name="network"><code title={run.network_hash}>{run.network_hash.slice(0, 12)}</code></Fact>
        {run.data_hash && <Fact name="concept set"><code title={run.data_hash}>{run.data_hash.slice(0, 12)}</code></Fact>}
      </Facts>
      <pre>{JSON.stringify(run.settings, null, 2)}</pre>
    </>
  );
}

export function Provenance({ runs }: { runs: Run[] }) {
  if (runs.length === 0) return null;
  return (
    <details class="provenance">
      <summary>How these results were made</summary>
      {runs.map((run, index) => (
        <section key={index}>
          <h3>{run.stage}</h3>
          <RunRecord run={run} />
        </section>
      ))}
      <p><a href={href("runs", {})}>The runs on a page of their own</a></p>
    </details>
  );
}
