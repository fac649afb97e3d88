import { add, div, mul, neg, sqrt, square, sub, type Tensor } from "@offprint/tensor";
import { constantLike } from "./affine-flows.ts";
import { innerProduct } from "./comparisons/inner-product.ts";
import { defineModel, small, type Parts } from "./model.ts";

/** Quaternions w + xi + yj + zk. */
type Quaternion = Parts<"w" | "x" | "y" | "z">;

/** The Hamilton product a·b. */
const hamilton = (a: Quaternion, b: Quaternion): Quaternion => ({
  w: sub(sub(sub(mul(a.w, b.w), mul(a.x, b.x)), mul(a.y, b.y)), mul(a.z, b.z)),
  x: sub(add(add(mul(a.w, b.x), mul(a.x, b.w)), mul(a.y, b.z)), mul(a.z, b.y)),
  y: add(add(sub(mul(a.w, b.y), mul(a.x, b.z)), mul(a.y, b.w)), mul(a.z, b.x)),
  z: add(sub(add(mul(a.w, b.z), mul(a.x, b.y)), mul(a.y, b.x)), mul(a.z, b.w)),
});

const squaredNorm = ({ w, x, y, z }: Quaternion): Tensor => add(add(square(w), square(x)), add(square(y), square(z)));

const divided = ({ w, x, y, z }: Quaternion, by: Tensor): Quaternion => ({
  w: div(w, by),
  x: div(x, by),
  y: div(y, by),
  z: div(z, by),
});

/** QuatE: relations are unit quaternions that multiply from the right, ⟨h ⊗ r/|r|, t⟩. Zhang et al., NeurIPS 2019 (arXiv:1904.10281). */
export const quatE = defineModel({
  name: "quate",
  title: "QuatE",
  source: "Zhang et al., NeurIPS 2019 (arXiv:1904.10281)",
  entity: { w: small, x: small, y: small, z: small },
  relation: { w: small, x: small, y: small, z: small },
  permutations: {
    set: "points of Hᵈ (quaternions); x₀ = (1, …, 1)",
    action: "x → x ⊗ q; relations have |q| = 1",
    // Multiplying by `inner` first and by `outer` then is multiplying by inner ⊗ outer.
    compose: (outer: Quaternion, inner: Quaternion) => hamilton(inner, outer),
    invert: (q) => {
      const { w, x, y, z } = divided(q, squaredNorm(q));
      return { w, x: neg(x), y: neg(y), z: neg(z) };
    },
    act: (permutation) => permutation,
  },
  comparison: innerProduct(["w", "x", "y", "z"], "inner product"),
  entityPermutation: (parts) => parts,
  relationPermutation: (parts) => divided(parts, sqrt(add(squaredNorm(parts), 1e-24))),
  relationParts: (permutation) => permutation,
  involution: ({ w, x, y, z }) => ({
    w: constantLike(w, -1),
    x: constantLike(x, 0),
    y: constantLike(y, 0),
    z: constantLike(z, 0),
  }),
});
