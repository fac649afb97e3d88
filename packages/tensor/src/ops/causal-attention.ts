import { InvalidArgumentError, ShapeMismatchError } from "../errors.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import { softmax } from "./activation.ts";
import { add, broadcastTo, mul, reshape } from "./arithmetic.ts";
import { attendUnits, unitGradients, type Units } from "./causal-tiles.ts";
import { cast } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { concat, slice, transpose } from "./movement.ts";
import { primitive } from "./primitive.ts";
import { lengthOf, sameShape } from "./shapes.ts";

/** Settings of causal attention. */
export interface CausalAttentionOptions {
  /** Factor of the scores; 1/√d where absent. */
  readonly scale?: number;
  /**
   * 0, …, n ascending: the sequence is cut there and a position sees only its own piece. Absent: one piece. Needs as many
   * keys as queries.
   */
  readonly borders?: readonly number[];
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
export function causalAttention(q: Tensor, k: Tensor, v: Tensor, options: CausalAttentionOptions = {}): Tensor {
  const [b = 0, heads = 0, n = 0, d = 0] = q.shape;
  const [, kvHeads = 0, m = 0] = k.shape;
  const fits =
    q.rank === 4 && sameShape(k.shape, [b, kvHeads, m, d]) && sameShape(v.shape.slice(0, 3), [b, kvHeads, m]);
  if (!fits || v.rank !== 4 || heads % kvHeads !== 0 || m < n) {
    const wanted = "queries [b, heads, n, d], keys [b, kvHeads, m, d], kvHeads a divisor of heads, m ≥ n";
    throw new ShapeMismatchError("causalAttention", q.shape, k.shape, wanted);
  }
  const { documents, borders = [0, n] } = options;
  if (documents && (m !== n || !sameShape(documents.shape, [b, n]))) {
    throw new InvalidArgumentError(
      "causalAttention",
      `documents [${b}, ${n}]`,
      `shape [${documents.shape.join(", ")}]`,
    );
  }
  if (!bordersOf(n, borders) || (m !== n && borders.length > 2)) {
    throw new InvalidArgumentError("causalAttention", `borders that ascend from 0 to ${n}`, borders.join(", "));
  }
  const scaled = mul(q, options.scale ?? 1 / Math.sqrt(d));
  if (m !== n) return attendLater(scaled, k, v);
  const parts = equalPieces(borders).map(({ start, end, pieces }) => {
    const cut = (x: Tensor, axis: number): Tensor => slice(x, { axis, start, end });
    return attendPieces(cut(scaled, 2), cut(k, 2), cut(v, 2), pieces, documents && cut(documents, 1));
  });
  return concat(parts, 2);
}

/** Attention inside each of `pieces` equal pieces of the sequence. */
function attendPieces(q: Tensor, k: Tensor, v: Tensor, pieces: number, documents: Tensor | undefined): Tensor {
  const [b = 0, heads = 0, rows = 0, d = 0] = q.shape;
  const kvHeads = lengthOf(k.shape, 1);
  const [shared, n, e] = [heads / kvHeads, rows / pieces, lengthOf(v.shape, -1)];
  const units = b * kvHeads * pieces;
  const exchanged = [0, 1, 3, 2, 4, 5]; // query heads that share keys lie outside of the pieces, and inside of the units
  const cut = reshape(q, [b, kvHeads, shared, pieces, n, d]);
  const queries = reshape(shared === 1 || pieces === 1 ? cut : transpose(cut, exchanged), [units, shared, n, d]);
  const ids = documents && cast(reshape(documents, [b, 1, pieces, n]), q.dtype);
  const unitIds = ids && reshape(broadcastTo(ids, [b, kvHeads, pieces, n]), [units, n]);
  const out = attendApart(queries, reshape(k, [units, n, d]), reshape(v, [units, n, e]), unitIds);
  if (shared === 1 || pieces === 1) return reshape(out, [b, heads, rows, e]);
  return reshape(transpose(reshape(out, [b, kvHeads, pieces, shared, n, e]), exchanged), [b, heads, rows, e]);
}

function attendApart(q: Tensor, k: Tensor, v: Tensor, ids: Tensor | undefined): Tensor {
  const unitsOf = ([q, k, v, ids]: readonly Tensor[]) => ({ q, k, v, ...(ids && { ids }) }) as Units;
  let logSum: Tensor | undefined;
  const attend = primitive({
    name: "causalAttention",
    forward: (...inputs) => {
      const attention = attendUnits(unitsOf(inputs));
      ({ logSum } = attention);
      return attention.out;
    },
    backward: ({ inputs, output, grad }) => {
      if (!logSum) return [];
      const found = unitGradients(unitsOf(inputs), { out: output, logSum }, grad);
      return [found.q, found.k, found.v, undefined].slice(0, inputs.length);
    },
  });
  return ids ? attend(q, k, v, ids) : attend(q, k, v);
}

/** With keys from before: the last n of m positions, as in generation. */
function attendLater(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const [b = 0, heads = 0, n = 0, d = 0] = q.shape;
  const [, kvHeads = 0, m = 0] = k.shape;
  const shared = heads / kvHeads; // further rows of one product
  const scores = matmul(reshape(q, [b, kvHeads, shared * n, d]), k, { transposeB: true });
  const weights = softmax(add(reshape(scores, [b, kvHeads, shared, n, m]), causalMask(n, m)));
  return reshape(matmul(reshape(weights, [b, kvHeads, shared * n, m]), v), [b, heads, n, lengthOf(v.shape, -1)]);
}

const bordersOf = (n: number, borders: readonly number[]): boolean =>
  borders.length > 1 &&
  borders[0] === 0 &&
  borders.at(-1) === n &&
  borders.every((border, i) => Number.isInteger(border) && (i === 0 || border > (borders[i - 1] ?? 0)));

interface Run {
  readonly start: number;
  readonly end: number;
  /** All of one length. */
  readonly pieces: number;
}

/** Neighbouring pieces of equal length, taken together. */
function equalPieces(borders: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const [i, end] of borders.entries()) {
    const start = borders[i - 1];
    if (start === undefined) continue;
    const last = runs.at(-1);
    if (last && (last.end - last.start) / last.pieces === end - start) {
      runs[runs.length - 1] = { start: last.start, end, pieces: last.pieces + 1 };
    } else runs.push({ start, end, pieces: 1 });
  }
  return runs;
}

/** `[n, m]`: 0 at the keys that a query sees. */
function causalMask(n: number, m: number): Tensor {
  const data = Float32Array.from({ length: n * m }, (_, i) => (i % m <= Math.floor(i / m) + m - n ? 0 : never));
  return constant({ dtype: "float32", shape: [n, m], data });
}
