import { add, concat, mul, neg, square, sub, sum, type Tensor } from "@offprint/tensor";
import type { Comparison, Parts } from "../model.ts";

/** Σ over all parts of Σ (left − right)²; for two affine images of one variable this is the squared 2-Wasserstein distance. */
export function squaredDistance<K extends string>(parts: readonly K[], formula: string): Comparison<Parts<K>> {
  const features = (image: Parts<K>): Tensor =>
    concat(
      parts.map((part) => image[part]),
      -1,
    ); // [n, K]
  const squaredNorm = (x: Tensor): Tensor => sum(square(x), -1);
  const ownNorm = (image: Parts<K>): Tensor => parts.map((part) => squaredNorm(image[part])).reduce(add);
  return {
    kind: "distance",
    formula,
    pairwise: (left, right) => neg(parts.map((part) => squaredNorm(sub(left[part], right[part]))).reduce(add)),
    // −‖x − y‖² = 2x·y − ‖x‖² − ‖y‖²
    left: (image) => ({ vectors: mul(2, features(image)), bias: ownNorm(image) }),
    right: (image) => ({ vectors: features(image), bias: ownNorm(image) }),
  };
}
