import type { DType, HostTensor, Shape, TensorSpec, TypedArray } from "../dtype.ts";

/** Where an engine computes. */
export type Provider = "cpu" | "cuda" | "webgpu" | "wasm";

/** A tensor in the memory of an engine. It belongs to the engine that made it and outlives the sessions that use it. */
export interface DeviceTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** A copy of the values. */
  read(): Promise<HostTensor>;
  /** Replaces the values. @throws {TensorMismatchError} when the element type or the shape differs. */
  write(value: HostTensor): Promise<void>;
  /** CPU engines only: the memory itself, valid until the next run that writes it; `undefined` on other engines. */
  view(): TypedArray | undefined;
  /**
   * CPU engines only: the same memory under another shape with as many values, as a tensor with an end of its own; the
   * memory lasts as long as one of them.
   */
  withShape?(shape: Shape): DeviceTensor;
  /** Gives the memory back; repeating it does nothing, using the tensor afterwards is a {@link DisposedError}. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A model ready to run. */
export interface EngineSession {
  /**
   * Runs the model once and resolves when all `fetches` hold their new values; the event loop stays free meanwhile
   * (native engines). One tensor may be fed and fetched at once only where the model reads it elementwise into that output.
   * Runs of one session take turns; runs of different sessions may overlap.
   * @param feeds every input of the model by name.
   * @param fetches the outputs wanted, by name, each with the preallocated tensor that takes the values.
   * @param signal stops a run in progress between two nodes; what the fetches then hold is undefined.
   * @throws {RunCancelledError} when `signal` stopped it; {@link RunFailedError} when the engine refused or failed.
   */
  run(
    feeds: ReadonlyMap<string, DeviceTensor>,
    fetches: ReadonlyMap<string, DeviceTensor>,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Frees the session, after a run in progress has ended; repeating it does nothing. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** What executes ONNX models. The graph compiler knows only this. */
export interface Engine {
  /** For example `"onnxruntime"`. */
  readonly name: string;
  readonly version: string;
  readonly provider: Provider;
  /** Threads that one operator may use. */
  readonly threads: number;
  /** A tensor of this engine, zero where no value is given. */
  allocate(spec: TensorSpec, value?: HostTensor): Promise<DeviceTensor>;
  /** @param model the bytes of an ONNX `ModelProto`. @throws {ModelRejectedError} with the engine's own words. */
  createSession(model: Uint8Array): Promise<EngineSession>;
  /** Frees the engine's own resources; sessions and tensors are disposed by whoever made them. */
  dispose(): void;
  [Symbol.dispose](): void;
}
