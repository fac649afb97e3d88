import { add, mul, sub } from "@offprint/tensor";
import { requireNumber } from "../errors.ts";
import { branchOf, updateLeaves, zerosLike, type Optimizer } from "./optimizer.ts";

export interface SgdOptions {
  /** Share of the last velocity that stays, in [0, 1); default 0: none is kept. */
  readonly momentum?: number | undefined;
  /** Step along the velocity as it will be after one more decay (Nesterov). Needs momentum. */
  readonly nesterov?: boolean | undefined;
}

/** Gradient descent with momentum as in PyTorch: v ← μ v + g; p ← p − η v, or p ← p − η (g + μ v) with Nesterov. */
export function sgd({ momentum = 0, nesterov = false }: SgdOptions = {}): Optimizer {
  const wanted = nesterov ? "above 0 and below 1 with nesterov" : "at least 0 and below 1";
  requireNumber("momentum", momentum, wanted, (share) => share < 1 && (nesterov ? share > 0 : share >= 0));
  if (momentum === 0) {
    return {
      init: () => ({}),
      update: (grads, state, params, { learningRate }) => {
        const updated = updateLeaves(grads, {}, params, ({ param, grad }) => ({
          param: sub(param, mul(grad, learningRate)),
        }));
        return { params: updated.params, state };
      },
    };
  }
  return {
    init: (params) => ({ velocity: zerosLike(params) }),
    update: (grads, state, params, { learningRate }) => {
      const slots = { velocity: branchOf(state, "velocity") };
      const updated = updateLeaves(grads, slots, params, (leaf) => {
        const velocity = add(mul(leaf.velocity, momentum), leaf.grad);
        const direction = nesterov ? add(leaf.grad, mul(velocity, momentum)) : velocity;
        return { param: sub(leaf.param, mul(direction, learningRate)), velocity };
      });
      return { params: updated.params, state: updated.slots };
    },
  };
}
