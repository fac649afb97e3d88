import {
  add,
  cast,
  constant,
  div,
  mul,
  sqrt,
  sub,
  tanh,
  type HostTensor,
  type Tensor,
  type TensorLike,
} from "@offprint/tensor";
import { requireNumber } from "../errors.ts";
import { branchOf, OptimizerStructureError, updateLeaves, zerosLike, type Optimizer } from "./optimizer.ts";

export interface AdamOptions {
  /** Decay of the mean of gradients, in [0, 1); default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the mean of squared gradients, in [0, 1); default 0.999. */
  readonly beta2?: number | undefined;
  /** Added to the root of the bias-corrected mean of squares, as in PyTorch; > 0, default 1e-8. */
  readonly epsilon?: number | undefined;
}

/** Adam. Kingma & Ba, ICLR 2015 (arXiv:1412.6980), with ε outside the root as in PyTorch. */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamWithDecay(options, 0);
}

/**
 * Adam whose parameters shrink by the factor 1 − η·`weightDecay` in each update, apart from their gradients.
 *
 * The update p ← p − η m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ), is rearranged so that each number
 * is touched as few times as possible. The state keeps the sums M = m / (1 − β₁) and V = v / (1 − β₂), and everything
 * that is the same for all numbers goes into two scalars:
 *
 *     M ← β₁ M + g,  V ← β₂ V + g²,  p ← p − rate · M / (√V + floor)
 *     floor = ε √((1 − β₂ᵗ) / (1 − β₂)),  rate = η (1 − β₁) / (1 − β₁ᵗ) · floor / ε
 */
export function adamWithDecay(
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions,
  weightDecay: number,
): Optimizer {
  requireNumber("beta1", beta1, "at least 0 and below 1", (beta) => beta >= 0 && beta < 1);
  requireNumber("beta2", beta2, "at least 0 and below 1", (beta) => beta >= 0 && beta < 1);
  requireNumber("epsilon", epsilon, "above 0", (value) => value > 0);
  return {
    init: (params) => {
      const updates: HostTensor = { dtype: "int32", shape: [], data: Int32Array.of(0) };
      return { updates, gradients: zerosLike(params), squares: zerosLike(params) };
    },
    update: (grads, state, params, { learningRate }) => {
      const before = branchOf(state, "updates");
      if (!isScalar(before)) throw new OptimizerStructureError("updates", "must be a scalar; use the state of init");
      const updates = add(before, 1);
      const count = cast(updates, "float32");
      const spread = sqrt(div(biasCorrection(beta2, count), 1 - beta2));
      const floor = mul(spread, epsilon);
      const rate = mul(mul(div(spread, biasCorrection(beta1, count)), 1 - beta1), learningRate);
      const shrink: TensorLike | undefined = weightDecay === 0 ? undefined : sub(1, mul(learningRate, weightDecay));

      const slots = { gradients: branchOf(state, "gradients"), squares: branchOf(state, "squares") };
      const updated = updateLeaves(grads, slots, params, ({ param, grad, ...sums }) => {
        const gradients = add(mul(sums.gradients, beta1), grad);
        const squares = add(mul(sums.squares, beta2), mul(grad, grad));
        const step = mul(div(gradients, add(sqrt(squares), floor)), rate);
        return { param: sub(shrink ? mul(param, shrink) : param, step), gradients, squares };
      });
      return { params: updated.params, state: { updates, ...updated.slots } };
    },
  };
}

/**
 * 1 − βᵗ to float32's precision at every t ≥ 1, where the plain formula loses three digits for β near 1:
 * with x = −t ln β it is 1 − e⁻ˣ = 2τ / (1 + τ), τ = tanh(x / 2), and nothing cancels.
 */
function biasCorrection(beta: number, count: Tensor): Tensor {
  if (beta === 0) return constant(1);
  const half = tanh(mul(count, -Math.log(beta) / 2));
  return div(mul(half, 2), add(half, 1));
}

function isScalar(state: unknown): state is Tensor {
  return (
    typeof state === "object" &&
    state !== null &&
    "shape" in state &&
    Array.isArray(state.shape) &&
    state.shape.length === 0
  );
}
