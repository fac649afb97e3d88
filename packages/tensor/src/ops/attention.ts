import type { Shape } from "../dtype.ts";
import { InvalidArgumentError, ShapeMismatchError } from "../errors.ts";
import type { Op, Tensor } from "../graph/tensor.ts";
import { add, mul, neg } from "./arithmetic.ts";
import { softmax } from "./activation.ts";
import { matmul } from "./matmul.ts";
import { apply, lengthOf, sameShape } from "./shapes.ts";

const rotaryOp: Op<Record<string, never>> = {
  name: "rotary",
  emit: (emitter, [x = "", cos = "", sin = ""], node) => {
    const [length, size] = [lengthOf(node.shape, -2), lengthOf(node.shape, -1)];
    const angles = (node.inputs[1]?.size ?? 0) / size; // one table, or one for each element of the batch
    const batch = angles / length;
    const reshaped = (name: string, shape: Shape) => emitter.node("Reshape", [name, emitter.ints(shape)]);
    // The engine's tables have each angle once.
    const table = (name: string): string => {
      const [from, to, axis] = [0, size / 2, 1].map((value) => emitter.ints([value]));
      return emitter.node("Slice", [reshaped(name, [angles, size]), from ?? "", to ?? "", axis ?? ""]);
    };
    const heads = reshaped(x, [batch, node.size / angles / size, length, size]);
    const rows =
      batch === 1
        ? emitter.ints([0]) // the first one
        : emitter.constant({
            dtype: "int64",
            shape: [batch, length],
            data: BigInt64Array.from({ length: angles }, (_, i) => BigInt(i)),
          });
    const inputs = [heads, rows, table(cos), table(sin)];
    return reshaped(emitter.node("RotaryEmbedding", inputs, {}, { domain: "com.microsoft" }), node.shape);
  },
  // The transpose of a rotation turns the other way.
  derivative: ({ inputs: [, cos, sin], grad }) => [cos && sin && rotary(grad, cos, neg(sin)), undefined, undefined],
  flops: (node) => 3 * node.size,
};

/**
 * Rotary position embedding: the pair (xᵢ, xᵢ₊d/2) turned by the angle whose cosine and sine are given.
 * @param x `[..., n, d]`, d even.
 * @param cos `[n, d]` (each angle twice, as in `cat(angles, angles)`), or `[b, 1, n, d]` for x `[b, heads, n, d]`. A table:
 *   gradients do not reach it.
 * @see Su et al. 2021 (arXiv:2104.09864), in the half-split layout of Llama checkpoints.
 */
export function rotary(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  if (lengthOf(x.shape, -1) % 2 !== 0) {
    throw new InvalidArgumentError("rotary", "an even last axis", `shape [${x.shape.join(", ")}]`);
  }
  const tables: readonly Shape[] = [x.shape.slice(-2), [lengthOf(x.shape, 0), 1, ...x.shape.slice(-2)]];
  for (const { shape } of [cos, sin]) {
    if (!tables.some((wanted) => sameShape(wanted, shape) && wanted.length <= x.rank))
      throw new ShapeMismatchError(
        "rotary",
        x.shape,
        shape,
        "cosines and sines are [n, d], or [b, 1, n, d] for a batch",
      );
  }
  return apply(rotaryOp, [x, cos, sin], x.dtype, x.shape, {});
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
