import { InvalidOptionError, requireInteger } from "./errors.ts";
import { RandomStream, type RandomState } from "./random.ts";

export interface EpochBatchesOptions {
  /** Number of examples. */
  readonly count: number;
  readonly batchSize: number;
  readonly seed: number;
  /** A new order each epoch (default), or 0, 1, 2, … always. */
  readonly shuffle?: boolean | undefined;
  /** What becomes of the examples that do not fill a last batch: "keep" it smaller (default) or "drop" it. */
  readonly lastBatch?: "keep" | "drop" | undefined;
}

/** Where an `EpochBatches` stands, safe to keep as JSON. */
export type BatchPosition = {
  /** Epochs begun before this one, from 0. */
  readonly epoch: number;
  /** Examples of this epoch already given out. */
  readonly position: number;
  /** The shuffling stream as it was before this epoch's order was drawn. */
  readonly shuffle: RandomState;
};

export interface IndexBatch {
  /** Epoch of the batch, from 0. */
  readonly epoch: number;
  /** Indices of the examples, `[batchSize]` or fewer in a last batch; a view that stays valid. */
  readonly indices: Int32Array;
}

/** Goes through the examples epoch after epoch without end; position and order can be saved and taken up again. */
export class EpochBatches {
  readonly count: number;
  readonly batchSize: number;
  /** Batches in one epoch. */
  readonly batchesPerEpoch: number;
  readonly #shuffled: boolean;
  /** Examples used of each epoch. */
  readonly #used: number;
  #stream: RandomStream;
  #epochStart: RandomState;
  #epoch = 0;
  #position = 0;
  #order: Int32Array;

  constructor({ count, batchSize, seed, shuffle = true, lastBatch = "keep" }: EpochBatchesOptions) {
    requireInteger("count", count, 1);
    requireInteger("batchSize", batchSize, 1);
    if (lastBatch === "drop" && batchSize > count) {
      throw new InvalidOptionError(
        "batchSize",
        batchSize,
        `at most the ${count} examples when the last batch is dropped`,
      );
    }
    this.count = count;
    this.batchSize = batchSize;
    this.#shuffled = shuffle;
    this.#used = lastBatch === "drop" ? count - (count % batchSize) : count;
    this.batchesPerEpoch = Math.ceil(this.#used / batchSize);
    this.#stream = RandomStream.create(seed, "shuffle");
    this.#epochStart = this.#stream.getState();
    this.#order = this.#drawOrder();
  }

  next(): IndexBatch {
    if (this.#position >= this.#used) {
      this.#epoch++;
      this.#position = 0;
      this.#epochStart = this.#stream.getState();
      this.#order = this.#drawOrder();
    }
    const end = Math.min(this.#position + this.batchSize, this.#used);
    const indices = this.#order.subarray(this.#position, end);
    this.#position = end;
    return { epoch: this.#epoch, indices };
  }

  getState(): BatchPosition {
    return { epoch: this.#epoch, position: this.#position, shuffle: this.#epochStart };
  }

  /** Continues where another `EpochBatches` with the same options stood. */
  setState({ epoch, position, shuffle }: BatchPosition): void {
    requireInteger("batch epoch", epoch, 0);
    requireInteger("batch position", position, 0);
    if (position > this.#used) {
      throw new InvalidOptionError("batch position", position, `at most ${this.#used}: was it saved with other data?`);
    }
    this.#stream = RandomStream.fromState(shuffle);
    this.#epochStart = shuffle;
    this.#epoch = epoch;
    this.#position = position;
    this.#order = this.#drawOrder();
  }

  #drawOrder(): Int32Array {
    const order = Int32Array.from({ length: this.count }, (_, index) => index);
    return this.#shuffled ? this.#stream.shuffle(order) : order;
  }
}
