import { embeddingsOf, type Embeddings, type Encoder } from "./encoder.ts";

/** What a cached encoder was asked for so far. */
export interface EncoderStatistics {
  /** Texts that the encoder behind had to read. */
  readonly encoded: number;
  /** Texts that were answered without it. */
  readonly hits: number;
  /** Calls that reached the encoder behind. */
  readonly calls: number;
}

/** An encoder that remembers. */
export interface CachedEncoder extends Encoder {
  readonly statistics: EncoderStatistics;
}

/**
 * The same encoder, with the vectors of the texts that were used last kept; a text that occurs twice in one call is read once.
 * @param size texts kept; each takes `dimensions` × 4 bytes.
 */
export function cachedEncoder(encoder: Encoder, size: number): CachedEncoder {
  const { dimensions } = encoder;
  // A Map keeps the order of insertion, so its first key is the text that was used longest ago.
  const kept = new Map<string, Float32Array>();
  const pending = new Map<string, Promise<Float32Array>>();
  const statistics = { encoded: 0, hits: 0, calls: 0 };

  const keep = (text: string, vector: Float32Array): void => {
    kept.delete(text);
    kept.set(text, vector);
    const [oldest] = kept.keys();
    if (kept.size > size && oldest !== undefined) kept.delete(oldest);
  };

  async function encode(texts: readonly string[]): Promise<Embeddings> {
    const missing = [...new Set(texts)].filter((text) => !kept.has(text) && !pending.has(text));
    statistics.hits += texts.length - missing.length;
    if (missing.length > 0) {
      statistics.calls++;
      statistics.encoded += missing.length;
      const batch = encoder.encode(missing);
      for (const [index, text] of missing.entries()) {
        pending.set(
          text,
          batch.then((embeddings) => embeddings.row(index).slice()),
        );
      }
    }
    // Taken before anything is awaited: what this call lets the cache forget is still in hand.
    const rows = await Promise.all(texts.map(async (text) => kept.get(text) ?? pending.get(text))).finally(() => {
      for (const text of missing) pending.delete(text);
    });
    const values = new Float32Array(texts.length * dimensions);
    for (const [index, text] of texts.entries()) {
      const row = rows[index] as Float32Array;
      values.set(row, index * dimensions);
      keep(text, row);
    }
    return embeddingsOf(values, dimensions);
  }

  return {
    id: encoder.id,
    dimensions,
    limit: encoder.limit,
    get statistics() {
      return { ...statistics };
    },
    encode,
    countTokens: (text) => encoder.countTokens(text),
    [Symbol.asyncDispose]: () => encoder[Symbol.asyncDispose](),
  };
}
