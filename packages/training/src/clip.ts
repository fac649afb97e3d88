import {
  add,
  constant,
  div,
  isTensor,
  min,
  mul,
  sqrt,
  sum,
  treeLeaves,
  treeMap,
  type Tensor,
  type TensorTree,
} from "@offprint/tensor";
import { requireNumber } from "./errors.ts";

/** The Euclidean norm of all gradients together, a scalar. */
export function globalNorm(grads: TensorTree): Tensor {
  const squares = treeLeaves<Tensor>(grads, isTensor).map(([, grad]) => sum(mul(grad, grad)));
  return sqrt(squares.reduce((total, square) => add(total, square), constant(0)));
}

/**
 * Scales all gradients by one factor such that their global norm is at most `maxNorm`; smaller ones stay as they are.
 * @returns the gradients, and the norm they had before, a scalar worth watching.
 */
export function clipByGlobalNorm<G extends TensorTree>(
  grads: G,
  maxNorm: number,
): { readonly grads: G; readonly norm: Tensor } {
  requireNumber("maxNorm", maxNorm, "above 0", (norm) => norm > 0);
  const norm = globalNorm(grads);
  const factor = min(div(maxNorm, add(norm, 1e-6)), 1);
  return { grads: treeMap<Tensor, Tensor>(grads, isTensor, (grad) => mul(grad, factor)) as G, norm };
}
