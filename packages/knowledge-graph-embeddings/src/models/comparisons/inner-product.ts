import { add, concat, mul, sum, type Tensor } from "@offprint/tensor";
import type { Comparison, Parts } from "../model.ts";

/** Σ left·right over all parts: the real part of the inner product of complex numbers or quaternions. */
export function innerProduct<K extends string>(parts: readonly K[], formula: string): Comparison<Parts<K>> {
  const features = (image: Parts<K>): Tensor =>
    concat(
      parts.map((part) => image[part]),
      -1,
    ); // [n, K]
  return {
    kind: "similarity",
    formula,
    pairwise: (left, right) => parts.map((part) => sum(mul(left[part], right[part]), -1)).reduce(add),
    left: (image) => ({ vectors: features(image) }),
    right: (image) => ({ vectors: features(image) }),
  };
}
