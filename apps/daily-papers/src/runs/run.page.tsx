/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatCount, formatDuration, formatRate } from "@offprint/experiment";
import type { Child } from "hono/jsx";
import { Moment } from "../look/moment.tsx";
import type { Paper } from "../papers/paper.ts";
import { Tex } from "../papers/tex-html.tsx";
import { EmptyAxes, type DrawnPictures } from "./pictures.tsx";
import type { Implementation } from "./implementation.ts";
import { statusNames } from "./run-list.tsx";
import { CommandLine } from "./run-panel.tsx";
import type { RunProgress } from "./run.progress.ts";
import { canResume, isAtRest, type Run } from "./run.ts";

export interface RunPageProps {
  readonly run: Run;
  readonly paper: Paper;
  readonly implementation: Implementation;
  readonly progress: RunProgress;
  /** Absent as long as there is nothing to draw. */
  readonly drawn: DrawnPictures | undefined;
  /** How many runs come before this one, when it waits. */
  readonly ahead: number;
  /** Whether there is something to go on from. */
  readonly checkpoint: boolean;
  /** What came out, for a run that is done. */
  readonly result: Child;
  /** Lines of the run's own record, shown folded. */
  readonly record: readonly (readonly [name: string, value: string])[];
  /** Whether the page loads itself again, for readers without script. */
  readonly refreshing: boolean;
  /** Whether the one who looks may cancel the run, or let it go on. */
  readonly guided: boolean;
}

export function RunPage(props: RunPageProps) {
  const { run, paper, implementation, progress } = props;
  const atRest = isAtRest(run.status);
  return (
    <section class="bench run-page" aria-labelledby="run-title">
      <div class="bench-inner">
        <header class="run-head">
          <p class="quiet-text">
            A run of{" "}
            <a href={`/papers/${paper.id}`}>
              <Tex text={paper.title} />
            </a>
          </p>
          <h1 id="run-title">{implementation.title(run.config)}</h1>
          <p class="run-facts quiet-text">
            <span class={`status status-${run.status}`}>{statusNames[run.status]}</span>
            <span>{implementation.summary(run.config)}</span>
            <span>
              asked for <Moment time={run.queuedAt} />
            </span>
            <span class="id">{run.id}</span>
          </p>
        </header>

        {run.status === "completed" && props.result}
        {run.status === "failed" && <Failed {...props} />}
        {(run.status === "cancelled" || run.status === "interrupted") && <Stopped {...props} />}

        {!atRest && <Live {...props} />}
        {atRest && props.drawn !== undefined && (
          <>
            <h2>How it learned</h2>
            {props.drawn.pictures}
            {props.drawn.tables}
          </>
        )}

        <h2>The same from the command line</h2>
        <CommandLine text={implementation.commandLine(run.config)} />
        <Messages progress={progress} />
        <Record {...props} />
      </div>
    </section>
  );
}

/** A run that waits or works: the picture as it arrives and one line under it. */
function Live(props: RunPageProps) {
  const { run, progress, ahead, refreshing, guided } = props;
  const path = `/runs/${run.id}`;
  return (
    <div class="live" data-live={`${path}/events`}>
      <div class="live-picture" data-fragment="picture">
        <LivePicture drawn={props.drawn} />
      </div>
      <div class="live-line">
        <p data-fragment="line">
          <LiveLine run={run} progress={progress} ahead={ahead} />
        </p>
        {guided && (
          <form method="post" action={`${path}/cancel`}>
            <button class="text-button" disabled={run.cancelRequested}>
              Cancel
            </button>
          </form>
        )}
        <p class="refresh" data-without-script>
          <a href={path}>Refresh</a>
          {" · "}
          {refreshing ? (
            <a href={path}>stop refreshing by itself</a>
          ) : (
            <a href={`${path}?refresh=on`}>refresh by itself</a>
          )}
        </p>
      </div>
      <p class="unseen" role="status" data-fragment="news"></p>
    </div>
  );
}

