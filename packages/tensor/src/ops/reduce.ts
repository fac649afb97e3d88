import { InvalidArgumentError } from "../errors.ts";
import type { Op, Tensor } from "../graph/tensor.ts";
import { broadcastTo, div, mul, reducedShape, reshape, sum, type ReduceOptions } from "./arithmetic.ts";
import { cast, equal } from "./elementwise.ts";
import { apply, axesOf, axisOf } from "./shapes.ts";

type Axes = number | readonly number[];

const extremum = (name: string, onnx: string): ((x: Tensor, axes?: Axes, options?: ReduceOptions) => Tensor) => {
  const op: Op<{ axes: readonly number[]; keepDims: boolean }> = {
    name,
    emit: (emitter, [x = ""], _node, { axes, keepDims }) =>
      emitter.node(onnx, [x, emitter.ints(axes)], { keepdims: keepDims ? 1 : 0 }),
    derivative: ({ inputs: [x], output, grad, attributes: { axes } }) => {
      if (!x) return [];
      const kept = reducedShape(x.shape, axes, true);
      const hits = cast(equal(x, reshape(output, kept)), grad.dtype);
      return [mul(broadcastTo(reshape(grad, kept), x.shape), div(hits, sum(hits, axes, { keepDims: true })))];
    },
    flops: ({ inputs: [x] }) => x?.size ?? 0,
  };
  return (x, axes, { keepDims = false } = {}) => {
    const over = axesOf(name, axes, x.rank);
    if (x.size === 0) throw new InvalidArgumentError(name, "at least one value", `shape [${x.shape.join(", ")}]`);
    return apply(op, [x], x.dtype, reducedShape(x.shape, over, keepDims), { axes: over, keepDims });
  };
};

/** Largest value over `axes` (default: all); equal maxima share the gradient. */
export const reduceMax: (x: Tensor, axes?: Axes, options?: ReduceOptions) => Tensor = extremum(
  "reduceMax",
  "ReduceMax",
);
/** Smallest value over `axes` (default: all); equal minima share the gradient. */
export const reduceMin: (x: Tensor, axes?: Axes, options?: ReduceOptions) => Tensor = extremum(
  "reduceMin",
  "ReduceMin",
);

const argMaxOp: Op<{ axis: number }> = {
  name: "argMax",
  emit: (emitter, inputs, _node, { axis }) => emitter.node("ArgMax", inputs, { axis, keepdims: 0 }),
};

/** Index of the largest value along `axis`, the first where several are equal; int64. */
export function argMax(x: Tensor, axis: number = -1): Tensor {
  const over = axisOf("argMax", axis, x.rank);
  return apply(argMaxOp, [x], "int64", reducedShape(x.shape, [over], false), { axis: over });
}
