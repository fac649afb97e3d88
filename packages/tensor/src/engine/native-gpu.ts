import { elementCount, zeros, onnxElementType, type HostTensor, type TensorSpec } from "../dtype.ts";
import { encodeModel } from "../onnx/model.ts";
import { requireSameSpec } from "./errors.ts";
import { Lifetime } from "./lifetime.ts";
import type { NativeSession } from "./native-session.ts";
import { CpuTensor, GpuTensor, shapeCells, type HostCopies } from "./native-tensor.ts";
import type { OrtApi, Pointer } from "./ort-api.ts";
import type { OwnedTensor } from "./owned-tensor.ts";

/**
 * The memory of a GPU, reached through sessions that hand their input on: ONNX Runtime moves feeds and fetches between
 * host and device by itself, and knows where an `OrtValue` is.
 */
export class GpuMemory implements HostCopies {
  readonly #api: OrtApi;
  readonly #hostMemory: Pointer;
  readonly #createSession: (model: Uint8Array) => Promise<NativeSession>;
  readonly #copiers = new Map<string, Promise<NativeSession>>();
  readonly #allocator: Pointer;
  /** Used by every tensor: the allocator that frees them outlives them all. */
  readonly #lifetime: Lifetime;

  private constructor(
    api: OrtApi,
    hostMemory: Pointer,
    createSession: (model: Uint8Array) => Promise<NativeSession>,
    first: NativeSession,
    name: string,
  ) {
    this.#api = api;
    this.#hostMemory = hostMemory;
    this.#createSession = createSession;
    this.#allocator = first.createAllocator(name);
    this.#copiers.set(copierKey({ dtype: "float32", shape: [0] }), Promise.resolve(first));
    this.#lifetime = new Lifetime("engine", () => {
      api.release("Allocator", this.#allocator);
      // A copier that could not be made has told so to whoever wanted to copy.
      for (const copier of this.#copiers.values()) copier.then((session) => session.dispose()).catch(() => undefined);
    });
  }

  /**
   * @param hostMemory an `OrtMemoryInfo` of the CPU.
   * @param createSession makes sessions of the GPU's provider.
   * @param name ONNX Runtime's name of the GPU's memory.
   */
  static async open(
    api: OrtApi,
    hostMemory: Pointer,
    createSession: (model: Uint8Array) => Promise<NativeSession>,
    name: string,
  ): Promise<GpuMemory> {
    const first = await createSession(copyModel({ dtype: "float32", shape: [0] }));
    return new GpuMemory(api, hostMemory, createSession, first, name);
  }

  async allocate(spec: TensorSpec, value?: HostTensor): Promise<GpuTensor> {
    const type = onnxElementType(spec.dtype);
    const rank = spec.shape.length;
    const ortValue = this.#api.get("CreateTensorAsOrtValue", this.#allocator, shapeCells(spec.shape), rank, type);
    this.#lifetime.enter();
    const tensor = new GpuTensor(this, spec, ortValue, () => {
      this.#api.release("Value", ortValue);
      this.#lifetime.leave();
    });
    await this.write(tensor, value ?? { ...spec, data: zeros(spec.dtype, elementCount(spec.shape)) });
    return tensor;
  }

  async read(tensor: GpuTensor): Promise<HostTensor> {
    using staging = new CpuTensor(this.#api, this.#hostMemory, tensor);
    await this.#copy(tensor, staging);
    return { dtype: tensor.dtype, shape: tensor.shape, data: staging.view() };
  }

  async write(tensor: GpuTensor, value: HostTensor): Promise<void> {
    requireSameSpec("this tensor", tensor, value);
    using staging = new CpuTensor(this.#api, this.#hostMemory, tensor);
    await staging.write(value);
    await this.#copy(staging, tensor);
  }

  async #copy(from: OwnedTensor, to: OwnedTensor): Promise<void> {
    const key = copierKey(from);
    const copier = this.#copiers.get(key) ?? this.#createSession(copyModel(from));
    this.#copiers.set(key, copier);
    await (await copier).run(new Map([["from", from]]), new Map([["to", to]]));
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

/** One copier serves all lengths of a rank. */
function copierKey({ dtype, shape }: TensorSpec): string {
  return `${dtype} ${shape.length}`;
}

function copyModel({ dtype, shape }: TensorSpec): Uint8Array {
  const anyLength = shape.map(() => -1);
  return encodeModel({
    name: "copy",
    nodes: [{ opType: "Identity", inputs: ["from"], outputs: ["to"] }],
    inputs: [{ name: "from", dtype, shape: anyLength }],
    outputs: [{ name: "to", dtype, shape: anyLength }],
  });
}
