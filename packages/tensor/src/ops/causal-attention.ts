import { InvalidArgumentError, ShapeMismatchError } from "../errors.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { softmax } from "./activation.ts";
import { add, mul, reshape, sub } from "./arithmetic.ts";
import { cast, equal } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { lengthOf, sameShape } from "./shapes.ts";

/** Settings of causal attention. */
export interface CausalAttentionOptions {
  /** Factor of the scores; 1/√d where absent. */
  readonly scale?: number;
  /** int32 `[b, n]`: a position sees only those with its own number. Needs as many keys as queries. */
  readonly documents?: Tensor;
}

/** Added to a score that must not count: e to this is 0 in float32, and sums of a few of them stay finite. */
const never = -1e30;

/**
 * softmax(q·kᵀ·scale)·v, where query i of n sees the keys 0 … i + m − n:
 * `[b, heads, n, d], [b, kvHeads, m, d], [b, kvHeads, m, e] → [b, heads, n, e]`.
 * Query head i reads key-value head ⌊i · kvHeads / heads⌋, which is never repeated in memory (Ainslie et al. 2023,
 * arXiv:2305.13245). Padding on the right needs no mask: no earlier position sees it.
 * @throws {ShapeMismatchError} unless `kvHeads` divides `heads` and m ≥ n.
 */
export function causalAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { scale, documents }: CausalAttentionOptions = {},
): Tensor {
  const [b = 0, heads = 0, n = 0, d = 0] = q.shape;
  const [, kvHeads = 0, m = 0] = k.shape;
  const fits =
    q.rank === 4 && sameShape(k.shape, [b, kvHeads, m, d]) && sameShape(v.shape.slice(0, 3), [b, kvHeads, m]);
  if (!fits || v.rank !== 4 || heads % kvHeads !== 0 || m < n) {
    const wanted = "queries [b, heads, n, d], keys [b, kvHeads, m, d], kvHeads a divisor of heads, m ≥ n";
    throw new ShapeMismatchError("causalAttention", q.shape, k.shape, wanted);
  }
  if (documents && (m !== n || !sameShape(documents.shape, [b, n]))) {
    throw new InvalidArgumentError(
      "causalAttention",
      `documents [${b}, ${n}]`,
      `shape [${documents.shape.join(", ")}]`,
    );
  }
  const rows = (heads / kvHeads) * n; // the heads that share keys are further rows of one product
  const factor = scale ?? 1 / Math.sqrt(d);
  const scores = matmul(reshape(mul(q, factor), [b, kvHeads, rows, d]), k, { transposeB: true });
  let masked = add(reshape(scores, [b, kvHeads, heads / kvHeads, n, m]), causalMask(n, m));
  if (documents) {
    const same = cast(equal(reshape(documents, [b, 1, 1, n, 1]), reshape(documents, [b, 1, 1, 1, n])), q.dtype);
    masked = add(masked, mul(sub(1, same), never));
  }
  const weights = reshape(softmax(masked), [b, kvHeads, rows, m]);
  return reshape(matmul(weights, v), [b, heads, n, lengthOf(v.shape, -1)]);
}

/** `[n, m]`: 0 at the keys that a query sees. */
function causalMask(n: number, m: number): Tensor {
  const data = Float32Array.from({ length: n * m }, (_, i) => (i % m <= Math.floor(i / m) + m - n ? 0 : never));
  return constant({ dtype: "float32", shape: [n, m], data });
}
