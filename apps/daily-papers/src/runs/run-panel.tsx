/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { paperPath } from "../papers/arxiv-id.ts";
import type { Paper } from "../papers/paper.ts";
import type { FormReading, FormValues, Implementation } from "./implementation.ts";
import type { RunRight } from "./run-rights.ts";

/** What the panel shows: the form's values with what is wrong in them, and what would run. */
export interface Panel {
  readonly values: FormValues;
  readonly problems: Readonly<Record<string, string>>;
  /** Why the last try was turned down although the form was right. */
  readonly refusal?: string | undefined;
  readonly controls: Child;
  readonly preview: Preview;
  /** Whether the one who looks may start it. */
  readonly right: RunRight;
}

/** What changes while one chooses. */
export interface Preview {
  /** Time and memory, or what is wrong with the form. */
  readonly estimate: string;
  /** The equal command line; absent while something is wrong. */
  readonly command: string | undefined;
}

/** The panel of an implementation with these values in its form; missing ones take their defaults. */
export async function preparePanel(
  implementation: Implementation,
  given: FormValues,
  dataFolder: string,
  { right, refusal }: Pick<Panel, "right" | "refusal">,
): Promise<Panel> {
  const values = { ...implementation.defaults, ...given };
  const reading = await implementation.readForm(values, dataFolder);
  const problems = reading.ok ? {} : reading.problems;
  const [controls, preview] = await Promise.all([
    implementation.controls({ values, problems, dataFolder }),
    previewOf(implementation, reading, dataFolder),
  ]);
  // The problems stand beside their fields already.
  return { values, problems, right, refusal, controls, preview: reading.ok ? preview : { ...preview, estimate: "" } };
}

export async function previewOf(
  implementation: Implementation,
  reading: FormReading,
  dataFolder: string,
): Promise<Preview> {
  if (!reading.ok) return { estimate: Object.values(reading.problems)[0] ?? "", command: undefined };
  return {
    estimate: await implementation.estimate(reading.config, dataFolder),
    command: implementation.commandLine(reading.config),
  };
}

export function Estimate({ preview }: { preview: Preview }) {
  return (
    <p class="estimate" data-fragment="estimate">
      {preview.estimate}
    </p>
  );
}

export function EqualCommand({ preview }: { preview: Preview }) {
  return <div data-fragment="command">{preview.command !== undefined && <CommandLine text={preview.command} />}</div>;
}

/** The form that starts a run of the paper. */
export function RunPanel({ paper, panel }: { paper: Paper; panel: Panel }) {
  const previewPath = `/papers/${paper.id}/run-preview`;
  return (
    <form class="run-form" method="post" action={`/papers/${paper.id}/runs`} data-preview={previewPath}>
      {panel.refusal !== undefined && (
        <p class="problems" role="alert">
          {panel.refusal}
        </p>
      )}
      {panel.controls}
      <Estimate preview={panel.preview} />
      <div class="run-start">
        <StartButton paper={paper} right={panel.right} />
        <button class="quiet" formmethod="get" formaction={`/papers/${paper.id}#run`} data-without-script>
          Show time and command
        </button>
      </div>
      <EqualCommand preview={panel.preview} />
    </form>
  );
}

function StartButton({ paper, right }: { paper: Paper; right: RunRight }) {
  if (right === "granted") {
    return (
      <button class="primary" type="submit">
        Run
      </button>
    );
  }
  if (right === "closed") return <p class="quiet-text">Papers are run by this site’s admin only.</p>;
  const next = `${paperPath(paper.id)}#run`;
  return (
    <p class="quiet-text">
      <a href={`/sign-in?${new URLSearchParams({ next })}`}>Sign in</a> to run it here.
    </p>
  );
}

/** A command to copy; the page's script adds the button. */
export function CommandLine({ text }: { text: string }) {
  return (
    <div class="command" data-copy>
      <pre tabindex={0} aria-label="The same from the command line">
        <code>
          {text.split(/ (?=--)/).map((flag, index) => (
            <>
              {index > 0 && " "}
              <span>{flag}</span>
            </>
          ))}
        </code>
      </pre>
    </div>
  );
}
