import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes, formatDuration, formatTable, readRun, type StoredRun } from "@offprint/experiment";
import type { Engine } from "@offprint/tensor";
import { z } from "zod";
import { RunNotPlannableError } from "./errors.ts";
import { measureRates } from "./machine-rates.ts";
import { secondsOf } from "./plan.ts";

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
}

/** The file in a run's folder that keeps the plan made before it began. */
export const planFile = "plan.json";

/** Those of a model of some hundred million parameters; the rate changes little with them. */
const productWidths = [1024, 2048] as const;

const storedPlan = z.looseObject({
  memory: z.looseObject({ total: z.number() }),
  compute: z.looseObject({ stepTotal: z.number(), stepScores: z.number() }),
});

/**
 * The plan that a fine-tuning run made before it began, beside what its record and its events say.
 * @param engine measures, for a second, this machine's rates, from which the plan's operations become a time.
 * @throws {RunNotPlannableError} for a run of another kind, or one without a record.
 */
export async function comparePlan(folder: string, engine: Engine): Promise<PlanComparison> {
  const run = await readRun(folder);
  if (run.record === undefined)
    throw new RunNotPlannableError(folder, "it has no record yet: it did not get to its end");
  const { memory, compute } = await readPlan(folder);
  const measured = measuredSecondsPerStep(run);
  return {
    run: folder,
    peakMemory: compared(memory.total, run.record.peakMemoryBytes),
    ...(measured !== undefined && {
      secondsPerStep: compared(secondsOf(compute, await measureRates(engine, productWidths)), measured),
    }),
  };
}

/** A comparison as a table. */
export function describeComparison({ run, peakMemory, secondsPerStep }: PlanComparison): string {
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
  return `${formatTable(["", "planned", "measured", "off by"], rows)}
The plan of ${run} was made before it began; its time is told from rates measured on this machine now.
`;
}

async function readPlan(folder: string): Promise<z.output<typeof storedPlan>> {
  const text = await readFile(join(folder, planFile), "utf8").catch(() => undefined);
  if (text === undefined) throw new RunNotPlannableError(folder, `it holds no ${planFile}`);
  try {
    return storedPlan.parse(JSON.parse(text));
  } catch (cause) {
    throw new RunNotPlannableError(folder, `its ${planFile} is damaged`, { cause });
  }
}

/** The median over the run's reports, which the first step's compilation does not move. */
function measuredSecondsPerStep({ log }: StoredRun): number | undefined {
  const rates = log.events.flatMap((event) => (event.type === "step" && event.rate ? [event.rate] : []));
  const middle = rates.toSorted((a, b) => a - b)[rates.length >> 1];
  return middle === undefined ? undefined : 1 / middle;
}

const compared = (planned: number, measured: number): Compared => ({ planned, measured, off: planned / measured - 1 });
