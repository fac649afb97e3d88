import type { Engine } from "@offprint/tensor";
import { PlanDoesNotFitError } from "./errors.ts";
import { crossover, planCompute, type ComputePlan } from "./compute.ts";
import { measureRates, type MachineRates } from "./machine-rates.ts";
import { planMemory, type MemoryPlan } from "./memory.ts";
import { machineMemory } from "./machine-memory.ts";
import type { PlannedModel, PlanSettings } from "./settings.ts";

/** What a training run will need, before it is begun. */
export interface Plan {
  readonly memory: MemoryPlan;
  /** Tokens of a row in each program that is kept, the longest first: work and time are told of that one. */
  readonly lengths: readonly number[];
  readonly compute: ComputePlan;
  /** Bytes that the machine has for it. */
  readonly machineMemory: number;
  readonly fits: boolean;
  /** Seconds of one update; absent where no rates were measured. */
  readonly secondsPerStep?: number;
  readonly rates?: MachineRates;
  /** Contexts from which on a step with this attention computes at most 90 % and half of a step with full attention. */
  readonly pays?: { readonly tenth: number | undefined; readonly half: number | undefined };
}

export interface PlanOptions {
  /** Bytes; default what this process may use of this machine. */
  readonly machineMemory?: number | undefined;
  /** Measured ones; absent: no time is told. */
  readonly rates?: MachineRates | undefined;
}

/** Memory, operations and time of training a model. Nothing is loaded or computed. */
export function planRun(model: PlannedModel, settings: PlanSettings, options: PlanOptions = {}): Plan {
  const memory = planMemory(model, settings);
  const compute = planCompute(model, settings);
  const limit = options.machineMemory ?? machineMemory();
  const { rates } = options;
  return {
    memory,
    lengths: [settings.length, ...(settings.otherLengths ?? [])],
    compute,
    machineMemory: limit,
    fits: memory.total <= limit,
    ...(rates && { rates, secondsPerStep: secondsOf(compute, rates) }),
    ...(settings.attention.kind !== "full" && {
      pays: { tenth: crossover(model, settings, 0.9), half: crossover(model, settings, 0.5) },
    }),
  };
}

/** The same with rates measured on this machine, which takes about a second. */
export async function planRunHere(
  model: PlannedModel,
  settings: PlanSettings,
  engine: Engine,
  options: Omit<PlanOptions, "rates"> = {},
): Promise<Plan> {
  const { hiddenSize, intermediateSize } = model.config;
  return planRun(model, settings, { ...options, rates: await measureRates(engine, [hiddenSize, intermediateSize]) });
}

/** Goes on only with a plan that fits. @throws {PlanDoesNotFitError} with the plan's numbers. */
export function requireFit({ fits, memory, machineMemory: limit }: Plan): void {
  if (!fits) throw new PlanDoesNotFitError(memory, limit);
}

/** Products at the measured rate, and what attention does beside them. */
export const secondsOf = (
  { stepTotal, stepScores }: Pick<ComputePlan, "stepTotal" | "stepScores">,
  { flops, scores }: MachineRates,
) => stepTotal / flops + stepScores / scores;
