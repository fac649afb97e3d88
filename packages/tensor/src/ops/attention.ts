import { InvalidArgumentError } from "../errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import { add, mul, neg, sub, sumTo } from "./arithmetic.ts";
import { softmax } from "./activation.ts";
import { matmul } from "./matmul.ts";
import { concat, slice } from "./movement.ts";
import { primitive } from "./primitive.ts";
import { lengthOf } from "./shapes.ts";

/** (x₁, x₂) → (−x₂, x₁) on the two halves of the last axis. */
function rotateHalf(x: Tensor): Tensor {
  const half = lengthOf(x.shape, -1) / 2;
  return concat([neg(slice(x, { axis: -1, start: half })), slice(x, { axis: -1, end: half })], -1);
}

const rotaryPrimitive = primitive({
  name: "rotary",
  forward: (x, cos, sin) => add(mul(x, cos), mul(rotateHalf(x), sin)),
  backward: ({ inputs: [x, cos, sin], grad }) => {
    if (!x || !cos || !sin) return [];
    // The rotation's transpose turns the other way: rotateHalf is skew-symmetric.
    const byX = sub(mul(grad, cos), rotateHalf(mul(grad, sin)));
    return [byX, sumTo(mul(grad, x), cos.shape), sumTo(mul(grad, rotateHalf(x)), sin.shape)];
  },
});

/**
 * Rotary position embedding: the pair (xᵢ, xᵢ₊d/2) turned by the angle whose cosine and sine are given.
 * @param x `[..., n, d]`, d even.
 * @param cos `[n, d]` (each angle twice, as in `cat(angles, angles)`), broadcast over earlier axes.
 * @see Su et al. 2021 (arXiv:2104.09864), in the half-split layout of Llama checkpoints.
 */
export function rotary(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  if (lengthOf(x.shape, -1) % 2 !== 0) {
    throw new InvalidArgumentError("rotary", "an even last axis", `shape [${x.shape.join(", ")}]`);
  }
  return rotaryPrimitive(x, cos, sin);
}

/** Settings of attention. */
export interface AttentionOptions {
  /** Added to the scores, broadcast to `[..., n, m]`: 0 where a query may look, a large negative number where not. */
  readonly mask?: Tensor;
  /** Factor of the scores; 1/√d where absent. */
  readonly scale?: number;
}

/** softmax(q·kᵀ·scale + mask)·v: `[..., n, d], [..., m, d], [..., m, e] → [..., n, e]`. */
export function attention(q: Tensor, k: Tensor, v: Tensor, { mask, scale }: AttentionOptions = {}): Tensor {
  const factor = scale ?? 1 / Math.sqrt(lengthOf(q.shape, -1));
  const scores = matmul(mul(q, factor), k, { transposeB: true });
  return matmul(softmax(mask ? add(scores, mask) : scores), v);
}
