/**
 * Addition and multiplication with broadcasting, and what their derivatives are made of: sums, reshapes and
 * broadcasts. These call one another, so they live in one file.
 */
import { elementCount, type Shape } from "../dtype.ts";
import { DTypeMismatchError, InvalidArgumentError, ShapeMismatchError } from "../errors.ts";
import { constant, type Differentiation, type Op, type Tensor, type TensorLike } from "../graph/tensor.ts";
import { apply, axesOf, broadcastShapes, lengthOf, liftPair, sameShape } from "./shapes.ts";

const reshapeOp: Op<{ shape: Shape }> = {
  name: "reshape",
  view: true,
  emit: (emitter, [x = ""], _node, { shape }) => emitter.node("Reshape", [x, emitter.ints(shape)]),
  derivative: ({ inputs: [x], grad }) => [x && reshape(grad, x.shape)],
  flops: () => 0,
};

/** The same values under another shape; one length may be −1 and is then worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.filter((length) => length !== -1);
  const rest = x.size / elementCount(known);
  const wanted = shape.map((length) => (length === -1 ? rest : length));
  if (shape.length - known.length > 1 || elementCount(wanted) !== x.size || !wanted.every(Number.isInteger)) {
    throw new ShapeMismatchError("reshape", x.shape, shape, `both need ${x.size} values`);
  }
  return sameShape(wanted, x.shape) ? x : apply(reshapeOp, [x], x.dtype, wanted, { shape: wanted });
}

const broadcastToOp: Op<{ shape: Shape }> = {
  name: "broadcastTo",
  emit: (emitter, [x = ""], _node, { shape }) => emitter.node("Expand", [x, emitter.ints(shape)]),
  derivative: ({ inputs: [x], grad }) => [x && sumTo(grad, x.shape)],
  flops: () => 0,
};

/** `x` repeated to `shape` by numpy's rule. @throws {ShapeMismatchError} when `x` does not broadcast to it. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
    throw new ShapeMismatchError("broadcastTo", x.shape, shape, "the second must be at least as large on every axis");
  }
  return apply(broadcastToOp, [x], x.dtype, shape, { shape });
}

/** How a reduction shapes its result. */
export interface ReduceOptions {
  /** Keep the reduced axes with length 1. */
  readonly keepDims?: boolean;
}

/** The result's shape of a reduction over `axes`. */
export const reducedShape = (shape: Shape, axes: readonly number[], keepDims: boolean): Shape =>
  keepDims
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis));

const sumOp: Op<{ axes: readonly number[]; keepDims: boolean }> = {
  name: "sum",
  emit: (emitter, [x = ""], _node, { axes, keepDims }) =>
    emitter.node("ReduceSum", [x, emitter.ints(axes)], { keepdims: keepDims ? 1 : 0 }),
  derivative: ({ inputs: [x], grad, attributes: { axes } }) => [
    x && broadcastTo(reshape(grad, reducedShape(x.shape, axes, true)), x.shape),
  ],
  flops: ({ inputs: [x] }) => x?.size ?? 0,
};

/** Sum over `axes` (default: all). `[..., n] → [...]`. */
export function sum(x: Tensor, axes?: number | readonly number[], { keepDims = false }: ReduceOptions = {}): Tensor {
  if (x.dtype === "bool") throw new DTypeMismatchError("sum", "numbers", [x.dtype]);
  const over = axesOf("sum", axes, x.rank);
  if (over.length === 0) return x;
  return apply(sumOp, [x], x.dtype, reducedShape(x.shape, over, keepDims), { axes: over, keepDims });
}

/** Mean over `axes` (default: all). */
export function mean(x: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  const count = axesOf("mean", axes, x.rank).reduce((product, axis) => product * lengthOf(x.shape, axis), 1);
  if (count === 0) throw new InvalidArgumentError("mean", "at least one value", `shape [${x.shape.join(", ")}]`);
  return mul(sum(x, axes, options), 1 / count);
}

/** The adjoint of broadcasting: sums `x` over the axes along which `shape` had been stretched. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const axes = x.shape.flatMap((length, axis) =>
    axis < lead || (shape[axis - lead] === 1 && length !== 1) ? [axis] : [],
  );
  return reshape(sum(x, axes, { keepDims: true }), shape);
}

type Empty = Record<string, never>;
type Binary = (left: TensorLike, right: TensorLike) => Tensor;

/** An elementwise operation of two numbers, with numpy's broadcasting; gradients are summed back to each side's shape. */
export function binaryOp(
  name: string,
  onnx: string,
  partials: (at: Differentiation<Empty>, left: Tensor, right: Tensor) => readonly [() => Tensor, () => Tensor],
): Binary {
  const op: Op<Empty> = {
    name,
    elementwise: true,
    emit: (emitter, inputs) => emitter.node(onnx, inputs),
    derivative: (at) => {
      const [left, right] = at.inputs as readonly [Tensor, Tensor];
      const [byLeft, byRight] = partials(at, left, right);
      return [
        at.wanted[0] ? sumTo(byLeft(), left.shape) : undefined,
        at.wanted[1] ? sumTo(byRight(), right.shape) : undefined,
      ];
    },
  };
  return (left, right) => {
    const [a, b] = liftPair(name, left, right);
    if (a.dtype === "bool") throw new DTypeMismatchError(name, "numbers", [a.dtype, b.dtype]);
    return apply(op, [a, b], a.dtype, broadcastShapes(name, a.shape, b.shape), {});
  };
}

export const add: Binary = binaryOp("add", "Add", ({ grad }) => [() => grad, () => grad]);
export const sub: Binary = binaryOp("sub", "Sub", ({ grad }) => [() => grad, () => neg(grad)]);
export const mul: Binary = binaryOp("mul", "Mul", ({ grad }, a, b) => [() => mul(grad, b), () => mul(grad, a)]);
export const div: Binary = binaryOp("div", "Div", ({ grad, output }, _a, b) => [
  () => div(grad, b),
  () => neg(div(mul(grad, output), b)),
]);

/** An elementwise function of one number; `derivative` gives grad · f′(x). */
export function unaryOp(
  name: string,
  onnx: string,
  derivative?: (grad: Tensor, x: Tensor, y: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  const op: Op<Empty> = {
    name,
    elementwise: true,
    emit: (emitter, inputs) => emitter.node(onnx, inputs),
    ...(derivative && { derivative: ({ inputs: [x], output, grad }) => [x && derivative(grad, x, output)] }),
  };
  return (x) => {
    if (x.dtype === "bool") throw new DTypeMismatchError(name, "numbers", [x.dtype]);
    return apply(op, [x], x.dtype, x.shape, {});
  };
}

export const neg: (x: Tensor) => Tensor = unaryOp("neg", "Neg", (grad) => neg(grad));

/** A tensor of one repeated value. */
export function full(shape: Shape, value: number, dtype: Tensor["dtype"] = "float32"): Tensor {
  return broadcastTo(constant(value, dtype), shape);
}
