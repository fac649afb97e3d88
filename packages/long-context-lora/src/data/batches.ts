import { RandomStream, type BatchPosition } from "@offprint/training";
import { IGNORED, type TokenBatch, type TokenRows } from "./token-rows.ts";

/** What batches differ in, the number of their rows excepted. */
export interface BatchKind {
  readonly length: number;
  /** Its rows hold several documents. */
  readonly mixed: boolean;
}

/** Every kind that batches of these rows may be of, the longest first; their order changes no length, see {@link TokenBatches}. */
export function batchKinds(rows: TokenRows, batchSize: number): BatchKind[] {
  const all = Array.from({ length: rows.count }, (_, row) => row);
  const lengths = all.map((row) => rows.lengthOf(row)).toSorted((a, b) => a - b);
  const ofBatches = lengths.filter((_, i) => (i + 1) % batchSize === 0 || i + 1 === rows.count);
  const mixed = [...new Set(all.map((row) => rows.mixed(row)))];
  return [...new Set(ofBatches.toReversed())].flatMap((length) => mixed.map((one) => ({ length, mixed: one })));
}

export interface TokenBatchesOptions {
  /** Rows of each batch. */
  readonly batchSize: number;
  readonly seed: number;
  /** A new order each epoch (default), or always the rows' own. */
  readonly shuffle?: boolean | undefined;
}

/**
 * Batches without end, each row once an epoch, in an order that follows from the seed alone. A batch holds rows of like
 * length and is as long as its longest. All batches have `batchSize` rows: an epoch's last one is filled up with rows of
 * padding that supervise nothing, so that one program serves all and a loss over supervised tokens stays right.
 */
export class TokenBatches {
  readonly rows: TokenRows;
  readonly batchSize: number;
  /** Batches in one epoch. */
  readonly batchesPerEpoch: number;
  readonly #shuffled: boolean;
  #stream: RandomStream;
  #epochStart: BatchPosition["shuffle"];
  #epoch = 0;
  /** Batches of this epoch already given out. */
  #position = 0;
  #batches: readonly (readonly number[])[];

  /** @throws {RangeError} when there is no row or the batch size is no positive whole number. */
  constructor(rows: TokenRows, { batchSize, seed, shuffle = true }: TokenBatchesOptions) {
    if (rows.count === 0) throw new RangeError("batches need at least one row");
    if (!Number.isSafeInteger(batchSize) || batchSize < 1)
      throw new RangeError(`batchSize is ${batchSize}; wanted a whole number of at least 1`);
    this.rows = rows;
    this.batchSize = batchSize;
    this.batchesPerEpoch = Math.ceil(rows.count / batchSize);
    this.#shuffled = shuffle;
    this.#stream = RandomStream.create(seed, "shuffle");
    this.#epochStart = this.#stream.getState();
    this.#batches = this.#drawBatches();
  }

  next(): TokenBatch {
    if (this.#position >= this.#batches.length) {
      this.#epoch++;
      this.#position = 0;
      this.#epochStart = this.#stream.getState();
      this.#batches = this.#drawBatches();
    }
    return this.#batchOf(this.#batches[this.#position++]!);
  }

  getState(): BatchPosition {
    return { epoch: this.#epoch, position: this.#position, shuffle: this.#epochStart };
  }

  /** Continues where another one with the same rows and options stood. @throws {RangeError} at a place it does not have. */
  setState({ epoch, position, shuffle }: BatchPosition): void {
    if (!(position <= this.batchesPerEpoch) || !(position >= 0) || !(epoch >= 0))
      throw new RangeError(
        `the data has ${this.batchesPerEpoch} batches an epoch; batch ${position} was asked for: was it saved with other data?`,
      );
    this.#stream = RandomStream.fromState(shuffle);
    this.#epochStart = shuffle;
    this.#epoch = epoch;
    this.#position = position;
    this.#batches = this.#drawBatches();
  }

  /** The rows in random order; sorted by length, which keeps that order among equals; cut; the batches in random order. */
  #drawBatches(): number[][] {
    const { rows, batchSize } = this;
    const all = Array.from({ length: rows.count }, (_, row) => row);
    if (this.#shuffled) this.#stream.shuffle(all);
    all.sort((a, b) => rows.lengthOf(a) - rows.lengthOf(b));
    const batches = Array.from({ length: this.batchesPerEpoch }, (_, i) =>
      all.slice(i * batchSize, (i + 1) * batchSize),
    );
    return this.#shuffled ? this.#stream.shuffle(batches) : batches;
  }

  #batchOf(chosen: readonly number[]): TokenBatch {
    const { rows, batchSize } = this;
    const length = Math.max(...chosen.map((row) => rows.lengthOf(row)));
    const ids = new Int32Array(batchSize * length).fill(rows.padding);
    const labels = new Int32Array(batchSize * length).fill(IGNORED);
    const documents = chosen.some((row) => rows.mixed(row)) ? new Int32Array(batchSize * length) : undefined;
    for (const [i, row] of chosen.entries()) {
      const [start, end] = [i * length, (i + 1) * length];
      rows.write(row, ids.subarray(start, end), labels.subarray(start, end), documents?.subarray(start, end));
    }
    return { epoch: this.#epoch, ids, labels, ...(documents && { documents }), rows: batchSize, length };
  }
}
