import { abs, add, greaterEqual, mul, sqrt, square, where, type Tensor } from "@offprint/tensor";
import { composeAffine, constantLike, invertAffine } from "./affine-flows.ts";
import { wassersteinTwoSlopes } from "./comparisons/wasserstein-two-slopes.ts";
import { defineModel, small, type Model, type Parts } from "./model.ts";

/** x → negative∘x where x < 0, positive∘x where x ≥ 0, plus shift. A relation has one slope: negative = positive. */
type TwoSlopes = Parts<"shift" | "negative" | "positive">;

/**
 * NFE-2: flows with one slope below zero and another above, on standard normal variables.
 * @param official the released code keeps the two slopes in place when a relation mirrors (a < 0), which is not where the
 * flow carries the variable; by default they change sides then, as they must.
 */
const nfe2Variant = (official: boolean): Model => {
  const slope = (a: Tensor, kept: Tensor, other: Tensor): Tensor =>
    mul(a, official ? kept : where(greaterEqual(a, 0), kept, other));
  return defineModel({
    name: "nfe-2",
    title: official ? "NFE-2 (official)" : "NFE-2",
    source: "Xiao, He and Cao, AAAI 2023 (arXiv:2409.19977)",
    entity: { shift: small, negative: small, positive: small },
    relation: { shift: small, scale: small },
    permutations: {
      set: "random variables on Rᵈ; x₀ is standard normal",
      action: "x → negative∘x below 0, positive∘x above, plus shift; relations have one slope",
      compose: (outer: TwoSlopes, inner: TwoSlopes): TwoSlopes => ({
        shift: composeAffine(
          { shift: outer.shift, scale: outer.positive },
          { shift: inner.shift, scale: inner.positive },
        ).shift,
        negative: slope(outer.positive, inner.negative, inner.positive),
        positive: slope(outer.positive, inner.positive, inner.negative),
      }),
      invert: ({ shift, positive }) => oneSlope(invertAffine({ shift, scale: positive })),
      act: ({ shift, negative, positive }) => ({ mean: shift, negative: abs(negative), positive: abs(positive) }),
      // Root of the mean of both variances: the small term from the shifted mean of unequal slopes is left out.
      spread: ({ negative, positive }) => mul(Math.SQRT1_2, sqrt(add(square(negative), square(positive)))),
    },
    comparison: wassersteinTwoSlopes,
    entityPermutation: (parts) => parts,
    relationPermutation: (parts) => oneSlope(parts),
    relationParts: ({ shift, positive }) => ({ shift, scale: positive }),
    involution: ({ shift, scale }) => ({ shift, scale: constantLike(scale, -1) }),
  });
};

const oneSlope = ({ shift, scale }: Parts<"shift" | "scale">): TwoSlopes => ({
  shift,
  negative: scale,
  positive: scale,
});

export const nfe2 = nfe2Variant(false);
export const nfe2Official = nfe2Variant(true);
