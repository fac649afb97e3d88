import { add, concat, div, log, mul, neg, reciprocal, square, sub, sum } from "@offprint/tensor";
import type { Comparison, Parts } from "../model.ts";

/** KL(left ‖ right) of Gaussians with independent coordinates: Σ ln(s₂/s₁) + (s₁² + (m − μ)²)/(2s₂²) − ½. Not symmetric. */
export const kullbackLeibler: Comparison<Parts<"mean" | "scale">> = {
  kind: "distance",
  formula: "Kullback-Leibler divergence of the head side's normal law from the tail's",
  pairwise: ({ mean: m, scale: s1 }, { mean: mu, scale: s2 }) => {
    const spread = div(add(square(s1), square(sub(m, mu))), mul(2, square(s2)));
    return neg(sum(sub(add(sub(log(s2), log(s1)), spread), 0.5), -1));
  },
  left: ({ mean: m, scale: s1 }) => ({
    vectors: concat([mul(-0.5, add(square(s1), square(m))), m], -1), // [b, 2d]
    bias: neg(sum(add(log(s1), 0.5), -1)),
  }),
  right: ({ mean: mu, scale: s2 }) => {
    const precision = square(reciprocal(s2)); // s₂⁻²
    return {
      vectors: concat([precision, mul(mu, precision)], -1), // [n, 2d]
      bias: sum(add(log(s2), mul(0.5, mul(square(mu), precision))), -1),
    };
  },
};
