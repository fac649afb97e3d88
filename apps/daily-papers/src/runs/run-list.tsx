/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatDuration } from "@offprint/experiment";
import { Moment } from "../look/moment.tsx";

import type { Implementations } from "./implementations.ts";
import type { Run, RunStatus } from "./run.ts";

/** A run's state in a reader's words. */
export const statusNames: Readonly<Record<RunStatus, string>> = {
  queued: "waiting",
  running: "running",
  completed: "done",
  cancelled: "cancelled",
  interrupted: "interrupted",
  failed: "failed",
};

/** Runs, newest first, with what came out of each. */
export function RunList({ runs, implementations }: { runs: readonly Run[]; implementations: Implementations }) {
  return (
    <ol class="run-list">
      {runs.map((run) => {
        const implementation = implementations.of(run);
        const headline = run.metrics === undefined ? undefined : implementation.headline(run.metrics);
        return (
          <li>
            <span class="run-list-what">
              <a href={`/runs/${run.id}`}>{implementation.title(run.config)}</a>
              <span class="quiet-text">{implementation.summary(run.config)}</span>
            </span>
            <span class="run-list-outcome">
              {headline === undefined ? (
                <span class={`status status-${run.status}`}>{statusNames[run.status]}</span>
              ) : (
                <>
                  {headline.name} <strong>{headline.value}</strong>
                </>
              )}
            </span>
            <span class="run-list-when quiet-text">
              <Moment time={run.queuedAt} />
              {run.startedAt !== undefined && run.finishedAt !== undefined && run.attempts === 1 && (
                <> · {formatDuration((run.finishedAt.getTime() - run.startedAt.getTime()) / 1000)}</>
              )}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
