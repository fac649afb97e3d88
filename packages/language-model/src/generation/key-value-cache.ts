import {
  hostTensor,
  type HostTensor,
  matmul,
  mul,
  add,
  reshape,
  setRows,
  softmax,
  type Tensor,
} from "@offprint/tensor";
import type { ModelConfig } from "../config.ts";
import type { Attend } from "../model.ts";

/** Sizes of a cache: `capacity` places a sequence, of which the last takes what padding writes and is never read. */
export interface CacheShape {
  readonly batch: number;
  readonly capacity: number;
}

/**
 * Keys and values of all tokens so far, one matrix each a layer: row (sequence · kvHeads + head) · capacity + place holds
 * that head's numbers of the token at that place. Rows are written in place and never moved.
 */
export type KeyValueCache<T> = Readonly<Record<string, { readonly keys: T; readonly values: T }>>;

/** An empty cache. Layers are numbered from 0: `"0"`, `"1"`, … */
export function emptyCache(config: ModelConfig, { batch, capacity }: CacheShape): KeyValueCache<HostTensor> {
  const shape = [batch * config.kvHeads * capacity, config.headSize];
  const matrix = () => hostTensor(new Float32Array((shape[0] ?? 0) * config.headSize), shape);
  return Object.fromEntries(
    Array.from({ length: config.layers }, (_, layer) => [String(layer), { keys: matrix(), values: matrix() }]),
  );
}

/** Rows of the cache for new tokens whose places are given: `[batch, n] → [batch, kvHeads, n]`, flat. */
export function cacheRows(places: Int32Array, n: number, kvHeads: number, capacity: number): Int32Array {
  return Int32Array.from({ length: places.length * kvHeads }, (_, at) => {
    const sequence = Math.floor(at / (kvHeads * n));
    const head = Math.floor(at / n) % kvHeads;
    return (sequence * kvHeads + head) * capacity + (places[sequence * n + (at % n)] ?? 0);
  });
}

/** Copies what a cache holds into a larger one. */
export function copyCache(
  from: KeyValueCache<HostTensor>,
  capacity: number,
  to: KeyValueCache<HostTensor>,
  largerCapacity: number,
  headSize: number,
): void {
  const copy = (source: Float32Array, target: Float32Array): void => {
    const [width, step] = [capacity * headSize, largerCapacity * headSize];
    for (let at = 0, goal = 0; at < source.length; at += width, goal += step) {
      target.set(source.subarray(at, at + width), goal);
    }
  };
  for (const [layer, { keys, values }] of Object.entries(from)) {
    const target = to[layer] as { keys: HostTensor; values: HostTensor };
    copy(keys.data as Float32Array, target.keys.data as Float32Array);
    copy(values.data as Float32Array, target.values.data as Float32Array);
  }
}

/**
 * Attention of new tokens to all that the cache holds, themselves included.
 * @param rows int32 `[batch, kvHeads, n]`: where the new keys and values go.
 * @param mask `[batch, 1, n, capacity]`, added to the scores: 0 at places up to the token's own, −∞ after it.
 * @param next takes the written cache, layer by layer.
 */
export function attendToCache(
  cache: KeyValueCache<Tensor>,
  rows: Tensor,
  mask: Tensor,
  next: Record<string, { keys: Tensor; values: Tensor }>,
): Attend {
  return ({ layer, q, k, v }) => {
    const { keys, values } = cache[String(layer)] as { keys: Tensor; values: Tensor };
    const [batch = 1, heads = 1, n = 1, size = 1] = q.shape;
    const [, kvHeads = 1] = k.shape;
    const capacity = mask.shape.at(-1) ?? 1;
    const written = { keys: setRows(keys, rows, k), values: setRows(values, rows, v) };
    next[String(layer)] = written;
    const all = (part: Tensor) => reshape(part, [batch, kvHeads, capacity, size]);
    // The queries of the heads that share a key-value head are rows of one product.
    const shared = reshape(mul(q, 1 / Math.sqrt(size)), [batch, kvHeads, (heads / kvHeads) * n, size]);
    const scores = reshape(matmul(shared, all(written.keys), { transposeB: true }), [batch, heads, n, capacity]);
    const seen = softmax(add(scores, mask));
    const attended = matmul(reshape(seen, [batch, kvHeads, (heads / kvHeads) * n, capacity]), all(written.values));
    return reshape(attended, [batch, heads, n, size]);
  };
}
