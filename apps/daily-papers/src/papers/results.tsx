/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatBytes, readRun, type RunRecord } from "@offprint/experiment";
import { Moment } from "../look/moment.tsx";
import type { Implementations } from "../runs/implementations.ts";
import type { Run } from "../runs/run.ts";
import { runFolder } from "../runs/run.worker.ts";

/** What a run that is done has shown, from its own record. */
export interface RecordedResult {
  readonly run: Run;
  readonly what: string;
  readonly metric: string;
  readonly value: string;
  /** As it was given, with a folder of its own in the place of the site's. */
  readonly command: string | undefined;
  readonly record: RunRecord | undefined;
}

/** The results of those runs that are done, in their order. */
export async function resultsOf(
  runs: readonly Run[],
  { implementations, dataFolder }: { implementations: Implementations; dataFolder: string },
): Promise<RecordedResult[]> {
  const results = runs.map(async (run): Promise<RecordedResult[]> => {
    if (run.status !== "completed" || run.metrics === undefined) return [];
    const implementation = implementations.of(run);
    const headline = implementation.headline(run.metrics);
    if (headline === undefined) return [];
    const folder = runFolder(dataFolder, run.id);
    const { record } = await readRun(folder).catch(() => ({ record: undefined }));
    // Where the site keeps its data is nobody's business.
    const command = record?.command.replaceAll(folder, `runs/${run.id}`);
    return [
      { run, what: implementation.title(run.config), metric: headline.name, value: headline.value, command, record },
    ];
  });
  return (await Promise.all(results)).flat();
}

/** Implementation and dataset, metric, value, command, environment and date of each result: enough to have it again. */
export function Results({ results }: { results: readonly RecordedResult[] }) {
  if (results.length === 0) return <></>;
  return (
    <section class="results">
      <h2 id="results-title">Results recorded here</h2>
      <div class="results-scroll" role="region" aria-labelledby="results-title" tabindex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Implementation and dataset</th>
              <th scope="col">Metric</th>
              <th scope="col" class="number">
                Value
              </th>
              <th scope="col">Command</th>
              <th scope="col">Environment</th>
              <th scope="col">Date</th>
            </tr>
          </thead>
          <tbody>
            {results.map(({ run, what, metric, value, command, record }) => (
              <tr>
                <th scope="row">
                  <a href={`/runs/${run.id}`}>{what}</a>
                </th>
                <td>{metric}</td>
                <td class="number">{value}</td>
                <td>{command === undefined ? "–" : <code>{command}</code>}</td>
                <td>{record === undefined ? "–" : environmentOf(record)}</td>
                <td>{run.finishedAt === undefined ? "–" : <Moment time={run.finishedAt} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function environmentOf({ machine, versions, dataHash }: RunRecord): string {
  const parts = [
    Object.entries(versions)
      .map((version) => version.join(" "))
      .join(", "),
    `${machine.cores} cores, ${formatBytes(machine.memoryBytes)}, ${machine.platform}`,
    ...(dataHash === undefined ? [] : [`data ${dataHash.slice(0, 19)}`]),
  ];
  return parts.join("; ");
}
