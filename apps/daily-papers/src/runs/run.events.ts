import { z } from "zod";

const time = z.iso.datetime({ offset: true });
const count = z.number().nonnegative();
const numbers = z.record(z.string(), z.number());

/** What a run says while it works, one JSON object a line. Unknown fields are left aside, unknown types refused. */
const runEventSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("started"),
    time,
    command: z.string(),
    total: count,
    unit: z.string(),
    description: z.string(),
  }),
  z.object({
    type: z.literal("step"),
    time,
    step: count,
    total: count,
    epoch: count.optional(),
    loss: z.number().optional(),
    /** Steps a second. */
    rate: count.optional(),
    secondsLeft: count.optional(),
  }),
  z.object({
    type: z.literal("evaluation"),
    time,
    step: count,
    epoch: count.optional(),
    split: z.string(),
    metrics: numbers,
  }),
  z.object({ type: z.literal("message"), time, level: z.enum(["info", "warning"]), text: z.string() }),
  z.object({
    type: z.literal("finished"),
    time,
    outcome: z.enum(["completed", "cancelled", "failed"]),
    metrics: numbers,
    error: z.string().optional(),
  }),
]);
export type RunEvent = z.infer<typeof runEventSchema>;

/** The event that a line holds, or undefined when it holds none: a run's output is not trusted to be well-formed. */
export function parseRunEvent(line: string): RunEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return runEventSchema.safeParse(value).data;
}
