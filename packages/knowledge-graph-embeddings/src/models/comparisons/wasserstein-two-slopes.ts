import { add, concat, mul, neg, square, sub, sum, type Tensor } from "@offprint/tensor";
import type { Comparison, Parts } from "../model.ts";

/** 2·E[z·1(z > 0)] of a standard normal z. */
const c = Math.sqrt(2 / Math.PI);

/**
 * Squared 2-Wasserstein distance of two variables `mean + negative·z` (z < 0), `mean + positive·z` (z ≥ 0) with a standard
 * normal z: the integral over u in (0, 1) of the squared difference of their quantile functions.
 */
export const wassersteinTwoSlopes: Comparison<Parts<"mean" | "negative" | "positive">> = {
  kind: "distance",
  formula: "squared 2-Wasserstein distance of two-slope images of the normal law",
  pairwise: (left, right) => {
    const m = sub(left.mean, right.mean);
    const n = sub(left.negative, right.negative);
    const p = sub(left.positive, right.positive);
    const halves = mul(0.5, add(square(n), square(p)));
    return neg(sum(add(add(square(m), halves), mul(c, mul(m, sub(p, n)))), -1));
  },
  left: ({ mean: m, negative: n, positive: p }) => ({
    vectors: concat([add(mul(2, m), mul(c, sub(p, n))), sub(n, mul(c, m)), add(p, mul(c, m))], -1), // [b, 3d]
    bias: ownNorm(m, n, p),
  }),
  right: ({ mean: m, negative: n, positive: p }) => ({ vectors: concat([m, n, p], -1), bias: ownNorm(m, n, p) }),
};

/** The distance's terms that know one side only. */
const ownNorm = (m: Tensor, n: Tensor, p: Tensor): Tensor =>
  sum(add(add(square(m), mul(0.5, add(square(n), square(p)))), mul(c, mul(m, sub(p, n)))), -1);
