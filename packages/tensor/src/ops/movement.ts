import { InvalidArgumentError, ShapeMismatchError } from "../errors.ts";
import type { Op, Tensor } from "../graph/tensor.ts";
import { reshape } from "./arithmetic.ts";
import { apply, axisOf, lengthOf } from "./shapes.ts";

const transposeOp: Op<{ permutation: readonly number[] }> = {
  name: "transpose",
  emit: (emitter, inputs, _node, { permutation }) => emitter.node("Transpose", inputs, { perm: permutation }),
  derivative: ({ grad, attributes: { permutation } }) => [
    transpose(
      grad,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  flops: () => 0,
};

/** Axes in a new order; by default the last two change places. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  if (!permutation && x.rank < 2) {
    throw new InvalidArgumentError("transpose", "at least two axes", `shape [${x.shape.join(", ")}]`);
  }
  const lead = Array.from({ length: Math.max(x.rank - 2, 0) }, (_, axis) => axis);
  const order = (permutation ?? [...lead, -1, -2]).map((axis) => axisOf("transpose", axis, x.rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw new InvalidArgumentError("transpose", `each of ${x.rank} axes once`, `[${order.join(", ")}]`);
  }
  const shape = order.map((axis) => lengthOf(x.shape, axis));
  // Where only axes of length 1 change places, the values stay where they are.
  const long = order.filter((axis) => x.shape[axis] !== 1);
  if (long.every((axis, i) => i === 0 || axis > (long[i - 1] ?? 0))) return reshape(x, shape);
  return apply(transposeOp, [x], x.dtype, shape, { permutation: order });
}

const sliceOp: Op<{ axis: number; start: number; end: number }> = {
  name: "slice",
  emit: (emitter, [x = ""], _node, { axis, start, end }) =>
    emitter.node("Slice", [x, emitter.ints([start]), emitter.ints([end]), emitter.ints([axis])]),
  derivative: ({ inputs: [x], grad, attributes: { axis, start, end } }) => [
    x && pad(grad, { axis, before: start, after: lengthOf(x.shape, axis) - end }),
  ],
  flops: () => 0,
};

/** Positions start … end−1 of one axis; negative positions count from the back, `end` may be left out. */
export function slice(x: Tensor, { axis, start = 0, end }: { axis: number; start?: number; end?: number }): Tensor {
  const over = axisOf("slice", axis, x.rank);
  const length = lengthOf(x.shape, over);
  const from = start < 0 ? start + length : start;
  const to = end === undefined ? length : end < 0 ? end + length : end;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > length) {
    throw new InvalidArgumentError(
      "slice",
      `0 ≤ start ≤ end ≤ ${length} on axis ${over}`,
      `${start} … ${end ?? length}`,
    );
  }
  if (from === 0 && to === length) return x;
  const shape = x.shape.with(over, to - from);
  return apply(sliceOp, [x], x.dtype, shape, { axis: over, start: from, end: to });
}

const padOp: Op<{ axis: number; before: number; after: number }> = {
  name: "pad",
  emit: (emitter, [x = ""], node, { axis, before, after }) => {
    return emitter.node("Pad", [x, emitter.ints([before, after]), emitter.scalar(0, node.dtype), emitter.ints([axis])]);
  },
  derivative: ({ grad, attributes: { axis, before, after } }) => [
    slice(grad, { axis, start: before, end: lengthOf(grad.shape, axis) - after }),
  ],
  flops: () => 0,
};

/** Zeros put before and after the values of one axis. */
export function pad(
  x: Tensor,
  { axis, before = 0, after = 0 }: { axis: number; before?: number; after?: number },
): Tensor {
  const over = axisOf("pad", axis, x.rank);
  if (!Number.isInteger(before) || !Number.isInteger(after) || before < 0 || after < 0) {
    throw new InvalidArgumentError("pad", "whole numbers of zeros, 0 or more", `${before} and ${after}`);
  }
  if (before === 0 && after === 0) return x;
  const shape = x.shape.with(over, lengthOf(x.shape, over) + before + after);
  return apply(padOp, [x], x.dtype, shape, { axis: over, before, after });
}

interface Padded {
  readonly x: Tensor;
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

const paddingOf = (tensor: Tensor): Padded | undefined =>
  tensor.op === (padOp as unknown as Op)
    ? { x: tensor.inputs[0] as Tensor, ...(tensor.attributes as { axis: number; before: number; after: number }) }
    : undefined;

/**
 * The sum of two tensors, one of which has zeros exactly from where the other one has its values, without adding: gradients of
 * neighbouring slices. Nothing where they are not such.
 */
export function sumOfNeighbours(left: Tensor, right: Tensor): Tensor | undefined {
  const [a, b] = [paddingOf(left), paddingOf(right)];
  if (!a || !b || a.axis !== b.axis) return undefined;
  const [first, second] = a.before <= b.before ? [a, b] : [b, a];
  if (first.before + lengthOf(first.x.shape, a.axis) !== second.before) return undefined;
  const { axis } = a;
  return pad(concat([first.x, second.x], axis), { axis, before: first.before, after: second.after });
}

const concatOp: Op<{ axis: number }> = {
  name: "concat",
  emit: (emitter, inputs, _node, { axis }) => emitter.node("Concat", inputs, { axis }),
  derivative: ({ inputs, grad, wanted, attributes: { axis } }) => {
    let start = 0;
    return inputs.map((input, index) => {
      const end = start + lengthOf(input.shape, axis);
      const part = wanted[index] ? slice(grad, { axis, start, end }) : undefined;
      start = end;
      return part;
    });
  },
  flops: () => 0,
};

/** Tensors one after the other along `axis`; all other axes must agree. */
export function concat(parts: readonly Tensor[], axis: number = 0): Tensor {
  const [first] = parts;
  if (!first) throw new InvalidArgumentError("concat", "at least one tensor", "none");
  if (parts.length === 1) return first;
  const over = axisOf("concat", axis, first.rank);
  for (const part of parts) {
    const fits = part.rank === first.rank && part.shape.every((n, i) => i === over || n === first.shape[i]);
    if (!fits || part.dtype !== first.dtype) {
      throw new ShapeMismatchError("concat", first.shape, part.shape, `only axis ${over} may differ, types must agree`);
    }
  }
  const length = parts.reduce((total, part) => total + lengthOf(part.shape, over), 0);
  // A concatenation of concatenations is one: the inner ones need not be written out first.
  const flat = parts.flatMap((part) => (isConcat(part, over) ? part.inputs : [part]));
  return apply(concatOp, flat, first.dtype, first.shape.with(over, length), { axis: over });
}

const isConcat = (tensor: Tensor, axis: number): boolean =>
  tensor.op === (concatOp as unknown as Op) && tensor.attributes["axis"] === axis;
