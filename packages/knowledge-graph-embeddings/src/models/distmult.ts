import { mul, reciprocal } from "@offprint/tensor";
import { constantLike } from "./affine-flows.ts";
import { innerProduct } from "./comparisons/inner-product.ts";
import { defineModel, small, type Parts } from "./model.ts";

/** DistMult: dilations of points, ⟨h∘r, t⟩. Yang et al., ICLR 2015 (arXiv:1412.6575). */
export const distMult = defineModel({
  name: "distmult",
  title: "DistMult",
  source: "Yang et al., ICLR 2015 (arXiv:1412.6575)",
  entity: { scale: small },
  relation: { scale: small },
  permutations: {
    set: "points of Rᵈ; x₀ = (1, …, 1)",
    action: "x → scale∘x, no scale 0",
    compose: (outer: Parts<"scale">, inner: Parts<"scale">): Parts<"scale"> => ({
      scale: mul(outer.scale, inner.scale),
    }),
    invert: ({ scale }) => ({ scale: reciprocal(scale) }),
    act: (permutation) => permutation,
  },
  comparison: innerProduct(["scale"], "inner product"),
  entityPermutation: (parts) => parts,
  relationPermutation: (parts) => parts,
  relationParts: (permutation) => permutation,
  involution: ({ scale }) => ({ scale: constantLike(scale, -1) }),
});
