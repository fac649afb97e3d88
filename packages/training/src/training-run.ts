import { checkpointNames, loadCheckpoint, loadLatestCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { Clock } from "./clock.ts";
import { improves, type BestEvaluation } from "./early-stopping.ts";
import { InvalidOptionError, TrainingError } from "./errors.ts";
import type { FinishReason, TrainingEvent } from "./events.ts";
import type { Json } from "./json.ts";
import type { TensorSource } from "./safetensors.ts";
import type { TrainingBatch, TrainingOptions } from "./training-options.ts";
import { restoreState, stateSources } from "./training-state.ts";

/** The loss or the state is no longer finite. */
export class TrainingDivergedError extends TrainingError {
  override readonly name = "TrainingDivergedError";
  readonly code = "TRAINING_DIVERGED";
  /** The update after which it was seen. */
  readonly step: number;
  readonly learningRate: number;

  constructor(step: number, learningRate: number, found: string) {
    super(
      `step ${step}: ${found}, at learning rate ${learningRate}; try a lower learning rate, a warm-up or clipping of ` +
        "gradients, and check the inputs. Checkpoints written so far are sound",
    );
    this.step = step;
    this.learningRate = learningRate;
  }
}

/** Everything beside the tensors that decides how training goes on. */
type Progress<P> = {
  readonly step: number;
  readonly epoch: number;
  readonly batches: P;
  /** Step of the last evaluation; 0: none. */
  readonly evaluatedAt: number;
  readonly best: BestEvaluation | null;
  /** Evaluations since the best one. */
  readonly staleEvaluations: number;
};

/** One run of the loop: the parts of a step, and what they change. */
export class TrainingRun<B extends TrainingBatch, P extends Json> {
  readonly #options: TrainingOptions<B, P>;
  readonly #clock: Clock;
  #step = 0;
  #epoch = 0;
  #evaluatedAt = 0;
  #best: BestEvaluation | undefined;
  #staleEvaluations = 0;
  /** The evaluation of this very step is the best: its state must be saved now. */
  #improved = false;
  /** Something has changed since the last checkpoint. */
  #unsaved = false;
  #savedBest: string | undefined;

  constructor(options: TrainingOptions<B, P>) {
    this.#options = options;
    this.#clock = new Clock(options.now ?? (() => performance.now()));
  }

  /** Takes up the newest checkpoint when asked to. */
  async resume(): Promise<TrainingEvent | undefined> {
    const { checkpoints, state, batches } = this.#options;
    if (!checkpoints) return undefined;
    const { directory } = checkpoints;
    if (!checkpoints.resume) {
      if ((await checkpointNames(directory)).length === 0) return undefined;
      throw new InvalidOptionError(
        "checkpoints.directory",
        directory,
        "empty when not resuming: it holds an earlier run",
      );
    }
    const latest = await loadLatestCheckpoint(directory);
    if (!latest) return undefined;
    const { checkpoint, damaged } = latest;
    await using file = await checkpoint.openState();
    await restoreState(state, file);
    const progress = checkpoint.progress as Progress<P>;
    batches.setState(progress.batches);
    this.#step = progress.step;
    this.#epoch = progress.epoch;
    this.#evaluatedAt = progress.evaluatedAt;
    this.#best = progress.best ?? undefined;
    this.#staleEvaluations = progress.staleEvaluations;
    this.#savedBest = this.#best?.checkpoint;
    this.#clock.startAt(this.#step);
    const messages = damaged.map((error) => error.message);
    return { type: "resumed", step: this.#step, checkpoint: checkpoint.name, damaged: messages };
  }

  async evaluateWhenDue(): Promise<TrainingEvent | undefined> {
    const { evaluation, totalSteps, signal } = this.#options;
    const step = this.#step;
    if (!evaluation || this.#evaluatedAt === step || signal?.aborted) return undefined;
    if (step % evaluation.every !== 0 && step < totalSteps) return undefined;
    const metrics = await this.#clock.aside(() => this.#evaluate());
    if (!metrics) return undefined;
    this.#evaluatedAt = step;
    this.#unsaved = true;
    const told = { type: "evaluation", step, epoch: this.#epoch, metrics } as const;
    if (!evaluation.selectBy) return told;
    this.#improved = improves(evaluation.selectBy, step, metrics, this.#best);
    this.#staleEvaluations = this.#improved ? 0 : this.#staleEvaluations + 1;
    if (this.#improved) this.#best = { step, metrics, checkpoint: "" }; // named when it is saved, right after this event
    return { ...told, improved: this.#improved };
  }

  /** The metrics, or nothing when the evaluation was broken off; it is then due again after a resume. */
  async #evaluate(): Promise<Readonly<Record<string, number>> | undefined> {
    const { evaluation, signal } = this.#options;
    try {
      return await evaluation?.run(this.#step, signal);
    } catch (error) {
      if (signal?.aborted) return undefined;
      throw error;
    }
  }

  finishReason(): FinishReason | undefined {
    const { totalSteps, evaluation, signal } = this.#options;
    const patience = evaluation?.selectBy?.patience ?? Infinity;
    if (signal?.aborted) return "cancelled";
    if (this.#step >= totalSteps) return "completed";
    return this.#staleEvaluations >= patience ? "stopped early" : undefined;
  }

  async saveWhenDue(last: boolean): Promise<TrainingEvent | undefined> {
    const { checkpoints } = this.#options;
    if (!checkpoints || !this.#unsaved) return undefined;
    const { directory, everySteps = Infinity, everySeconds = Infinity, keep } = checkpoints;
    const step = this.#step;
    const due = step % everySteps === 0 || this.#clock.secondsSinceSave() >= everySeconds;
    if (!last && !this.#improved && !due) return undefined;
    const { name, bytes } = await this.#clock.aside(() =>
      saveCheckpoint(directory, {
        step,
        tensors: stateSources(this.#options.state).map((source) => this.#refuseNonFinite(source)),
        progress: (own) => this.#progress(own),
        keep,
        // The best of this checkpoint, and the best of the one before in case that one must be fallen back to.
        protect: [this.#best?.checkpoint, this.#savedBest].filter((other) => other !== undefined),
      }),
    );
    if (this.#improved && this.#best) this.#best = { ...this.#best, checkpoint: name };
    this.#savedBest = this.#best?.checkpoint;
    this.#improved = false;
    this.#unsaved = false;
    this.#clock.saved();
    return { type: "checkpoint", step, name, bytes };
  }

  #progress(checkpoint: string): Progress<P> {
    return {
      step: this.#step,
      epoch: this.#epoch,
      batches: this.#options.batches.getState(),
      evaluatedAt: this.#evaluatedAt,
      best: this.#best ? { ...this.#best, ...(this.#improved && { checkpoint }) } : null,
      staleEvaluations: this.#staleEvaluations,
    };
  }

  #refuseNonFinite(source: TensorSource): TensorSource {
    const read = async (): Promise<Awaited<ReturnType<TensorSource["read"]>>> => {
      const data = await source.read();
      if (data instanceof Float32Array && !allFinite(data)) {
        throw this.#diverged(`the state "${source.name}" holds values that are not finite`);
      }
      return data;
    };
    return { ...source, read };
  }

  #diverged(found: string): TrainingDivergedError {
    return new TrainingDivergedError(this.#step, this.#options.learningRate(this.#step - 1), found);
  }

  /** One update. Tells about it when it is time to, and only then has the loss computed. */
  async step(): Promise<TrainingEvent | undefined> {
    const { batches, learningRate, totalSteps, logEvery = 100 } = this.#options;
    const batch = await batches.next();
    const program = await this.#options.program(batch);
    const rate = learningRate(this.#step);
    const step = this.#step + 1;
    const told = step === 1 || step === totalSteps || step % logEvery === 0;
    const inputs = { ...batch.inputs, learningRate: Float32Array.of(rate) };
    const { loss } = await program.run(inputs, { outputs: told ? ["loss"] : [] });
    this.#step = step;
    this.#epoch = batch.epoch;
    this.#unsaved = true;
    if (!told) return undefined;
    const value = Number(loss?.data[0]);
    if (!Number.isFinite(value)) throw this.#diverged(`the loss is ${value}`);
    const pace = this.#clock.pace(step, totalSteps);
    return { type: "step", step, total: totalSteps, epoch: batch.epoch, loss: value, learningRate: rate, ...pace };
  }

  /** Puts the best state in place, unless in a hurry. */
  async finish(reason: FinishReason): Promise<TrainingEvent> {
    const { checkpoints, state } = this.#options;
    const best = this.#best;
    if (best && checkpoints && reason !== "cancelled" && best.step !== this.#step) {
      const checkpoint = await loadCheckpoint(checkpoints.directory, best.checkpoint);
      await using file = await checkpoint.openState();
      await restoreState(state, file);
    }
    return { type: "finished", step: this.#step, reason, ...(best && { best }) };
  }
}

/** `x − x` is 0 for finite numbers and NaN for others, and a sum keeps every NaN: no branch a number. */
function allFinite(data: Float32Array): boolean {
  let sum = 0;
  for (const value of data) sum += value - value;
  return sum === 0;
}
