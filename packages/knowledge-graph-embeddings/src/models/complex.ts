import { constantLike } from "./affine-flows.ts";
import { innerProduct } from "./comparisons/inner-product.ts";
import { complexMultiplication } from "./complex-numbers.ts";
import { defineModel, small } from "./model.ts";

/** ComplEx: complex multiplications, Re⟨h∘r, t̄⟩. Trouillon et al., ICML 2016 (arXiv:1606.06357). */
export const complEx = defineModel({
  name: "complex",
  title: "ComplEx",
  source: "Trouillon et al., ICML 2016 (arXiv:1606.06357)",
  entity: { real: small, imaginary: small },
  relation: { real: small, imaginary: small },
  permutations: complexMultiplication,
  comparison: innerProduct(["real", "imaginary"], "real part of the Hermitian inner product"),
  entityPermutation: (parts) => parts,
  relationPermutation: (parts) => parts,
  relationParts: (permutation) => permutation,
  involution: ({ real, imaginary }) => ({ real: constantLike(real, -1), imaginary: constantLike(imaginary, 0) }),
});
