// SPDX-License-Identifier: Apache-2.0
// The runs that made the atlas: what was asked, with which network, data and settings.
import { Notice } from "../parts/notice";
import { RunRecord } from "../parts/provenance";
import { Block, Title } from "../parts/section";
import { useAtlas, useTitle } from "../state";
import { plural } from "../words";

export function RunsPage() {
  const { network, runs } = useAtlas();
  useTitle(`Runs · ${network?.name ?? "microtome"}`);
  return (
    <div>
      <Title>
        <h1>Runs</h1>
        <p class="lead">How the numbers and pictures of this atlas were made: the same command, network and data give the same bytes.</p>
        {runs.length > 0 && <p class="muted below">{plural(runs.length, "run")}</p>}
      </Title>
      {runs.length === 0 && (
        <Notice title="Nothing has been run yet">
          <p>An imported table names no run. Fill an atlas with <code>microtome atlas NET --layers L --concepts DIR --out FILE</code>.</p>
        </Notice>
      )}
      {runs.map((run, index) => (
        <Block key={index} title={run.stage}><RunRecord run={run} /></Block>
      ))}
    </div>
  );
}
