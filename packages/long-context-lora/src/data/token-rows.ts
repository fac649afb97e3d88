/** No token is to be predicted at this position. */
export const IGNORED = -100;

/** Rows of tokens of one length that go through the model together. */
export interface TokenBatch {
  /** Passes over the data before this one, from 0. */
  readonly epoch: number;
  /** `[rows · length]` */
  readonly ids: Int32Array;
  /** `[rows · length]`; the token to be predicted AT each position, that is the next one; {@link IGNORED} where none is. */
  readonly labels: Int32Array;
  /**
   * `[rows · length]`; a token may see only those with its own number. Absent where each row holds one document: then causal
   * attention is enough, because what follows a document in its row is only padding.
   */
  readonly documents?: Int32Array;
  readonly rows: number;
  readonly length: number;
}

/** Rows that batches are made of. */
export interface TokenRows {
  readonly count: number;
  /** The longest row that there may be. */
  readonly length: number;
  /** Positions that a row needs, at most {@link length}; rows of like need share a batch. */
  lengthOf(row: number): number;
  /** Whether the row holds more than one document. */
  mixed(row: number): boolean;
  /**
   * Writes a row: `ids` is filled with padding, `labels` with {@link IGNORED} and `documents` with 0 before.
   * @param documents absent when nobody asks.
   */
  write(row: number, ids: Int32Array, labels: Int32Array, documents: Int32Array | undefined): void;
  /** What stands where no token does. */
  readonly padding: number;
}
