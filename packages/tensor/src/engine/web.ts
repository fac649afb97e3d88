import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { byteView, elementCount, isDType, zeros, type HostTensor, type TensorSpec } from "../dtype.ts";
import type { DeviceTensor, Engine, EngineSession } from "./engine.ts";
import { ModelRejectedError, reasonOf } from "./errors.ts";
import { Lifetime } from "./lifetime.ts";
import { HostMemoryTensor } from "./owned-tensor.ts";
import { QueuedSession, type Binding } from "./queued-session.ts";
import type { Slot } from "./signature.ts";

/** How to make an engine in a browser; everything has a default. */
export interface WebEngineOptions {
  /** Threads of one operator; more than one needs a cross-origin isolated page. The first session of a page decides. */
  readonly threads?: number;
  /** Where `ort-wasm-simd-threaded.mjs` and `.wasm` are served from, with a slash at the end; by default beside the bundle. */
  readonly wasmPaths?: string;
}

/**
 * A session of WebAssembly. A run copies its tensors into the memory of WebAssembly and the results back, and holds
 * the thread meanwhile, so that an abort during a run takes effect after it: use a worker to keep a page responsive.
 */
class WebSession extends QueuedSession<HostMemoryTensor> {
  readonly #session: InferenceSession;

  constructor(session: InferenceSession) {
    super(
      { inputs: session.inputMetadata.map(slotOf), outputs: session.outputMetadata.map(slotOf) },
      // Nothing depends on the end of it, and a failure leaves only memory behind.
      () => void session.release().catch(() => undefined),
    );
    this.#session = session;
  }

  protected override own(tensor: DeviceTensor): HostMemoryTensor {
    if (tensor instanceof HostMemoryTensor) return tensor;
    throw new TypeError("a web session runs on tensors that a web engine has allocated");
  }

  protected override async runNow(
    fed: readonly Binding<HostMemoryTensor>[],
    fetched: readonly Binding<HostMemoryTensor>[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const feeds = Object.fromEntries(
      fed.map(({ name, tensor }) => [name, new Tensor(tensor.dtype, tensor.view(), tensor.shape)]),
    );
    // Preallocated outputs in the memory of JavaScript are left unwritten by onnxruntime-web 1.30: copy them instead.
    const results = await this.#session.run(
      feeds,
      fetched.map(({ name }) => name),
    );
    for (const { name, tensor } of fetched) {
      const data = results[name]?.data;
      if (!ArrayBuffer.isView(data)) throw new Error(`internal: no values for the output ${name}`);
      byteView(tensor.view()).set(byteView(data));
    }
    signal?.throwIfAborted();
  }
}

class WebEngine implements Engine {
  readonly name = "onnxruntime-web";
  readonly version: string = env.versions.web ?? env.versions.common;
  readonly provider = "wasm";
  readonly #lifetime = new Lifetime("engine", () => undefined);

  get threads(): number {
    return env.wasm.numThreads ?? 1;
  }

  async allocate(spec: TensorSpec, value?: HostTensor): Promise<DeviceTensor> {
    this.#lifetime.check();
    const tensor = new HostMemoryTensor(spec, zeros(spec.dtype, elementCount(spec.shape)));
    if (value !== undefined) await tensor.write(value);
    return tensor;
  }

  async createSession(model: Uint8Array): Promise<EngineSession> {
    this.#lifetime.check();
    try {
      return new WebSession(
        await InferenceSession.create(model, { executionProviders: ["wasm"], logSeverityLevel: 3 }),
      );
    } catch (cause) {
      throw new ModelRejectedError(reasonOf(cause), { cause });
    }
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** An engine on ONNX Runtime for the web, for browsers and their workers; it takes the same models as the native one. */
export async function createWebEngine({ threads = 1, wasmPaths }: WebEngineOptions = {}): Promise<Engine> {
  env.wasm.numThreads = threads;
  if (wasmPaths !== undefined) env.wasm.wasmPaths = wasmPaths;
  return new WebEngine();
}

function slotOf(metadata: InferenceSession.ValueMetadata): Slot {
  if (!metadata.isTensor || !isDType(metadata.type)) {
    throw new RangeError(`"${metadata.name}" is not a tensor of a supported element type`);
  }
  return { ...metadata, dtype: metadata.type, shape: metadata.shape.map((n) => (typeof n === "number" ? n : -1)) };
}
