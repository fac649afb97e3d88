import type { DType, Shape } from "./dtype.ts";

/** Every error this package throws on purpose; `code` is stable for programs to read. */
export abstract class TensorError extends Error {
  abstract readonly code: string;
}

const show = (shape: Shape): string => `[${shape.join(", ")}]`;

/** Two shapes do not fit one operation. */
export class ShapeMismatchError extends TensorError {
  override readonly name = "ShapeMismatchError";
  readonly code = "SHAPE_MISMATCH";
  readonly op: string;
  readonly left: Shape;
  readonly right: Shape;
  constructor(op: string, left: Shape, right: Shape, advice: string) {
    super(`${op}: shapes ${show(left)} and ${show(right)} do not fit; ${advice}`);
    this.op = op;
    this.left = left;
    this.right = right;
  }
}

/** One operand or argument of an operation is out of its range. */
export class InvalidArgumentError extends TensorError {
  override readonly name = "InvalidArgumentError";
  readonly code = "INVALID_ARGUMENT";
  readonly op: string;
  constructor(op: string, wanted: string, came: string) {
    super(`${op}: wanted ${wanted}, got ${came}`);
    this.op = op;
  }
}

/** An operation does not take values of this type. */
export class DTypeMismatchError extends TensorError {
  override readonly name = "DTypeMismatchError";
  readonly code = "DTYPE_MISMATCH";
  readonly op: string;
  readonly dtypes: readonly DType[];
  constructor(op: string, wanted: string, dtypes: readonly DType[]) {
    super(`${op}: wanted ${wanted}, got ${dtypes.join(" and ")}; convert with cast(x, dtype)`);
    this.op = op;
    this.dtypes = dtypes;
  }
}

/** A derivative was asked for where there is none. */
export class NotDifferentiableError extends TensorError {
  override readonly name = "NotDifferentiableError";
  readonly code = "NOT_DIFFERENTIABLE";
}

/** A program was given inputs, or asked for state, that it does not have. */
export class ProgramInputError extends TensorError {
  override readonly name = "ProgramInputError";
  readonly code = "PROGRAM_INPUT";
}

/** State that a cancelled or failed run left half updated; write it anew (for example from a checkpoint). */
export class StateLostError extends TensorError {
  override readonly name = "StateLostError";
  readonly code = "STATE_LOST";
}
