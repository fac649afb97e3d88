import { availableParallelism } from "node:os";
import type { HostTensor, TensorSpec } from "../dtype.ts";
import type { DeviceTensor, Engine, EngineSession, Provider } from "./engine.ts";
import { ModelRejectedError, ProviderUnavailableError, reasonOf } from "./errors.ts";
import { Lifetime } from "./lifetime.ts";
import { GpuMemory } from "./native-gpu.ts";
import { builtInProviders, gpuProviders, type GpuProvider } from "./native-provider.ts";
import { NativeSession } from "./native-session.ts";
import { CpuTensor } from "./native-tensor.ts";
import { createMemoryInfo, OrtApi, type Pointer } from "./ort-api.ts";
import { findOrtLibrary } from "./ort-library.ts";

/** How to make a native engine; everything has a default. */
export interface NativeEngineOptions {
  /** `"cpu"` unless said otherwise. */
  readonly provider?: Exclude<Provider, "wasm">;
  /** Threads of one operator, the calling one included; by default as many as the machine has for this process. */
  readonly threads?: number;
  /** ONNX Runtime's shared library; by default what {@link findOrtLibrary} finds. */
  readonly library?: string;
}

class NativeEngine implements Engine {
  readonly name = "onnxruntime";
  readonly version: string;
  readonly provider: Provider;
  readonly threads: number;
  readonly #api: OrtApi;
  readonly #environment: Pointer;
  readonly #gpu: GpuProvider | undefined;
  readonly #hostMemory: Pointer;
  readonly #lifetime: Lifetime;
  #gpuMemory: GpuMemory | undefined;

  constructor({ provider = "cpu", threads = availableParallelism(), library = findOrtLibrary() }: NativeEngineOptions) {
    const { api, environment } = runtimeOf(library);
    this.version = api.version;
    this.provider = provider;
    this.threads = threads;
    this.#api = api;
    this.#environment = environment;
    this.#gpu = provider === "cpu" ? undefined : gpuProviders[provider];
    this.#hostMemory = createMemoryInfo(api, "Cpu");
    this.#lifetime = new Lifetime("engine", () => {
      this.#gpuMemory?.dispose();
      api.release("MemoryInfo", this.#hostMemory);
    });
  }

  /** @throws {ProviderUnavailableError} */
  async openGpu(): Promise<void> {
    const gpu = this.#gpu;
    if (gpu === undefined) return;
    const available = builtInProviders(this.#api);
    if (!available.includes(gpu.ortName)) throw new ProviderUnavailableError(this.provider, available, gpu.help);
    try {
      const createSession = (model: Uint8Array): Promise<NativeSession> => this.#openSession(model);
      this.#gpuMemory = await GpuMemory.open(this.#api, this.#hostMemory, createSession, gpu.memory);
    } catch (cause) {
      throw new ProviderUnavailableError(this.provider, available, gpu.help, { cause });
    }
  }

  async allocate(spec: TensorSpec, value?: HostTensor): Promise<DeviceTensor> {
    this.#lifetime.check();
    if (this.#gpuMemory !== undefined) return this.#gpuMemory.allocate(spec, value);
    const tensor = new CpuTensor(this.#api, this.#hostMemory, spec);
    if (value !== undefined) await tensor.write(value);
    return tensor;
  }

  async createSession(model: Uint8Array): Promise<EngineSession> {
    this.#lifetime.check();
    try {
      return await this.#openSession(model);
    } catch (cause) {
      throw new ModelRejectedError(reasonOf(cause), { cause });
    }
  }

  async #openSession(model: Uint8Array): Promise<NativeSession> {
    const api = this.#api;
    const options = api.get("CreateSessionOptions");
    try {
      this.#configure(options);
      const length = model.byteLength;
      const session = await api.getAsync("CreateSessionFromArray", this.#environment, model, length, options);
      return new NativeSession(api, session);
    } finally {
      api.release("SessionOptions", options);
    }
  }

  #configure(options: Pointer): void {
    const api = this.#api;
    const allOptimisations = 99;
    this.#gpu?.append(api, options);
    api.call("SetSessionGraphOptimizationLevel", options, allOptimisations);
    api.call("SetIntraOpNumThreads", options, this.threads);
    api.call("SetInterOpNumThreads", options, 1);
    // The plan of the first run would be allocated as one block beside what that run itself has allocated: twice the memory.
    api.call("DisableMemPattern", options);
    // "session.set_denormal_as_zero" stays off: it reaches the session's own threads but not the one that calls Run, so that
    // a run's bits depended on which thread computed what. Denormals cost a factor of two at worst where all values are so.
    // Threads that wait for the next operator in a loop burn 40 ms of CPU after each run, and slow down whoever shares the cores.
    api.call("AddSessionConfigEntry", options, "session.intra_op.allow_spinning", "0");
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
 * @throws {EngineLibraryError} without a library, {@link EngineVersionError} for one of another version,
 *   {@link ProviderUnavailableError} when it cannot compute where it should.
 */
export async function createNativeEngine(options: NativeEngineOptions = {}): Promise<Engine> {
  const engine = new NativeEngine(options);
  await engine.openGpu();
  return engine;
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
  // From 1.29 on, the library reports its use to its maker and keeps a number for the machine unless this says no.
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
  // What goes wrong comes back as a status with the same words.
  const logFatalOnly = 4;
  const api = new OrtApi(library);
  const runtime = { api, environment: api.get("CreateEnv", logFatalOnly, "offprint") };
  runtimes.set(library, runtime);
  return runtime;
}
