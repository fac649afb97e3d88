import type { DType, Shape } from "../dtype.ts";
import { DTypeMismatchError, InvalidArgumentError, ShapeMismatchError } from "../errors.ts";
import { lift, Tensor, type Attributes, type Op, type TensorLike } from "../graph/tensor.ts";

/** A node of `op`. */
export function apply<A extends Attributes>(
  op: Op<A>,
  inputs: readonly Tensor[],
  dtype: DType,
  shape: Shape,
  attributes: A,
): Tensor {
  return new Tensor(op, inputs, { dtype, shape }, attributes);
}

/**
 * The shape both operands broadcast to: trailing axes align, an axis of length 1 stretches (numpy's rule).
 * @throws {ShapeMismatchError} when two lengths differ and neither is 1.
 */
export function broadcastShapes(op: string, left: Shape, right: Shape): Shape {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, axis) => {
    const a = left[axis - rank + left.length] ?? 1;
    const b = right[axis - rank + right.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) {
      throw new ShapeMismatchError(op, left, right, "align trailing axes or reshape one side");
    }
    return a === 1 ? b : a;
  });
}

export const sameShape = (left: Shape, right: Shape): boolean =>
  left.length === right.length && left.every((length, axis) => length === right[axis]);

/** `axis` counted from the front; negative counts from the back. */
export function axisOf(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new InvalidArgumentError(op, `an axis in [${-rank}, ${rank})`, String(axis));
  }
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from the front, sorted; `undefined` means all of them. */
export function axesOf(op: string, axes: number | readonly number[] | undefined, rank: number): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => axisOf(op, axis, rank));
  if (new Set(list).size !== list.length) throw new InvalidArgumentError(op, "distinct axes", `[${list.join(", ")}]`);
  return list.toSorted((a, b) => a - b);
}

/** The length of an axis that is known to exist. */
export const lengthOf = (shape: Shape, axis: number): number => shape.at(axis) ?? 1;

const floats: readonly DType[] = ["float32", "float16"];
export const isFloat = (dtype: DType): boolean => floats.includes(dtype);

/** @throws {DTypeMismatchError} unless every tensor holds floating-point numbers. */
export function wantFloat(op: string, ...tensors: readonly Tensor[]): void {
  const dtypes = tensors.map((tensor) => tensor.dtype);
  if (!dtypes.every(isFloat)) throw new DTypeMismatchError(op, "float32 or float16", dtypes);
}

/** @throws {DTypeMismatchError} unless the tensor holds int32 or int64. */
export function wantIndices(op: string, tensor: Tensor): void {
  if (tensor.dtype !== "int32" && tensor.dtype !== "int64") {
    throw new DTypeMismatchError(op, "int32 or int64 indices", [tensor.dtype]);
  }
}

/** Both operands as tensors of one type. @throws {DTypeMismatchError} when the types differ. */
export function liftPair(op: string, left: TensorLike, right: TensorLike): readonly [Tensor, Tensor] {
  const a = lift(left, right);
  const b = lift(right, left);
  if (a.dtype !== b.dtype) throw new DTypeMismatchError(op, "operands of one type", [a.dtype, b.dtype]);
  return [a, b];
}
