import type { InputValue } from "@offprint/tensor";
import {
  RandomStream,
  type BatchPosition,
  type BatchStream,
  type RandomState,
  type TrainingBatch,
} from "@offprint/training";
import type { TokenBatches } from "../data/batches.ts";
import type { TokenBatch } from "../data/token-rows.ts";
import type { BatchShape } from "./step-program.ts";

/** One batch of a step, as its program takes it. */
interface StepPart {
  readonly shape: BatchShape;
  readonly inputs: Readonly<Record<string, InputValue>>;
}

/** What one update learns from. */
export interface StepBatch extends TrainingBatch {
  readonly parts: readonly StepPart[];
}

/** Where a stream of steps stands. */
export type StepPosition = {
  readonly tokens: BatchPosition;
  readonly noise: RandomState;
};

export interface StepBatchesOptions {
  /** Batches of a step. */
  readonly accumulate: number;
  readonly seed: number;
  /** Sizes of the vectors behind dropout, for a batch of so many tokens. */
  readonly noise?: ((tokens: number) => Readonly<Record<string, number>> | undefined) | undefined;
}

/** Several batches a step, their losses scaled by the supervised tokens of the whole step; dropout's random numbers with them. */
export class StepBatches implements BatchStream<StepBatch, StepPosition> {
  readonly #batches: TokenBatches;
  readonly #options: StepBatchesOptions;
  #noise: RandomStream;

  constructor(batches: TokenBatches, options: StepBatchesOptions) {
    this.#batches = batches;
    this.#options = options;
    this.#noise = RandomStream.create(options.seed, "dropout");
  }

  next(): StepBatch {
    const batches = Array.from({ length: this.#options.accumulate }, () => this.#batches.next());
    const scale = Float32Array.of(
      1 /
        Math.max(
          1,
          batches.reduce((total, batch) => total + supervisedIn(batch), 0),
        ),
    );
    const parts = batches.map(({ ids, labels, documents, rows, length }): StepPart => {
      const inputs = { ids, labels, scale, ...(documents && { documents }), ...this.#noiseFor(rows * length) };
      return { shape: { rows, length, documents: documents !== undefined }, inputs };
    });
    return { epoch: batches[0]?.epoch ?? 0, inputs: {}, parts };
  }

  getState(): StepPosition {
    return { tokens: this.#batches.getState(), noise: this.#noise.getState() };
  }

  setState({ tokens, noise }: StepPosition): void {
    this.#batches.setState(tokens);
    this.#noise = RandomStream.fromState(noise);
  }

  #noiseFor(tokens: number): Record<string, Float32Array> {
    const sizes = Object.entries(this.#options.noise?.(tokens) ?? {});
    return Object.fromEntries(
      sizes.map(([name, size]) => [name, this.#noise.fillUniform(new Float32Array(size), 0, 64)] as const),
    );
  }
}

/** Places at which a token is to be told. */
export const supervisedIn = ({ labels }: Pick<TokenBatch, "labels">): number =>
  labels.reduce((count, label) => count + (label >= 0 ? 1 : 0), 0);
