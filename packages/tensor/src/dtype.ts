/** Element types that programs may use. `float16` travels as its 16 bits, `bool` as one byte a value, 0 or 1. */
export type DType = "float32" | "float16" | "int32" | "int64" | "bool";

/** Axis lengths, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** What a tensor looks like without its values. */
export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** The typed array that holds values of each element type on the host. */
export interface TypedArrays {
  float32: Float32Array;
  /** The bits of IEEE 754 binary16. */
  float16: Uint16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}

export type TypedArray = TypedArrays[DType];

/** Values in the memory of JavaScript, row-major; `data.length` is the product of `shape`. */
export interface HostTensor extends TensorSpec {
  readonly data: TypedArray;
}

interface DTypeFacts<D extends DType> {
  readonly bytes: number;
  /** `TensorProto.DataType` of ONNX; ONNX Runtime numbers its element types alike. */
  readonly onnx: number;
  readonly view: (buffer: ArrayBuffer, byteOffset: number, length: number) => TypedArrays[D];
}

const facts: { readonly [D in DType]: DTypeFacts<D> } = {
  float32: { bytes: 4, onnx: 1, view: (buffer, offset, length) => new Float32Array(buffer, offset, length) },
  int32: { bytes: 4, onnx: 6, view: (buffer, offset, length) => new Int32Array(buffer, offset, length) },
  int64: { bytes: 8, onnx: 7, view: (buffer, offset, length) => new BigInt64Array(buffer, offset, length) },
  bool: { bytes: 1, onnx: 9, view: (buffer, offset, length) => new Uint8Array(buffer, offset, length) },
  float16: { bytes: 2, onnx: 10, view: (buffer, offset, length) => new Uint16Array(buffer, offset, length) },
};

/** Size of one value in bytes. */
export function bytesPerElement(dtype: DType): number {
  return facts[dtype].bytes;
}

/** The code of `dtype` in ONNX models (`TensorProto.DataType`) and in ONNX Runtime. */
export function onnxElementType(dtype: DType): number {
  return facts[dtype].onnx;
}

/** The element type with this code in ONNX. @throws {RangeError} for one that programs cannot use. */
export function dtypeOfOnnx(code: number): DType {
  for (const [dtype, { onnx }] of Object.entries(facts)) if (onnx === code && isDType(dtype)) return dtype;
  throw new RangeError(`ONNX element type ${code} is not one of ${Object.keys(facts).join(", ")}`);
}

/** Whether this is the name of an element type. */
export function isDType(name: string): name is DType {
  return Object.hasOwn(facts, name);
}

/** Number of values in a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: Shape): number {
  return shape.reduce((count, length) => count * length, 1);
}

/** Size of a tensor's values in bytes. */
export function byteLength(spec: TensorSpec): number {
  return elementCount(spec.shape) * bytesPerElement(spec.dtype);
}

/** A typed array of `length` values over `buffer`, beginning at `byteOffset` (a multiple of the element size). */
export function typedArrayOver<D extends DType>(
  dtype: D,
  buffer: ArrayBuffer,
  byteOffset: number,
  length: number,
): TypedArrays[D] {
  return facts[dtype].view(buffer, byteOffset, length);
}

/** A typed array of `length` zeros with memory of its own. */
export function zeros<D extends DType>(dtype: D, length: number): TypedArrays[D] {
  return typedArrayOver(dtype, new ArrayBuffer(length * bytesPerElement(dtype)), 0, length);
}

/** The bytes of an array, shared with it. */
export function byteView({ buffer, byteOffset, byteLength: length }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
