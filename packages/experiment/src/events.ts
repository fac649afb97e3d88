import { z } from "zod";

/** A run has begun, or gone on after an interruption. */
export interface StartedEvent {
  readonly type: "started";
  /** ISO 8601, as everywhere. */
  readonly time: string;
  /** The command line that repeats the run. */
  readonly command: string;
  /** How many units the whole run has. */
  readonly total: number;
  /** What is counted: "step". */
  readonly unit: string;
  /** "NFE-1 on umls". */
  readonly description: string;
}

/** Work has advanced; not every step need be told. */
export interface StepEvent {
  readonly type: "step";
  /** Steps done so far, in [0, total]. */
  readonly step: number;
  readonly total: number;
  readonly epoch?: number | undefined;
  /** Mean training loss since the last step event; NaN when it diverged. */
  readonly loss?: number | undefined;
  /** Steps a second. */
  readonly rate?: number | undefined;
  readonly secondsLeft?: number | undefined;
  readonly time: string;
}

/** The model has been judged. */
export interface EvaluationEvent {
  readonly type: "evaluation";
  readonly step: number;
  readonly epoch?: number | undefined;
  /** "valid", "test". */
  readonly split: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly time: string;
}

/** Something a person should read. */
export interface MessageEvent {
  readonly type: "message";
  readonly level: "info" | "warning";
  readonly text: string;
  readonly time: string;
}

/** The last event of a run that was not killed. */
export interface FinishedEvent {
  readonly type: "finished";
  readonly time: string;
  readonly outcome: "completed" | "cancelled" | "failed";
  readonly metrics: Readonly<Record<string, number>>;
  /** Why it failed. */
  readonly error?: string | undefined;
}

/** What a run tells while it happens: one line of metrics.jsonl, one line of `--json`. */
export type RunEvent = StartedEvent | StepEvent | EvaluationEvent | MessageEvent | FinishedEvent;

// JSON has no NaN and no infinity: such a number is written as null and read as NaN.
const number = z.union([z.number(), z.null().transform(() => Number.NaN)]);
const metrics = z.record(z.string(), number);
const time = z.iso.datetime({ offset: true });
const count = z.number().nonnegative();

/** Reads an event; fields that this version does not know are kept. */
export const runEventSchema: z.ZodType<RunEvent> = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("started"),
    time,
    command: z.string(),
    total: count,
    unit: z.string(),
    description: z.string(),
  }),
  z.looseObject({
    type: z.literal("step"),
    step: count,
    total: count,
    epoch: count.optional(),
    loss: number.optional(),
    rate: number.optional(),
    secondsLeft: number.optional(),
    time,
  }),
  z.looseObject({
    type: z.literal("evaluation"),
    step: count,
    epoch: count.optional(),
    split: z.string(),
    metrics,
    time,
  }),
  z.looseObject({ type: z.literal("message"), level: z.enum(["info", "warning"]), text: z.string(), time }),
  z.looseObject({
    type: z.literal("finished"),
    time,
    outcome: z.enum(["completed", "cancelled", "failed"]),
    metrics,
    error: z.string().optional(),
  }),
]);

/** An event as its line, the line end included. */
export function formatEvent(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** The event of one line, or why it is none. */
export function parseEvent(line: string): { readonly event: RunEvent } | { readonly problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { problem: "not JSON" };
  }
  const result = runEventSchema.safeParse(json);
  if (result.success) return { event: result.data };
  const [issue] = result.error.issues;
  return { problem: `${issue?.path.join(".") || "event"}: ${issue?.message ?? "not understood"}` };
}

/** The events of a metrics.jsonl file, in order. */
export interface EventLog {
  readonly events: readonly RunEvent[];
  /** Each event's line as it stands in the file, without the line end. */
  readonly lines: readonly string[];
  /** Whole lines that are no events, counted from 1; they are skipped. */
  readonly damaged: readonly { readonly line: number; readonly problem: string }[];
  /** The start of an event that a kill or a full disk cut off. */
  readonly cut?: string;
}

/** Reads metrics.jsonl; a last line that was cut in the middle of its write is set apart, not an error. */
export function parseEvents(text: string): EventLog {
  const events: RunEvent[] = [];
  const lines: string[] = [];
  const damaged: { line: number; problem: string }[] = [];
  let cut: string | undefined;
  const all = text.split("\n");
  for (const [index, raw] of all.entries()) {
    const line = raw.trim();
    if (line === "") continue;
    const parsed = parseEvent(line);
    if ("event" in parsed) {
      events.push(parsed.event);
      lines.push(line);
    } else if (index === all.length - 1) {
      cut = raw;
    } else {
      damaged.push({ line: index + 1, problem: parsed.problem });
    }
  }
  return { events, lines, damaged, ...(cut !== undefined && { cut }) };
}

/**
 * The lines up to a checkpoint: those before the first event of a later step, without an end that no longer holds.
 * @param step the step of the checkpoint from which the run goes on.
 */
export function linesUpTo(step: number, { events, lines }: EventLog): string[] {
  const isLater = (event: RunEvent) => (event.type === "step" || event.type === "evaluation") && event.step > step;
  const end = events.findIndex(isLater);
  const kept = end < 0 ? lines.length : end;
  return lines.slice(0, kept).filter((_, index) => events[index]?.type !== "finished");
}
