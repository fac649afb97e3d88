import { formatBytes } from "@offprint/experiment";
import { LongLoraError } from "../errors.ts";
import type { MemoryPlan } from "./memory.ts";

/** Training would need more memory than there is; told before anything is loaded. */
export class PlanDoesNotFitError extends LongLoraError {
  override readonly name = "PlanDoesNotFitError";
  readonly code = "PLAN_DOES_NOT_FIT";
  readonly memory: MemoryPlan;
  readonly machineMemory: number;
  constructor(memory: MemoryPlan, machineMemory: number) {
    const { total, ...parts } = memory;
    const largest = Object.entries(parts)
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 3)
      .map(([part, bytes]) => `${partNames[part as keyof typeof parts]} ${formatBytes(bytes)}`);
    super(
      `training would need about ${formatBytes(total)} of memory, and there are ${formatBytes(machineMemory)}. ` +
        `The largest parts: ${largest.join(", ")}. Shorten the context, lower the batch size, recompute layers, use s2 ` +
        `with a smaller group, or train less (--method lora)`,
    );
    this.memory = memory;
    this.machineMemory = machineMemory;
  }
}

/** How the parts of a memory plan are called before people. */
export const partNames = {
  weights: "weights",
  gradients: "gradients",
  optimizer: "optimiser",
  embeddingOptimizer: "optimiser of the embeddings",
  activations: "activations",
  attention: "attention",
  logits: "logits",
  otherPrograms: "programs for other lengths of rows",
  overhead: "program and engine",
  checkpoint: "checkpoint, as it is written",
} as const satisfies Record<Exclude<keyof MemoryPlan, "total">, string>;

/** A model to plan for that is neither a folder, a file nor a known name. */
export class UnknownModelError extends LongLoraError {
  override readonly name = "UnknownModelError";
  readonly code = "UNKNOWN_MODEL";
  constructor(asked: string, known: readonly string[], options?: ErrorOptions) {
    super(
      `${asked}: no folder with a config.json, no such file, and no known model; known names: ${known.join(", ")}`,
      options,
    );
  }
}

/** A run whose plan cannot be compared with what it took. */
export class RunNotPlannableError extends LongLoraError {
  override readonly name = "RunNotPlannableError";
  readonly code = "RUN_NOT_PLANNABLE";
  constructor(run: string, problem: string, options?: ErrorOptions) {
    super(`${run}: ${problem}; give the folder that longlora finetune wrote to the end`, options);
  }
}
