import { affineInvolution, composeAffine, constantLike, invertAffine } from "./affine-flows.ts";
import { squaredDistance } from "./comparisons/squared-distance.ts";
import { defineModel, small } from "./model.ts";

/** NFE without uncertainty: affine maps of points; an entity moves the origin and has no scale of its own. */
export const nfeWithoutUncertainty = defineModel({
  name: "nfe-without-uncertainty",
  title: "NFE without uncertainty",
  source: "Xiao, He and Cao, AAAI 2023 (arXiv:2409.19977), ablation",
  entity: { shift: small },
  relation: { shift: small, scale: small },
  permutations: {
    set: "points of Rᵈ; x₀ = 0",
    action: "x → scale∘x + shift; entities only shift",
    compose: composeAffine,
    invert: invertAffine,
    act: ({ shift }) => ({ mean: shift }),
  },
  comparison: squaredDistance(["mean"], "squared Euclidean distance"),
  entityPermutation: ({ shift }) => ({ shift, scale: constantLike(shift, 1) }),
  relationPermutation: (parts) => parts,
  relationParts: (permutation) => permutation,
  involution: affineInvolution,
});
