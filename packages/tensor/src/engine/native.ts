import { availableParallelism } from "node:os";
import type { HostTensor, TensorSpec } from "../dtype.ts";
import type { DeviceTensor, Engine, EngineSession, Provider } from "./engine.ts";
import { ModelRejectedError, reasonOf } from "./errors.ts";
import { Lifetime } from "./lifetime.ts";
import { NativeSession } from "./native-session.ts";
import { CpuTensor } from "./native-tensor.ts";
import { OrtApi, type Pointer } from "./ort-api.ts";
import { findOrtLibrary } from "./ort-library.ts";

/** How to make a native engine; everything has a default. */
export interface NativeEngineOptions {
  readonly provider?: Exclude<Provider, "wasm">;
  /** Threads of one operator, the calling one included; by default one a core. */
  readonly threads?: number;
  /** Path of ONNX Runtime's library; by default {@link findOrtLibrary}'s. */
  readonly library?: string;
}

/** Values of enums in onnxruntime_c_api.h. */
const logErrorsOnly = 3;
const allOptimisations = 99;
const deviceAllocator = 0;
const defaultMemory = 0;

class NativeEngine implements Engine {
  readonly name = "onnxruntime";
  readonly version: string;
  readonly provider: Provider = "cpu";
  readonly threads: number;
  readonly #api: OrtApi;
  readonly #environment: Pointer;
  readonly #cpuMemory: Pointer;
  readonly #lifetime: Lifetime;

  constructor(options: NativeEngineOptions) {
    const { api, environment } = runtimeOf(options.library ?? findOrtLibrary());
    this.#api = api;
    this.#environment = environment;
    this.version = api.version;
    this.threads = options.threads ?? availableParallelism();
    this.#cpuMemory = api.get("CreateMemoryInfo", "Cpu", deviceAllocator, 0, defaultMemory);
    this.#lifetime = new Lifetime("engine", () => api.release("MemoryInfo", this.#cpuMemory));
  }

  async allocate(spec: TensorSpec, value?: HostTensor): Promise<DeviceTensor> {
    this.#lifetime.check();
    const tensor = new CpuTensor(this.#api, this.#cpuMemory, spec);
    if (value !== undefined) await tensor.write(value);
    return tensor;
  }

  async createSession(model: Uint8Array): Promise<EngineSession> {
    this.#lifetime.enter();
    const api = this.#api;
    const options = this.#sessionOptions();
    try {
      const session = await api.getAsync("CreateSessionFromArray", this.#environment, model, model.byteLength, options);
      return new NativeSession(api, session, () => this.#lifetime.leave());
    } catch (cause) {
      this.#lifetime.leave();
      throw new ModelRejectedError(reasonOf(cause), { cause });
    } finally {
      api.release("SessionOptions", options);
    }
  }

  #sessionOptions(): Pointer {
    const api = this.#api;
    const options = api.get("CreateSessionOptions");
    api.call("SetIntraOpNumThreads", options, this.threads);
    api.call("SetInterOpNumThreads", options, 1);
    api.call("SetSessionGraphOptimizationLevel", options, allOptimisations);
    return options;
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * An engine on ONNX Runtime's shared library.
 * @throws {EngineLibraryError | EngineVersionError | ProviderUnavailableError}
 */
export async function createNativeEngine(options: NativeEngineOptions = {}): Promise<Engine> {
  return new NativeEngine(options);
}

interface Runtime {
  readonly api: OrtApi;
  readonly environment: Pointer;
}

/** One a process and library, kept for good: ONNX Runtime has a single environment and counts its users. */
const runtimes = new Map<string, Runtime>();

function runtimeOf(library: string): Runtime {
  const known = runtimes.get(library);
  if (known !== undefined) return known;
  const api = new OrtApi(library);
  const runtime = { api, environment: api.get("CreateEnv", logErrorsOnly, "offprint") };
  runtimes.set(library, runtime);
  return runtime;
}
