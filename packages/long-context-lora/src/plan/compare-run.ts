import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes, formatDuration, formatTable, readRun, type StoredRun } from "@offprint/experiment";
import type { Engine } from "@offprint/tensor";
import { z } from "zod";
import { attentionKinds } from "../attention/segments.ts";
import { defaultTargets } from "../lora.ts";
import { methods } from "../method.ts";
import { RunNotPlannableError } from "./errors.ts";
import { planModel } from "./planned-model.ts";
import { planRunHere } from "./plan.ts";

/** A planned number beside the measured one. */
export interface Compared {
  readonly planned: number;
  readonly measured: number;
  /** planned / measured − 1: 0.1 is a tenth too much. */
  readonly off: number;
}

/** How far a plan was off. */
export interface PlanComparison {
  readonly run: string;
  /** Bytes. */
  readonly peakMemory: Compared;
  readonly secondsPerStep?: Compared;
  /** Whether the plan is the one made before the run, or was made now. */
  readonly madeBefore: boolean;
}

/** The file in a run's folder that keeps the plan made before it began. */
export const planFile = "plan.json";

/** The settings of a fine-tuning run that a plan depends on; others are passed over. */
const plannedSettings = z.looseObject({
  model: z.string(),
  context: z.number(),
  attention: z.enum(attentionKinds),
  group: z.number().optional(),
  method: z.enum(methods),
  rank: z.number().default(8),
  targets: z.array(z.string()).default([]),
  batchSize: z.number().default(1),
  accumulate: z.number().default(1),
  recompute: z.boolean().default(true),
});

const storedPlan = z.looseObject({
  memory: z.looseObject({ total: z.number() }),
  secondsPerStep: z.number().optional(),
});

/**
 * The plan of a fine-tuning run that has ended beside what its record and its events say. Where the run kept no plan, one is
 * made now, with rates measured on this machine.
 * @throws {RunNotPlannableError} for a run of another kind, or one without a record.
 */
export async function comparePlan(folder: string, engine: Engine): Promise<PlanComparison> {
  const run = await readRun(folder);
  if (run.record === undefined)
    throw new RunNotPlannableError(folder, "it has no record yet: it did not get to its end");
  const before = await readPlan(folder);
  const plan = before ?? (await planNow(run, engine));
  const measured = measuredSecondsPerStep(run);
  return {
    run: folder,
    peakMemory: compared(plan.memory.total, run.record.peakMemoryBytes),
    ...(plan.secondsPerStep !== undefined &&
      measured !== undefined && { secondsPerStep: compared(plan.secondsPerStep, measured) }),
    madeBefore: before !== undefined,
  };
}

/** A comparison as a table. */
export function describeComparison({ run, peakMemory, secondsPerStep, madeBefore }: PlanComparison): string {
  const row = (name: string, { planned, measured, off }: Compared, format: (value: number) => string) => [
    name,
    format(planned),
    format(measured),
    `${off >= 0 ? "+" : "−"}${Math.round(Math.abs(100 * off))} %`,
  ];
  const rows = [
    row("peak memory", peakMemory, formatBytes),
    ...(secondsPerStep ? [row("time of an update", secondsPerStep, formatDuration)] : []),
  ];
  const made = madeBefore ? "before it began" : "now, with this machine's rates";
  return `${formatTable(["", "planned", "measured", "off by"], rows)}\nThe plan of ${run} was made ${made}.\n`;
}

async function readPlan(folder: string): Promise<z.output<typeof storedPlan> | undefined> {
  const text = await readFile(join(folder, planFile), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  return storedPlan.safeParse(JSON.parse(text)).data;
}

async function planNow({ path, config }: StoredRun, engine: Engine) {
  const read = plannedSettings.safeParse(config);
  if (!read.success) throw new RunNotPlannableError(path, "it is no run of longlora finetune");
  const { context: length, batchSize, accumulate, attention, group, method, rank, recompute, targets } = read.data;
  const model = await planModel(read.data.model);
  const lora = {
    rank,
    alpha: 2 * rank,
    dropout: 0,
    targets: targets.length > 0 ? targets : defaultTargets(model.config),
    rankStabilised: false,
    dora: false,
  };
  const choice = { kind: attention, ...(group !== undefined && { group }) };
  return await planRunHere(
    model,
    { length, batchSize, accumulate, attention: choice, method, lora, recompute },
    engine,
  );
}

/** The median over the run's reports, which the first step's compilation does not move. */
function measuredSecondsPerStep({ log }: StoredRun): number | undefined {
  const rates = log.events.flatMap((event) => (event.type === "step" && event.rate ? [event.rate] : []));
  const middle = rates.toSorted((a, b) => a - b)[rates.length >> 1];
  return middle === undefined ? undefined : 1 / middle;
}

const compared = (planned: number, measured: number): Compared => ({ planned, measured, off: planned / measured - 1 });
