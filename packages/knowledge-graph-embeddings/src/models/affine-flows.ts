import { abs, add, div, mul, neg, reciprocal, type Tensor } from "@offprint/tensor";
import type { Parts, Permutations } from "./model.ts";

/** x → scale∘x + shift. */
export type Affine = Parts<"shift" | "scale">;
/** A law with a mean and a standard deviation in every coordinate. */
export type Law = Parts<"mean" | "scale">;

/** outer∘inner of affine maps: a(σx + μ) + b = (aσ)x + (aμ + b). */
export const composeAffine = (outer: Affine, inner: Affine): Affine => ({
  shift: add(mul(outer.scale, inner.shift), outer.shift),
  scale: mul(outer.scale, inner.scale),
});

/** y → (y − shift)/scale. */
export const invertAffine = ({ shift, scale }: Affine): Affine => ({
  shift: neg(div(shift, scale)),
  scale: reciprocal(scale),
});

/** Affine flows of random variables. The base variable has mean 0 and variance 1; which law it has does not matter. */
export const affineFlows: Permutations<Affine, Law> = {
  set: "random variables on Rᵈ; x₀ has mean 0 and variance 1",
  action: "x → scale∘x + shift",
  compose: composeAffine,
  invert: invertAffine,
  act: ({ shift, scale }) => ({ mean: shift, scale: abs(scale) }),
  spread: ({ scale }) => scale,
};

/** A relation that undoes itself: a = −1, any shift. */
export const affineInvolution = ({ shift, scale }: Affine): Affine => ({ shift, scale: constantLike(scale, -1) });

/** A tensor of one value with the shape of `x`. */
export const constantLike = (x: Tensor, value: number): Tensor => add(mul(x, 0), value);
