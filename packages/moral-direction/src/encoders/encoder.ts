import { BrokenEmbeddingError } from "./errors.ts";

/** A sentence encoder: texts in, vectors of one length out. */
export interface Encoder extends AsyncDisposable {
  /** Stable name of exactly these numbers, as `"use-lite@0.2.0"` or `"MiniLM@sha256:…"`; a direction is bound to it. */
  readonly id: string;
  /** Numbers of each vector. */
  readonly dimensions: number;
  /** Tokens that are read of a text, special ones included; what follows them changes nothing. */
  readonly limit: { readonly tokens: number };
  /**
   * One row a text, in their order; batched inside. An empty text has a vector, no texts give no rows.
   * @throws {BrokenEmbeddingError} when a vector has a number that is not finite.
   */
  encode(texts: readonly string[]): Promise<Embeddings>;
  /** Tokens of a whole text, special ones included: beyond `limit.tokens` the rest is not read. */
  countTokens(text: string): number;
}

/** Vectors of several texts, `[count, dimensions]` row after row. */
export interface Embeddings {
  readonly count: number;
  readonly dimensions: number;
  readonly values: Float32Array;
  /** A view of one row. @throws {RangeError} for one that is not there. */
  row(this: void, index: number): Float32Array;
}

/** Embeddings from their values. @param values `[count, dimensions]`, not copied. */
export function embeddingsOf(values: Float32Array, dimensions: number): Embeddings {
  const count = dimensions === 0 ? 0 : values.length / dimensions;
  if (!Number.isInteger(count)) throw new RangeError(`${values.length} values are no rows of ${dimensions}`);
  return {
    count,
    dimensions,
    values,
    row(index) {
      if (!(index >= 0 && index < count)) throw new RangeError(`row ${index} of ${count} embeddings`);
      return values.subarray(index * dimensions, (index + 1) * dimensions);
    },
  };
}

/**
 * The same embeddings, when every number is finite.
 * @throws {BrokenEmbeddingError} naming the first text whose vector is not.
 */
export function finite(embeddings: Embeddings, texts: readonly string[], encoder: string): Embeddings {
  for (const [index, text] of texts.entries()) {
    if (!embeddings.row(index).every(Number.isFinite)) throw new BrokenEmbeddingError(encoder, text);
  }
  return embeddings;
}
