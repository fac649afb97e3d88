import { add, div, mul, neg, square, sub } from "@offprint/tensor";
import type { Parts, Permutations } from "./model.ts";

/** Complex numbers by real and imaginary part. */
export type Complex = Parts<"real" | "imaginary">;

/** Multiplication of complex points by complex numbers other than 0. */
export const complexMultiplication: Permutations<Complex, Complex> = {
  set: "points of Cᵈ; x₀ = (1, …, 1)",
  action: "x → z∘x with complex z, none 0",
  compose: (w, z) => ({
    real: sub(mul(w.real, z.real), mul(w.imaginary, z.imaginary)),
    imaginary: add(mul(w.real, z.imaginary), mul(w.imaginary, z.real)),
  }),
  invert: ({ real, imaginary }) => {
    const squaredModulus = add(square(real), square(imaginary));
    return { real: div(real, squaredModulus), imaginary: neg(div(imaginary, squaredModulus)) };
  },
  act: (permutation) => permutation,
};
