/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Implementations } from "./implementations.ts";
import { drawPictures, EmptyAxes } from "./pictures.tsx";
import { readProgress } from "./run.progress.ts";
import { metricsFile, runFolder, type RunWorker } from "./run.worker.ts";
import type { Run } from "./run.ts";

/** The picture beside the run form: the run at work, else the newest that is done, else the place where one will be. */
export async function pictureOf(
  runs: readonly Run[],
  { implementations, worker, dataFolder }: { implementations: Implementations; worker: RunWorker; dataFolder: string },
): Promise<Child> {
  const run = runs.find(({ id }) => worker.live(id)) ?? runs.find(({ status }) => status === "completed");
  if (run === undefined) return <EmptyAxes text="Nothing has run yet. What the first run finds is drawn here." />;
  const live = worker.live(run.id);
  const folder = runFolder(dataFolder, run.id);
  const progress = live?.progress ?? (await readProgress(metricsFile(folder)));
  const implementation = implementations.of(run);
  // The last picture tells most: how good the run has become.
  const drawn = await drawPictures(implementation.pictures(progress).slice(-1));
  const portrait = live === undefined ? await implementation.portrait?.(folder) : undefined;
  return (
    <figure class="run-picture">
      {drawn?.pictures ?? portrait ?? (
        <EmptyAxes text="What it finds is drawn here as soon as it is judged for the first time." />
      )}
      <figcaption class="quiet-text">
        {live === undefined ? "The newest result: " : "Running now: "}
        <a href={`/runs/${run.id}`}>{implementation.title(run.config)}</a>, {implementation.summary(run.config)}
      </figcaption>
    </figure>
  );
}
