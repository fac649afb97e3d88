import { add, atan, cos, div, mul, sin } from "@offprint/tensor";
import { constantLike } from "./affine-flows.ts";
import { squaredDistance } from "./comparisons/squared-distance.ts";
import { complexMultiplication } from "./complex-numbers.ts";
import { defineModel, small } from "./model.ts";

/** RotatE: relations turn each complex coordinate. Sun et al., ICLR 2019 (arXiv:1902.10197); squared distance, so that all
 * scores are one product. */
export const rotatE = defineModel({
  name: "rotate",
  title: "RotatE",
  source: "Sun et al., ICLR 2019 (arXiv:1902.10197), with the squared norm",
  entity: { real: small, imaginary: small },
  relation: { angle: { uniform: Math.PI } },
  permutations: { ...complexMultiplication, action: "entities: x → z∘x; relations: rotations, |z| = 1" },
  comparison: squaredDistance(["real", "imaginary"], "squared Euclidean distance"),
  entityPermutation: (parts) => parts,
  relationPermutation: ({ angle }) => ({ real: cos(angle), imaginary: sin(angle) }),
  // The half-angle formula, for |z| = 1: tan(φ/2) = sin φ / (1 + cos φ).
  relationParts: ({ real, imaginary }) => ({ angle: mul(2, atan(div(imaginary, add(1, real)))) }),
  involution: ({ angle }) => ({ angle: constantLike(angle, Math.PI) }),
});
