/** What the architectures have in common: heads split and joined, positions, layers recomputed. */
import { causalAttention, checkpoint, reshape, transpose, type Shape, type Tensor } from "@offprint/tensor";
import { ContextError } from "./errors.ts";
import type { Attend, Weights } from "./model.ts";

/** Each token sees itself and all before it. */
export const fullAttention: Attend = ({ q, k, v }) => causalAttention(q, k, v);

/** `[b, n, heads · d] → [b, heads, n, d]` */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch = 1, n = 1, width = 1] = x.shape;
  return transpose(reshape(x, [batch, n, heads, width / heads]), [0, 2, 1, 3]);
}

/** `[b, heads, n, d] → [b, n, heads · d]` */
export function joinHeads(x: Tensor): Tensor {
  const [batch = 1, heads = 1, n = 1, size = 1] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, n, heads * size]);
}

/**
 * A layer whose intermediate values are computed again in the backward pass.
 * @param prefix of all weights that the layer reads: other weights would get no gradient.
 */
export function recomputed(
  layer: (weights: Weights, x: Tensor) => Tensor,
  weights: Weights,
  prefix: string,
): (x: Tensor) => Tensor {
  const again = checkpoint((x: Tensor, own: Readonly<Record<string, Tensor>>) => layer(weights.with(own), x));
  return (x) => again(x, weights.under(prefix));
}

/** Batch and length of token ids `[b, n]`. @throws {ContextError} for another rank. */
export function batchOf(ids: Tensor): { readonly batch: number; readonly n: number } {
  const [batch, n] = ids.shape;
  if (ids.rank !== 2 || batch === undefined || n === undefined)
    throw new ContextError(`token ids must be [batch, tokens], got [${ids.shape.join(", ")}]`);
  return { batch, n };
}

/** Checks that positions are `[n]` or `[b, n]`. @throws {ContextError} for another shape. */
export function checkPositions(positions: Tensor | undefined, batch: number, n: number): void {
  const shape: Shape = positions?.shape ?? [n];
  if (shape.at(-1) === n && (shape.length === 1 || (shape.length === 2 && shape[0] === batch))) return;
  throw new ContextError(`positions must be [${n}] or [${batch}, ${n}] like the ids, got [${shape.join(", ")}]`);
}
