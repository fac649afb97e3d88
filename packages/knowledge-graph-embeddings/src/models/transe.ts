import { add, neg } from "@offprint/tensor";
import { constantLike } from "./affine-flows.ts";
import { squaredDistance } from "./comparisons/squared-distance.ts";
import { defineModel, small, type Parts } from "./model.ts";

/** TransE: translations of points. Bordes et al., NeurIPS 2013. Compared by the squared norm, as in NFE's code. */
export const transE = defineModel({
  name: "transe",
  title: "TransE",
  source: "Bordes et al., NeurIPS 2013",
  entity: { shift: small },
  relation: { shift: small },
  permutations: {
    set: "points of Rᵈ; x₀ = 0",
    action: "x → x + shift",
    compose: (outer: Parts<"shift">, inner: Parts<"shift">): Parts<"shift"> => ({
      shift: add(outer.shift, inner.shift),
    }),
    invert: ({ shift }) => ({ shift: neg(shift) }),
    act: (permutation) => permutation,
  },
  comparison: squaredDistance(["shift"], "squared Euclidean distance"),
  entityPermutation: (parts) => parts,
  relationPermutation: (parts) => parts,
  relationParts: (permutation) => permutation,
  involution: ({ shift }) => ({ shift: constantLike(shift, 0) }),
});
