import {
  byteLength,
  elementCount,
  onnxElementType,
  typedArrayOver,
  type HostTensor,
  type Shape,
  type TensorSpec,
  type TypedArray,
} from "../dtype.ts";
import { TensorMismatchError } from "./errors.ts";
import { addressOf, cells, type OrtApi, type Pointer } from "./ort-api.ts";
import { HostMemoryTensor, OwnedTensor } from "./owned-tensor.ts";

/** A tensor in memory that JavaScript and ONNX Runtime share, so that nothing is copied on the way to a run. */
export class CpuTensor extends HostMemoryTensor {
  /** Its `OrtValue`. */
  readonly ortValue: Pointer;

  readonly #api: OrtApi;
  readonly #memoryInfo: Pointer;
  #memory: AlignedMemory | undefined;

  /** @param memoryInfo an `OrtMemoryInfo` of the CPU. */
  constructor(api: OrtApi, memoryInfo: Pointer, spec: TensorSpec, memory: AlignedMemory = alignedMemory(spec)) {
    const ortValue = wrapMemory(api, memoryInfo, spec, memory.address);
    super(spec, memory.data, () => {
      api.release("Value", ortValue);
      this.#memory = undefined;
    });
    this.ortValue = ortValue;
    this.#api = api;
    this.#memoryInfo = memoryInfo;
    this.#memory = memory;
  }

  /** @throws {TensorMismatchError} unless the shape has as many values. */
  withShape(shape: Shape): CpuTensor {
    this.lifetime.check();
    const spec = { dtype: this.dtype, shape };
    if (elementCount(shape) !== elementCount(this.shape)) throw new TensorMismatchError("another shape", this, spec);
    return new CpuTensor(this.#api, this.#memoryInfo, spec, this.#memory);
  }
}

interface AlignedMemory {
  readonly data: TypedArray;
  readonly address: Pointer;
}

/** Moves the values of GPU tensors. */
export interface HostCopies {
  read(tensor: GpuTensor): Promise<HostTensor>;
  write(tensor: GpuTensor, value: HostTensor): Promise<void>;
}

/** A tensor in the memory of a GPU, where runs read and write it; it comes to the host only when it is asked for. */
export class GpuTensor extends OwnedTensor {
  /** Its `OrtValue`. */
  readonly ortValue: Pointer;
  readonly #copies: HostCopies;

  constructor(copies: HostCopies, spec: TensorSpec, ortValue: Pointer, free: () => void) {
    super(spec, free);
    this.ortValue = ortValue;
    this.#copies = copies;
  }

  override read(): Promise<HostTensor> {
    return this.#copies.read(this);
  }

  override write(value: HostTensor): Promise<void> {
    return this.#copies.write(this, value);
  }

  override view(): undefined {
    this.lifetime.check();
  }
}

/** An `OrtValue` over memory that already exists and is kept by its owner. */
function wrapMemory(api: OrtApi, memoryInfo: Pointer, spec: TensorSpec, address: Pointer): Pointer {
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
  return cells(shape.map(BigInt));
}

/** Zeroed memory that begins on a cache line, as the kernels' vector loads like it. */
function alignedMemory(spec: TensorSpec): AlignedMemory {
  const line = 64;
  const buffer = new ArrayBuffer(byteLength(spec) + line);
  const start = addressOf(buffer);
  const offset = (line - Number(start % BigInt(line))) % line;
  const data = typedArrayOver(spec.dtype, buffer, offset, elementCount(spec.shape));
  return { data, address: start + BigInt(offset) };
}
