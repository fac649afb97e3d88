import { elementCount, type DType, type HostTensor, type Shape, type TensorSpec } from "../dtype.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { Emitter } from "./emitter.ts";
import type { Tree } from "./tree.ts";

/** What an operation was given beside its tensors. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A node as its derivative sees it. */
export interface Differentiation<A extends Attributes> {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** The gradient of the loss by `output`; same shape. */
  readonly grad: Tensor;
  readonly attributes: A;
  /** `wanted[i]`: whether anybody needs the gradient by `inputs[i]`. */
  readonly wanted: readonly boolean[];
}

/** One operation, defined in one place: what it gives, how ONNX says it, and its derivative. */
export interface Op<A extends Attributes = Attributes> {
  readonly name: string;
  /** Writes the node into an ONNX graph and returns the name of its output. */
  emit(emitter: Emitter, inputs: readonly string[], node: Tensor, attributes: A): string;
  /** Gradients by each input, `undefined` where there is none; absent: no derivative exists (integers, comparisons). */
  derivative?(at: Differentiation<A>): readonly (Tensor | undefined)[];
  /** Floating-point operations of one evaluation; the number of output elements where absent. */
  flops?(node: Tensor, attributes: A): number;
  /** The output element at an index depends on no other index of equally shaped inputs: safe to compute in place. */
  readonly elementwise?: boolean;
  /** The output is the input's memory under another shape. */
  readonly view?: boolean;
  /** The output is the first input with some values replaced: safe to compute in that input's memory. */
  readonly replaces?: boolean;
  /** Whether `next`, which this node makes, may be written over its input `leaf` while the node is computed. */
  writesOver?(node: Tensor, next: Tensor, leaf: Tensor): boolean;
}

let created = 0;

/**
 * A symbolic tensor: a node of a graph that has a shape and a type now, and values when its program runs.
 * Immutable; make one with the operations of this package.
 */
export class Tensor implements TensorSpec {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** Order of creation: inputs always have smaller numbers. */
  readonly id: number = created++;

  constructor(op: Op, inputs: readonly Tensor[], spec: TensorSpec, attributes: Attributes = {}) {
    this.op = op;
    this.inputs = inputs;
    this.dtype = spec.dtype;
    this.shape = spec.shape;
    this.attributes = attributes;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of values. */
  get size(): number {
    return elementCount(this.shape);
  }

  toString(): string {
    return `${this.op.name}: ${this.dtype}[${this.shape.join(", ")}]`;
  }
}

export const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** A tensor, or a number that becomes a scalar of its neighbour's type. */
export type TensorLike = Tensor | number;

/** Nested parameters or state, symbolic. */
export type TensorTree = Tree<Tensor>;

export const isHostTensor = (value: unknown): value is HostTensor =>
  typeof value === "object" && value !== null && "dtype" in value && "shape" in value && "data" in value;

/** A value fed from outside when the program runs. */
const placeholderOp: Op<{ name: string }> = {
  name: "placeholder",
  emit: (_emitter, _inputs, _node, { name }) => name,
  flops: () => 0,
};

/** A value fed from outside under `name` when the program runs. */
export function placeholder(name: string, spec: TensorSpec): Tensor {
  return new Tensor(placeholderOp, [], spec, { name });
}

export const isPlaceholder = (tensor: Tensor): boolean => tensor.op === (placeholderOp as unknown as Op);

const constantOp: Op<{ value: HostTensor }> = {
  name: "constant",
  emit: (emitter, _inputs, _node, { value }) => emitter.constant(value),
  flops: () => 0,
};

const arrayOf = {
  float32: (v: number) => Float32Array.of(v),
  float16: (v: number) => Uint16Array.of(float16Bits(v)),
  int32: (v: number) => Int32Array.of(v),
  int64: (v: number) => BigInt64Array.of(BigInt(v)),
  bool: (v: number) => Uint8Array.of(v === 0 ? 0 : 1),
} as const;

/** The value of `x` rounded to IEEE 754 binary16, as its bits (round to nearest, ties to even). */
function float16Bits(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(x);
  if (Number.isNaN(x)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(magnitude || 2 ** -25)), -14);
  const scaled = magnitude / 2 ** (exponent - 10);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return sign | (((exponent + 14) << 10) + rounded);
}

/** A fixed value built into the program: a number (a scalar of `dtype`) or a host tensor. */
export function constant(value: number | HostTensor, dtype: DType = "float32"): Tensor {
  const host: HostTensor = typeof value === "number" ? { dtype, shape: [], data: arrayOf[dtype](value) } : value;
  return new Tensor(constantOp, [], host, { value: host });
}

/** `value` as a tensor; a number takes the type of `like`. */
export function lift(value: TensorLike, like: TensorLike): Tensor {
  if (isTensor(value)) return value;
  return constant(value, isTensor(like) ? like.dtype : "float32");
}

const checkedShape = (shape: Shape): Shape => {
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new InvalidArgumentError(
        "shape",
        "axis lengths that are whole numbers, 0 or more",
        `[${shape.join(", ")}]`,
      );
    }
  }
  return [...shape];
};

const specOf =
  (dtype: DType) =>
  (shape: Shape = []): TensorSpec => ({ dtype, shape: checkedShape(shape) });

/** Specifications of program inputs: `float32([batch, width])`. */
export const float32: (shape?: Shape) => TensorSpec = specOf("float32");
export const float16: (shape?: Shape) => TensorSpec = specOf("float16");
export const int32: (shape?: Shape) => TensorSpec = specOf("int32");
export const int64: (shape?: Shape) => TensorSpec = specOf("int64");
export const bool: (shape?: Shape) => TensorSpec = specOf("bool");
