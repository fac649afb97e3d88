import { ShapeMismatchError } from "../errors.ts";
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
  emit: (emitter, [a = "", b = ""], { inputs: [left, right] }, { transposeA, transposeB }) => {
    const operand = (name: string, rank: number, transposed: boolean) =>
      transposed ? emitter.node("Transpose", [name], { perm: exchanged(rank) }) : name;
    return emitter.node("MatMul", [operand(a, left?.rank ?? 2, transposeA), operand(b, right?.rank ?? 2, transposeB)]);
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
