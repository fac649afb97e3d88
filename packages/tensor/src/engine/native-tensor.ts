import {
  byteLength,
  bytesPerElement,
  elementCount,
  onnxElementType,
  typedArrayOver,
  type DType,
  type HostTensor,
  type Shape,
  type TensorSpec,
  type TypedArray,
} from "../dtype.ts";
import type { DeviceTensor } from "./engine.ts";
import { requireSameSpec } from "./errors.ts";
import { Lifetime } from "./lifetime.ts";
import { addressOf, cells, type OrtApi, type Pointer } from "./ort-api.ts";

/** A tensor that ONNX Runtime's C API can read and write. */
export abstract class NativeTensor implements DeviceTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Its `OrtValue`. */
  readonly ortValue: Pointer;
  readonly lifetime: Lifetime;

  constructor(api: OrtApi, spec: TensorSpec, ortValue: Pointer, onFree?: () => void) {
    this.dtype = spec.dtype;
    this.shape = spec.shape;
    this.ortValue = ortValue;
    this.lifetime = new Lifetime("tensor", () => {
      api.release("Value", ortValue);
      onFree?.();
    });
  }

  abstract read(): Promise<HostTensor>;
  abstract write(value: HostTensor): Promise<void>;
  abstract view(): TypedArray | undefined;

  dispose(): void {
    this.lifetime.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A tensor in memory that JavaScript and ONNX Runtime share, so that nothing is copied on the way to a run. */
export class CpuTensor extends NativeTensor {
  #data: TypedArray | undefined;

  /** @param memoryInfo an `OrtMemoryInfo` of the CPU. */
  constructor(api: OrtApi, memoryInfo: Pointer, spec: TensorSpec) {
    const { data, address } = alignedMemory(spec);
    super(api, spec, wrapMemory(api, memoryInfo, spec, address), () => {
      this.#data = undefined;
    });
    this.#data = data;
  }

  override async read(): Promise<HostTensor> {
    return { dtype: this.dtype, shape: this.shape, data: this.#live().slice() };
  }

  override async write(value: HostTensor): Promise<void> {
    requireSameSpec("this tensor", this, value);
    bytesOf(this.#live()).set(bytesOf(value.data));
  }

  override view(): TypedArray {
    return this.#live();
  }

  #live(): TypedArray {
    this.lifetime.check();
    if (this.#data === undefined) throw new Error("internal: a live tensor without memory");
    return this.#data;
  }
}

/** An `OrtValue` over memory that already exists; whoever owns the memory keeps it referenced. */
export function wrapMemory(api: OrtApi, memoryInfo: Pointer, spec: TensorSpec, address: Pointer): Pointer {
  return api.get(
    "CreateTensorWithDataAsOrtValue",
    memoryInfo,
    address,
    byteLength(spec),
    shapeCells(spec.shape),
    spec.shape.length,
    onnxElementType(spec.dtype),
  );
}

/** The `int64_t` array of a shape. */
export function shapeCells(shape: Shape): BigUint64Array {
  return cells(shape.length === 0 ? 1 : shape.map(BigInt));
}

/** Zeroed memory that begins on a cache line, as the kernels' vector loads like it. */
function alignedMemory(spec: TensorSpec): { data: TypedArray; address: Pointer } {
  const line = 64;
  const buffer = new ArrayBuffer(Math.max(byteLength(spec), bytesPerElement(spec.dtype)) + line);
  const start = addressOf(buffer);
  const offset = (line - Number(start % BigInt(line))) % line;
  const data = typedArrayOver(spec.dtype, buffer, offset, elementCount(spec.shape));
  return { data, address: start + BigInt(offset) };
}

function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
