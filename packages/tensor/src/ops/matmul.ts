import { ShapeMismatchError } from "../errors.ts";
import { Emitter } from "../graph/emitter.ts";
import type { Op, Tensor } from "../graph/tensor.ts";
import { sumTo } from "./arithmetic.ts";
import { apply, broadcastShapes, lengthOf, wantFloat } from "./shapes.ts";

/** Which operand is read with its last two axes exchanged. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Axes in which the last two are exchanged. */
const exchanged = (rank: number): readonly number[] => {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return [...axes.slice(0, -2), rank - 1, rank - 2];
};

const matmulOp: Op<{ transposeA: boolean; transposeB: boolean }> = {
  name: "matmul",
  emit: (emitter, [a = "", b = ""], node, { transposeA, transposeB }) => {
    const [left, right] = node.inputs as readonly [Tensor, Tensor];
    const swapped = (name: string, { rank }: Tensor) => emitter.node("Transpose", [name], { perm: exchanged(rank) });
    if (left.rank === 2 && right.rank === 2) {
      const inner = lengthOf(left.shape, transposeA ? 0 : 1);
      if (!emitter.blocks || !isTall(node, inner)) return emitter.node("Gemm", [a, b], flags(transposeA, transposeB));
      return emitByRows(emitter, { a: transposeA ? swapped(a, left) : a, b, inner, transposeB }, node);
    }
    return emitter.node("MatMul", [transposeA ? swapped(a, left) : a, transposeB ? swapped(b, right) : b]);
  },
  derivative: ({ inputs: [a, b], grad, wanted, attributes: { transposeA: ta, transposeB: tb } }) => {
    if (!a || !b) return [];
    // With C = op(A)·op(B):  dop(A) = G·op(B)ᵀ,  dop(B) = op(A)ᵀ·G; exchanging the operands transposes the product.
    const byA = () =>
      ta ? matmul(b, grad, { transposeA: tb, transposeB: true }) : matmul(grad, b, { transposeB: !tb });
    const byB = () =>
      tb ? matmul(grad, a, { transposeA: true, transposeB: ta }) : matmul(a, grad, { transposeA: !ta });
    return [wanted[0] ? sumTo(byA(), a.shape) : undefined, wanted[1] ? sumTo(byB(), b.shape) : undefined];
  },
  flops: (node, { transposeA }) => 2 * node.size * lengthOf(node.inputs[0]?.shape ?? [], transposeA ? -2 : -1),
};

const flags = (transposeA: boolean, transposeB: boolean): Record<string, number> => ({
  transA: transposeA ? 1 : 0,
  transB: transposeB ? 1 : 0,
});

/**
 * The CPU engine's product slows down when the result has many rows and the inner axis is long: a stripe of the result no
 * longer fits the cache between two passes. Measured at [14541, 1024]·[1024, 2048], 2 cores: 1392 ms of processor time at
 * once, 957 ms in slices of 393 rows, the same bits.
 */
const isTall = ({ shape: [rows = 0, columns = 0] }: Tensor, inner: number): boolean =>
  rows >= 1500 && inner >= 128 && rows * columns * inner >= 2 ** 28;

/** Rows of a slice: a divisor of `rows` from 256 to 768 near to 400, or 400 with a remainder. */
function sliceRows(rows: number): number {
  const candidates = Array.from({ length: 513 }, (_, i) => 256 + i).filter((slice) => rows % slice === 0);
  return candidates.toSorted((x, y) => Math.abs(x - 400) - Math.abs(y - 400))[0] ?? 400;
}

/** `a · b` (or `a · bᵀ`) slice by slice of the rows of `a`. */
function emitByRows(
  emitter: Emitter,
  { a, b, inner, transposeB }: { a: string; b: string; inner: number; transposeB: boolean },
  node: Tensor,
): string {
  const [rows = 0, columns = 0] = node.shape;
  const slice = sliceRows(rows);
  const count = Math.floor(rows / slice);
  const whole = count * slice;
  const part = (from: number, to: number): string =>
    to - from === rows ? a : emitter.node("Slice", [a, emitter.ints([from]), emitter.ints([to]), emitter.ints([0])]);
  const body = new Emitter({ prefix: `${emitter.fresh("rows")}.` });
  const [input, output] = [body.fresh("in"), body.fresh("out")];
  const from = body.node("Gemm", [input, b], flags(false, transposeB));
  const { dtype } = node;
  const graph = body.graph(
    "rows",
    [{ name: input, dtype, shape: [slice, inner] }],
    [{ name: output, from, dtype, shape: [slice, columns] }],
  );
  const slices = emitter.node("Reshape", [part(0, whole), emitter.ints([count, slice, inner])]);
  const products = emitter.node("Scan", [slices], { body: { graph }, num_scan_inputs: 1 });
  const product = emitter.node("Reshape", [products, emitter.ints([whole, columns])]);
  if (whole === rows) return product;
  const rest = emitter.node("Gemm", [part(whole, rows), b], flags(false, transposeB));
  return emitter.node("Concat", [product, rest], { axis: 0 });
}

/** Matrix product over the last two axes, earlier axes broadcast: `[..., m, k] · [..., k, n] → [..., m, n]`. */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  wantFloat("matmul", a, b);
  const [m, k] = transposeA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)];
  const [inner, n] = transposeB ? [b.shape.at(-1), b.shape.at(-2)] : [b.shape.at(-2), b.shape.at(-1)];
  if (m === undefined || n === undefined || k !== inner || a.dtype !== b.dtype) {
    const how = `${transposeA ? "Aᵀ" : "A"}·${transposeB ? "Bᵀ" : "B"}`;
    throw new ShapeMismatchError(
      "matmul",
      a.shape,
      b.shape,
      `${how} needs two axes each, equal inner lengths and one type`,
    );
  }
  const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  return apply(matmulOp, [a, b], a.dtype, [...batch, m, n], { transposeA, transposeB });
}
