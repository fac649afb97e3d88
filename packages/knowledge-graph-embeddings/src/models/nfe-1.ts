import { affineFlows, affineInvolution } from "./affine-flows.ts";
import { squaredDistance } from "./comparisons/squared-distance.ts";
import { defineModel, small } from "./model.ts";

/** NFE-1: affine flows of random variables, compared by the squared 2-Wasserstein distance. */
export const nfe1 = defineModel({
  name: "nfe-1",
  title: "NFE-1",
  source: "Xiao, He and Cao, AAAI 2023 (arXiv:2409.19977)",
  entity: { shift: small, scale: small },
  relation: { shift: small, scale: small },
  permutations: affineFlows,
  comparison: squaredDistance(["mean", "scale"], "squared 2-Wasserstein distance: Σ(mean − mean)² + Σ(scale − scale)²"),
  entityPermutation: (parts) => parts,
  relationPermutation: (parts) => parts,
  relationParts: (permutation) => permutation,
  involution: affineInvolution,
});
