import { add, div, exp, log, mul, neg, reciprocal, softplus, sub, type Tensor } from "@offprint/tensor";
import { affineFlows, constantLike, type Affine } from "./affine-flows.ts";
import { kullbackLeibler } from "./comparisons/kullback-leibler.ts";
import { defineModel, small, type Model, type Parts } from "./model.ts";

/** The number whose softplus is y > 0: log(eʸ − 1) = y + log(1 − e⁻ʸ). */
const softplusInverse = (y: Tensor): Tensor => add(y, log(sub(1, exp(neg(y)))));

/** NFE-3: affine flows of normal variables, scales kept positive by softplus, compared by the Kullback-Leibler divergence. */
export const nfe3: Model = defineModel({
  name: "nfe-3",
  title: "NFE-3",
  source: "Xiao, He and Cao, AAAI 2023 (arXiv:2409.19977)",
  entity: { shift: small, scale: small },
  relation: { shift: small, scale: small },
  permutations: {
    ...affineFlows,
    set: "random variables on Rᵈ; x₀ is standard normal",
    act: ({ shift, scale }) => ({ mean: shift, scale }),
  },
  comparison: kullbackLeibler,
  entityPermutation: ({ shift, scale }): Affine => ({ shift, scale: softplus(scale) }),
  relationPermutation: ({ shift, scale }): Affine => ({ shift, scale: softplus(scale) }),
  relationParts: ({ shift, scale }) => ({ shift, scale: softplusInverse(scale) }),
  // An increasing map that undoes itself is the identity.
  involution: ({ shift, scale }) => ({
    shift: constantLike(shift, 0),
    scale: constantLike(scale, Math.log(Math.E - 1)),
  }),
});

/** A mean multiplied by one number and a scale by another. */
type TwoMaps = Parts<"shift" | "meanScale" | "scale">;

/**
 * NFE-3 as released: the mean is multiplied by a itself, the scale by softplus(a). These are two maps, not one flow, so
 * inverse and composition of relations are not relations.
 */
export const nfe3Official: Model = defineModel({
  name: "nfe-3",
  title: "NFE-3 (official)",
  source: "Xiao, He and Cao, AAAI 2023, as in the released code",
  entity: { shift: small, scale: small },
  relation: { shift: small, scale: small },
  permutations: {
    set: "pairs of a mean and a scale on Rᵈ",
    action: "mean → a∘mean + b, scale → softplus(a)∘scale",
    compose: (outer: TwoMaps, inner: TwoMaps): TwoMaps => ({
      shift: add(mul(outer.meanScale, inner.shift), outer.shift),
      meanScale: mul(outer.meanScale, inner.meanScale),
      scale: mul(outer.scale, inner.scale),
    }),
    invert: ({ shift, meanScale, scale }: TwoMaps) => ({
      shift: neg(div(shift, meanScale)),
      meanScale: reciprocal(meanScale),
      scale: reciprocal(scale),
    }),
    act: ({ shift, scale }: TwoMaps) => ({ mean: shift, scale }),
    spread: ({ scale }: Parts<"mean" | "scale">) => scale,
  },
  comparison: kullbackLeibler,
  entityPermutation: ({ shift, scale }) => ({ shift, meanScale: constantLike(scale, 1), scale: softplus(scale) }),
  relationPermutation: ({ shift, scale }) => ({ shift, meanScale: scale, scale: softplus(scale) }),
  relationParts: ({ shift, meanScale }) => ({ shift, scale: meanScale }),
  involution: ({ shift, scale }) => ({ shift, scale: constantLike(scale, -1) }),
});
