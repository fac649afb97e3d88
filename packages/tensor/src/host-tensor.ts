import { elementCount, type DType, type HostTensor, type Shape, type TypedArray } from "./dtype.ts";
import { ShapeMismatchError } from "./errors.ts";

function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof BigInt64Array) return "int64";
  return data instanceof Uint16Array ? "float16" : "bool";
}

/** Values with a shape; the array is not copied. @throws {ShapeMismatchError} when the number of values is another. */
export function hostTensor(data: TypedArray, shape: Shape = [data.length]): HostTensor {
  if (elementCount(shape) !== data.length) {
    throw new ShapeMismatchError("hostTensor", [data.length], shape, "the shape's product is the number of values");
  }
  return { dtype: dtypeOf(data), shape, data };
}
