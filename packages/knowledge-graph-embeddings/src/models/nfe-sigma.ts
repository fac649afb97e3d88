import { abs, mul, reciprocal } from "@offprint/tensor";
import { squaredDistance } from "./comparisons/squared-distance.ts";
import { defineModel, small, type Parts } from "./model.ts";
import { constantLike } from "./affine-flows.ts";

/** NFE-σ: scales alone. Dilations of random variables with mean 0, compared by their scales. */
export const nfeSigma = defineModel({
  name: "nfe-sigma",
  title: "NFE-σ",
  source: "Xiao, He and Cao, AAAI 2023 (arXiv:2409.19977), ablation",
  entity: { scale: small },
  relation: { scale: small },
  permutations: {
    set: "random variables on Rᵈ with mean 0; x₀ has variance 1",
    action: "x → scale∘x",
    compose: (outer: Parts<"scale">, inner: Parts<"scale">): Parts<"scale"> => ({
      scale: mul(outer.scale, inner.scale),
    }),
    invert: ({ scale }) => ({ scale: reciprocal(scale) }),
    act: ({ scale }) => ({ scale: abs(scale) }),
    spread: ({ scale }: Parts<"scale">) => scale,
  },
  comparison: squaredDistance(["scale"], "squared 2-Wasserstein distance: Σ(scale − scale)²"),
  entityPermutation: (parts) => parts,
  relationPermutation: (parts) => parts,
  relationParts: (permutation) => permutation,
  involution: ({ scale }) => ({ scale: constantLike(scale, -1) }),
});