export function LivePicture({ drawn }: { drawn: DrawnPictures | undefined }) {
  return <>{drawn?.pictures ?? <EmptyAxes text="The curve is drawn here as soon as the first steps are done." />}</>;
}

/** `step 120 of 4,200 · 38 steps/s · 1 min 47 s left` */
export function LiveLine({ run, progress, ahead }: { run: Run; progress: RunProgress; ahead: number }) {
  if (run.cancelRequested) return <>stopping, its checkpoint is being kept</>;
  if (run.status === "queued") {
    return <>{ahead === 0 ? "starts at once" : `waits for ${ahead === 1 ? "one run" : `${ahead} runs`} before it`}</>;
  }
  const { last, started } = progress;
  if (last === undefined) return <>{started === undefined ? "starting" : "getting ready"}</>;
  const unit = started?.unit ?? "step";
  const parts = [
    `${unit} ${formatCount(last.step)} of ${formatCount(last.total)}`,
    ...(last.rate === undefined ? [] : [formatRate(last.rate, unit)]),
    ...(last.secondsLeft === undefined ? [] : [`${formatDuration(last.secondsLeft)} left`]),
  ];
  // After the last step there may be much to judge: then that is what goes on.
  const said = last.step === last.total && progress.doing !== undefined ? [parts[0], progress.doing] : parts;
  return (
    <>
      <progress max={Math.max(1, last.total)} value={last.step} aria-label="Progress"></progress>
      <span>{said.join(" · ")}</span>
    </>
  );
}

function Failed({ run, checkpoint, guided }: RunPageProps) {
  return (
    <div class="outcome" role="group" aria-label="What failed">
      <h2>The run failed</h2>
      <p class="outcome-reason">{run.error}</p>
      <p>
        {checkpoint
          ? "Its last checkpoint and its curve are kept. Mend the cause if it lies outside, then resume; or start again with other settings."
          : "It kept its settings and what it said, but had no checkpoint yet. Try again, or start with other settings."}
      </p>
      {guided && <Onward run={run} label={checkpoint ? "Resume" : "Try again"} />}
    </div>
  );
}

function Stopped({ run, checkpoint, guided }: RunPageProps) {
  return (
    <div class="outcome" role="group" aria-label="What happened">
      <h2>{run.status === "cancelled" ? "The run was cancelled" : "The run was interrupted"}</h2>
      {run.error !== undefined && <p class="outcome-reason">{run.error}</p>}
      <p>
        {checkpoint
          ? "Its last checkpoint is kept: resuming goes on from there and gives what an undisturbed run would have given."
          : "It had no checkpoint yet: it would begin from the start."}
      </p>
      {guided && <Onward run={run} label={checkpoint ? "Resume" : "Start again"} />}
    </div>
  );
}

function Onward({ run, label }: { run: Run; label: string }) {
  if (!canResume(run.status)) return <></>;
  return (
    <form class="run-start" method="post" action={`/runs/${run.id}/resume`}>
      <button class="primary">{label}</button>
      <a href={`/papers/${run.paperId}?${new URLSearchParams(textValues(run.config))}#run`}>Change the settings</a>
    </form>
  );
}

function Messages({ progress }: { progress: RunProgress }) {
  const warnings = progress.messages.filter((message) => message.level === "warning");
  if (warnings.length === 0) return <></>;
  return (
    <>
      <h2>Warnings</h2>
      <ul class="warnings">
        {warnings.map((warning) => (
          <li>{warning.text}</li>
        ))}
      </ul>
    </>
  );
}

function Record({ record }: RunPageProps) {
  if (record.length === 0) return <></>;
  return (
    <details class="record">
      <summary>Record: version, seed, machine, time, memory</summary>
      <dl>
        {record.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function textValues(config: Run["config"]): Record<string, string> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]));
}
