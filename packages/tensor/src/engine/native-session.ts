import { dtypeOfOnnx } from "../dtype.ts";
import type { DeviceTensor } from "./engine.ts";
import { CpuTensor, GpuTensor } from "./native-tensor.ts";
import {
  cells,
  createMemoryInfo,
  readString,
  stringArray,
  type OrtApi,
  type Pointer,
  type PointerArray,
} from "./ort-api.ts";
import { QueuedSession, type Binding } from "./queued-session.ts";
import type { Signature, Slot } from "./signature.ts";

type NativeTensor = CpuTensor | GpuTensor;

/**
 * An `OrtSession`. Tensors where its provider computes are used in place; ONNX Runtime copies those in another memory.
 */
export class NativeSession extends QueuedSession<NativeTensor> {
  readonly #api: OrtApi;
  readonly #session: Pointer;
  readonly #inputNames: PointerArray;
  readonly #outputNames: PointerArray;

  constructor(api: OrtApi, session: Pointer) {
    const signature = readSignature(api, session);
    super(signature, () => api.release("Session", session));
    this.#api = api;
    this.#session = session;
    this.#inputNames = stringArray(signature.inputs.map(({ name }) => name));
    this.#outputNames = stringArray(signature.outputs.map(({ name }) => name));
  }

  /** An `OrtAllocator` of the session's provider; it lives no longer than the session. */
  createAllocator(memoryName: string): Pointer {
    const memory = createMemoryInfo(this.#api, memoryName);
    try {
      return this.#api.get("CreateAllocator", this.#session, memory);
    } finally {
      this.#api.release("MemoryInfo", memory);
    }
  }

  protected override own(tensor: DeviceTensor): NativeTensor {
    if (tensor instanceof CpuTensor || tensor instanceof GpuTensor) return tensor;
    throw new TypeError("a native session runs on tensors that a native engine has allocated");
  }

  protected override async runNow(
    fed: readonly Binding<NativeTensor>[],
    fetched: readonly Binding<NativeTensor>[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const api = this.#api;
    const options = api.get("CreateRunOptions");
    const stop = (): void => api.call("RunOptionsSetTerminate", options);
    signal?.addEventListener("abort", stop);
    try {
      await api.callAsync(
        "Run",
        this.#session,
        options,
        pick(this.#inputNames, fed),
        ortValues(fed),
        fed.length,
        pick(this.#outputNames, fetched),
        fetched.length,
        ortValues(fetched),
      );
    } finally {
      signal?.removeEventListener("abort", stop);
      api.release("RunOptions", options);
    }
  }
}

function pick({ pointers, targets }: PointerArray, bindings: readonly Binding<NativeTensor>[]): PointerArray {
  return { pointers: cells(bindings.map(({ index }) => pointers[index] ?? 0n)), targets };
}

function ortValues(bindings: readonly Binding<NativeTensor>[]): PointerArray {
  const targets = bindings.map(({ tensor }) => tensor);
  return { pointers: cells(targets.map(({ ortValue }) => ortValue)), targets };
}

function readSignature(api: OrtApi, session: Pointer): Signature {
  const allocator = api.get("GetAllocatorWithDefaultOptions");
  const slots = (role: "Input" | "Output"): Slot[] => {
    const count = Number(api.get(`SessionGet${role}Count`, session));
    return Array.from({ length: count }, (_, index) => {
      const text = api.get(`SessionGet${role}Name`, session, index, allocator);
      const name = readString(text);
      api.call("AllocatorFree", allocator, text);
      const type = api.get(`SessionGet${role}TypeInfo`, session, index);
      const slot = { name, ...readTensorType(api, type) };
      api.release("TypeInfo", type);
      return slot;
    });
  };
  return { inputs: slots("Input"), outputs: slots("Output") };
}

function readTensorType(api: OrtApi, type: Pointer): Omit<Slot, "name"> {
  // Belongs to `type`, so it is not released.
  const tensor = api.get("CastTypeInfoToTensorInfo", type);
  const lengths = new BigInt64Array(new ArrayBuffer(8 * Number(api.get("GetDimensionsCount", tensor))));
  api.call("GetDimensions", tensor, lengths, lengths.length);
  return { dtype: dtypeOfOnnx(Number(api.get("GetTensorElementType", tensor))), shape: Array.from(lengths, Number) };
}
