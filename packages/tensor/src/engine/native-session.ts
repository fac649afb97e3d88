import { dtypeOfOnnx } from "../dtype.ts";
import type { DeviceTensor, EngineSession } from "./engine.ts";
import { reasonOf, RunCancelledError, RunFailedError } from "./errors.ts";
import { Lifetime } from "./lifetime.ts";
import { NativeTensor } from "./native-tensor.ts";
import { cells, readString, stringArray, type OrtApi, type Pointer, type PointerArray } from "./ort-api.ts";
import { checkBindings, type Signature, type Slot } from "./signature.ts";

/** An `OrtSession` and what is needed to run it often. */
export class NativeSession implements EngineSession {
  readonly #api: OrtApi;
  readonly #session: Pointer;
  readonly #signature: Signature;
  readonly #inputNames: PointerArray;
  readonly #outputNames: PointerArray;
  readonly #lifetime: Lifetime;
  /** Settles when the latest run has ended, well or badly. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(api: OrtApi, session: Pointer, onFree: () => void) {
    this.#api = api;
    this.#session = session;
    this.#signature = readSignature(api, session);
    this.#inputNames = stringArray(this.#signature.inputs.map(({ name }) => name));
    this.#outputNames = stringArray(this.#signature.outputs.map(({ name }) => name));
    this.#lifetime = new Lifetime("session", () => {
      api.release("Session", session);
      onFree();
    });
  }

  async run(
    feeds: ReadonlyMap<string, DeviceTensor>,
    fetches: ReadonlyMap<string, DeviceTensor>,
    signal?: AbortSignal,
  ): Promise<void> {
    this.#lifetime.check();
    checkBindings(this.#signature, feeds, fetches);
    const { inputs, outputs } = this.#signature;
    const fed = inputs.map(({ name }) => nativeTensor(feeds.get(name)));
    const fetched = outputs.flatMap(({ name }, index) => {
      const tensor = fetches.get(name);
      return tensor === undefined ? [] : [{ index, tensor: nativeTensor(tensor) }];
    });
    const used = [this.#lifetime, ...fed.map((t) => t.lifetime), ...fetched.map(({ tensor }) => tensor.lifetime)];
    for (const lifetime of used) lifetime.check();
    for (const lifetime of used) lifetime.enter();
    const turn = this.#idle.then(() => this.#runNow(fed, fetched, signal));
    this.#idle = turn.catch(() => undefined);
    try {
      await turn;
    } finally {
      for (const lifetime of used) lifetime.leave();
    }
  }

  async #runNow(
    fed: readonly NativeTensor[],
    fetched: readonly { index: number; tensor: NativeTensor }[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (signal?.aborted) throw new RunCancelledError({ cause: signal.reason });
    const api = this.#api;
    const options = api.get("CreateRunOptions");
    const stop = (): void => api.call("RunOptionsSetTerminate", options);
    signal?.addEventListener("abort", stop);
    const { pointers, targets } = this.#outputNames;
    try {
      await api.callAsync(
        "Run",
        this.#session,
        options,
        this.#inputNames,
        ortValues(fed),
        fed.length,
        { pointers: cells(fetched.map(({ index }) => pointers[index] ?? 0n)), targets },
        fetched.length,
        ortValues(fetched.map(({ tensor }) => tensor)),
      );
    } catch (cause) {
      if (signal?.aborted) throw new RunCancelledError({ cause: signal.reason });
      throw new RunFailedError(reasonOf(cause), { cause });
    } finally {
      signal?.removeEventListener("abort", stop);
      api.release("RunOptions", options);
    }
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function nativeTensor(tensor: DeviceTensor | undefined): NativeTensor {
  if (tensor instanceof NativeTensor) return tensor;
  throw new TypeError("a native session runs on tensors that a native engine has allocated");
}

function ortValues(tensors: readonly NativeTensor[]): PointerArray {
  return { pointers: cells(tensors.map(({ ortValue }) => ortValue)), targets: tensors };
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
  const lengths = new BigInt64Array(new ArrayBuffer(8 * (Number(api.get("GetDimensionsCount", tensor)) + 1)));
  api.call("GetDimensions", tensor, lengths, lengths.length - 1);
  return {
    dtype: dtypeOfOnnx(Number(api.get("GetTensorElementType", tensor))),
    shape: Array.from(lengths.subarray(0, -1), Number),
  };
}
