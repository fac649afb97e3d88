import type { Output } from "./command.ts";
import { formatEvent, type RunEvent, type StartedEvent, type StepEvent } from "./events.ts";
import { formatCount, formatDuration, formatNumber, formatRate, printable } from "./format.ts";
import { displayWidth, truncate } from "./table.ts";

/** Tells the events of a run to somebody. */
export interface EventReporter {
  readonly report: (event: RunEvent) => void;
  /** Leaves the terminal clean, should the run end without its "finished" event. */
  readonly close: () => void;
}

/** Who listens to a command and how. */
interface Listeners {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** With `json` each event is a line of JSON on stdout, without it there is progress on stderr. */
export function eventReporter(json: boolean, { stdout, stderr, env }: Listeners): EventReporter {
  if (!json) return progressReporter(stderr, env);
  return { report: (event) => void stdout.write(formatEvent(event)), close: () => {} };
}

/**
 * Progress on stderr: on a terminal one line that redraws itself and is gone at the end, elsewhere a line for each tenth of
 * the way or minute. All times come from the events.
 */
export function progressReporter(stderr: Output, env: Readonly<Record<string, string | undefined>>): EventReporter {
  const onTerminal = stderr.isTTY === true && env["TERM"] !== "dumb";
  return onTerminal ? terminalReporter(stderr, (env["NO_COLOR"] ?? "") === "") : plainReporter(stderr);
}

/** Time between two drawings, milliseconds. */
const redrawAfter = 100;

function terminalReporter(stderr: Output, colour: boolean): EventReporter {
  const progress = new Progress();
  let drawn = "";
  let drawnAt = Number.NEGATIVE_INFINITY;
  const clear = () => {
    if (drawn !== "") stderr.write("\r\u001B[K");
    drawn = "";
  };
  const draw = () => {
    const line = fit(progress.segments(), (stderr.columns ?? 80) - 1, colour);
    if (line !== drawn) stderr.write(`\r${line}\u001B[K`);
    drawn = line;
  };
  return {
    report(event) {
      progress.take(event);
      if (event.type === "message" || event.type === "finished") {
        clear();
        drawnAt = Number.NEGATIVE_INFINITY;
        const text = event.type === "message" ? messageText(event) : progress.end(event);
        if (text !== undefined) stderr.write(`${colour && isWarning(event) ? paint(33, text) : text}\n`);
        if (event.type === "message" && progress.isUnderWay) draw();
        return;
      }
      const now = Date.parse(event.time);
      if (now >= drawnAt && now - drawnAt < redrawAfter) return; // a clock may be set back
      drawnAt = now;
      draw();
    },
    close: clear,
  };
}

function plainReporter(stderr: Output): EventReporter {
  const progress = new Progress();
  let toldAt = 0;
  let toldTenths = 0;
  const tell = (text: string) => void stderr.write(`${text}\n`);
  return {
    report(event) {
      progress.take(event);
      const now = Date.parse(event.time);
      if (event.type === "message") tell(messageText(event));
      else if (event.type === "finished") tell(progress.end(event) ?? "Done.");
      else if (event.type === "evaluation") tell(progress.segments().join(" · "));
      else if (event.type === "started") {
        tell(`${printable(event.description)}: ${formatCount(event.total)} ${event.unit}s`);
        [toldAt, toldTenths] = [now, 0];
      } else if (tenths(event) > toldTenths || now - toldAt >= 60_000) {
        tell(progress.segments().join(" · "));
        [toldAt, toldTenths] = [now, tenths(event)];
      }
    },
    close: () => {},
  };
}

/** What the events so far amount to. */
class Progress {
  #started: StartedEvent | undefined;
  #step: StepEvent | undefined;
  #loss: number | undefined;
  #evaluation: string | undefined;
  /** A sample of the step events of the last half minute, for the rate. */
  #recent: { readonly step: number; readonly at: number }[] = [];

  get isUnderWay(): boolean {
    return this.#step !== undefined;
  }

  take(event: RunEvent): void {
    if (event.type === "started") {
      this.#started = event;
      this.#recent = [];
    } else if (event.type === "step") {
      const at = Date.parse(event.time);
      this.#step = event;
      this.#loss = event.loss ?? this.#loss;
      if (at - (this.#recent.at(-1)?.at ?? 0) < 500) return;
      this.#recent = [...this.#recent.filter((one) => at - one.at <= 30_000), { step: event.step, at }];
    } else if (event.type === "evaluation") {
      const [first] = Object.entries(event.metrics);
      if (first !== undefined) this.#evaluation = `${event.split} ${first[0]} ${formatNumber(first[1])}`;
    } else if (event.type === "finished") {
      this.#recent = [];
    }
  }

  /** The parts of the line, the weightiest first. */
  segments(): string[] {
    const unit = this.#started?.unit ?? "step";
    const step = this.#step;
    const rate = step?.rate ?? this.#measuredRate();
    const left =
      step?.secondsLeft ?? (step && rate !== undefined && rate > 0 ? (step.total - step.step) / rate : undefined);
    return [
      this.#started && printable(this.#started.description),
      step && `${unit} ${formatCount(step.step)} of ${formatCount(step.total)}`,
      rate !== undefined && formatRate(rate, unit),
      left !== undefined && left > 0 && Number.isFinite(left) && `${formatDuration(left)} left`,
      this.#loss !== undefined && `loss ${formatNumber(this.#loss)}`,
      this.#evaluation !== undefined && printable(this.#evaluation),
    ].filter((part) => typeof part === "string");
  }

  /** What is worth a line when it is over; nothing after a success, whose result speaks for itself. */
  end(event: RunEvent & { readonly type: "finished" }): string | undefined {
    const at =
      this.#step &&
      ` at ${this.#started?.unit ?? "step"} ${formatCount(this.#step.step)} of ${formatCount(this.#step.total)}`;
    if (event.outcome === "cancelled") return `Cancelled${at ?? ""}.`;
    if (event.outcome === "failed") return `Failed${at ?? ""}${event.error ? `: ${printable(event.error)}` : "."}`;
    return undefined;
  }

  #measuredRate(): number | undefined {
    const first = this.#recent[0];
    const seconds = this.#step && first && (Date.parse(this.#step.time) - first.at) / 1000;
    return this.#step && first && seconds ? (this.#step.step - first.step) / seconds : undefined;
  }
}

const tenths = ({ step, total }: StepEvent) => Math.floor((10 * step) / total);

const isWarning = (event: RunEvent) => event.type === "message" && event.level === "warning";

const messageText = (event: RunEvent & { readonly type: "message" }) =>
  `${event.level === "warning" ? "Warning: " : ""}${event.text.split("\n").map(printable).join("\n")}`;

const paint = (code: number, text: string) => `\u001B[${code}m${text}\u001B[0m`;

/** As many of the segments as the width allows, the last ones dropped first and the description before the step. */
function fit(segments: readonly string[], width: number, colour: boolean): string {
  let shown = segments;
  while (shown.length > 1 && displayWidth(shown.join(" · ")) > width)
    shown = shown.length > 2 ? shown.slice(0, -1) : shown.slice(1);
  return truncate(shown.join(" · "), width).replaceAll(" · ", colour ? paint(2, " · ") : " · ");
}
