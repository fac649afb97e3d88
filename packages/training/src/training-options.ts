import type { HostTensor, InputValue } from "@offprint/tensor";
import type { Selection } from "./early-stopping.ts";
import { InvalidOptionError, requireInteger, requireNumber } from "./errors.ts";
import type { Json } from "./json.ts";
import type { Schedule } from "./schedules.ts";
import type { TrainingState } from "./training-state.ts";

/** What one update is given, the learning rate excepted. */
export interface TrainingBatch {
  /** Passes over the data before this one; 0 at first. */
  readonly epoch: number;
  readonly inputs: Readonly<Record<string, InputValue>>;
}

/**
 * Batches without end. `getState` tells everything that decides the batches to come, its random streams included:
 * after `setState` of it, another stream made with the same options gives the same ones.
 */
export interface BatchStream<B extends TrainingBatch, P extends Json> {
  next(): B | Promise<B>;
  getState(): P;
  setState(state: P): void;
}

/**
 * A compiled update. It reads and replaces the state, takes the batch's inputs and the scalar float32 input
 * `learningRate`, and can tell the scalar `loss` of the batch before the update.
 */
export interface StepProgram {
  run(
    inputs: Readonly<Record<string, InputValue>>,
    options: { readonly outputs: readonly "loss"[] },
  ): Promise<{ readonly [name: string]: HostTensor }>;
}

export interface EvaluationOptions {
  /** Updates between two evaluations; the last update is always evaluated. */
  readonly every: number;
  /** Judges the state as it is now. Must depend on nothing else, or resuming is not exact; rejects when aborted. */
  run(step: number, signal: AbortSignal | undefined): Promise<Readonly<Record<string, number>>>;
  /** Keep the best state and give it back at the end; needs checkpoints, where the best state is kept. */
  readonly selectBy?: Selection | undefined;
}

export interface CheckpointOptions {
  readonly directory: string;
  /** Take up the newest sound checkpoint of the directory, if there is one. */
  readonly resume?: boolean | undefined;
  /** Updates between two checkpoints. */
  readonly everySteps?: number | undefined;
  /** Seconds between two checkpoints. */
  readonly everySeconds?: number | undefined;
  /** See `saveCheckpoint`. */
  readonly keep?: number | undefined;
}

export interface TrainingOptions<B extends TrainingBatch, P extends Json> {
  readonly state: TrainingState;
  readonly batches: BatchStream<B, P>;
  /** The program for a batch: shapes are static, so a smaller last batch has a program of its own. */
  program(batch: B): StepProgram | Promise<StepProgram>;
  readonly learningRate: Schedule;
  /** Updates in all, those before a resume included. */
  readonly totalSteps: number;
  /** Updates between two "step" events, default 100. The first and the last update are told as well. */
  readonly logEvery?: number | undefined;
  readonly evaluation?: EvaluationOptions | undefined;
  /** Absent: nothing is written. */
  readonly checkpoints?: CheckpointOptions | undefined;
  /** Stops after the update in hand, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  /** A clock in milliseconds, for tests. */
  readonly now?: (() => number) | undefined;
}

/** @throws {InvalidOptionError} at the first option outside its range. */
export function checkOptions({
  totalSteps,
  logEvery,
  evaluation,
  checkpoints,
}: Pick<TrainingOptions<TrainingBatch, Json>, "totalSteps" | "logEvery" | "evaluation" | "checkpoints">): void {
  requireInteger("totalSteps", totalSteps, 1);
  if (logEvery !== undefined) requireInteger("logEvery", logEvery, 1);
  if (evaluation) requireInteger("evaluation.every", evaluation.every, 1);
  const patience = evaluation?.selectBy?.patience;
  if (patience !== undefined) requireInteger("evaluation.selectBy.patience", patience, 1);
  if (evaluation?.selectBy && !checkpoints) {
    throw new InvalidOptionError(
      "checkpoints",
      checkpoints,
      "given with evaluation.selectBy: the best state is kept there",
    );
  }
  if (checkpoints?.everySteps !== undefined) requireInteger("checkpoints.everySteps", checkpoints.everySteps, 1);
  if (checkpoints?.everySeconds !== undefined) {
    requireNumber("checkpoints.everySeconds", checkpoints.everySeconds, "above 0", (seconds) => seconds > 0);
  }
}
