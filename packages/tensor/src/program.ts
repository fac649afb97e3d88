import type { HostTensor, Shape, TensorSpec, TypedArray } from "./dtype.ts";
import { byteLength, bytesPerElement } from "./dtype.ts";
import type { DeviceTensor, Engine, EngineSession } from "./engine/engine.ts";
import { ProgramInputError } from "./errors.ts";
import { Emitter, inOrder } from "./graph/emitter.ts";
import { writableInPlace } from "./graph/in-place.ts";
import { hostTensor } from "./host-tensor.ts";
import { isHostTensor, isPlaceholder, isTensor, placeholder, type Tensor } from "./graph/tensor.ts";
import { treeLeaves, type MapTree, type Tree } from "./graph/tree.ts";
import { encodeModel } from "./onnx/model.ts";
import { sameShape } from "./ops/shapes.ts";
import { ProgramSummary } from "./program-summary.ts";
import { Resident, type Slot } from "./resident.ts";

type Specs = Readonly<Record<string, TensorSpec>>;
type Outputs = Readonly<Record<string, Tensor>>;
/** The state as symbolic tensors; nothing where the program has no state. */
type Symbolic<S> = Tree<HostTensor> extends S ? unknown : MapTree<S, HostTensor, Tensor>;

/** What a program computes, in terms of symbolic tensors. */
export interface ProgramDefinition<S extends Tree<HostTensor>, I extends Specs, O extends Outputs> {
  /** State in the engine: shared with other programs, or initial values that this program then owns. */
  readonly state?: Resident<S> | S;
  /** What every run is given. */
  readonly inputs?: I;
  /** Traced once. State that is left out of the result, or comes back as it was, is not touched. */
  run(at: { readonly state: Symbolic<S>; readonly inputs: { readonly [K in keyof I]: Tensor } }): {
    readonly state?: Tree<Tensor> | object;
    readonly outputs?: O;
  };
}

/** One run's choices. */
export interface RunOptions<K extends string> {
  /** Only these outputs; what they alone need is not computed for the others. Default: all. */
  readonly outputs?: readonly K[];
  /** Stops the run between two operations. State updated in place is then lost and must be written anew. */
  readonly signal?: AbortSignal;
  /** Give the engine's own memory where it has one, valid until the next run with the same outputs, instead of a copy. */
  readonly borrow?: boolean;
}

/** What a run is given for one input: values of the right type and length, shape implied. */
export type InputValue = HostTensor | TypedArray;

/** One compiled choice of outputs. */
interface Variant {
  readonly session: EngineSession;
  readonly inputNames: readonly string[];
  readonly readSlots: readonly Slot[];
  readonly updates: readonly { readonly slot: Slot; readonly inPlace: boolean; readonly target: Target }[];
  readonly outputs: ReadonlyMap<string, DeviceTensor>;
}

const stateName = (path: string): string => `state.${path}`;
const nextName = (path: string): string => `next.${path}`;
const inputName = (name: string): string => `input.${name}`;
const outputName = (name: string): string => `output.${name}`;

/** A traced function, compiled for an engine on first use and run as often as wanted. Runs take turns. */
export class Program<S extends Tree<HostTensor>, I extends Specs, O extends Outputs> {
  /** The state that runs read and replace. */
  readonly state: Resident<S>;
  readonly #engine: Engine;
  readonly #ownsState: boolean;
  readonly #inputSpecs: I;
  readonly #placeholders: ReadonlyMap<Tensor, string>;
  readonly #leaves: ReadonlyMap<string, Tensor>;
  readonly #next: ReadonlyMap<string, Tensor>;
  readonly #outputs: O;
  readonly #inputs = new Map<string, DeviceTensor>();
  readonly #variants = new Map<string, Promise<Variant>>();
  #disposed = false;

  private constructor(engine: Engine, state: Resident<S>, ownsState: boolean, definition: ProgramDefinition<S, I, O>) {
    this.#engine = engine;
    this.state = state;
    this.#ownsState = ownsState;
    this.#inputSpecs = definition.inputs ?? ({} as I);
    const leaves = state.map((slot) => placeholder(stateName(slot.path), slot.spec));
    this.#leaves = new Map(treeLeaves<Tensor>(leaves, isTensor));
    const inputs = Object.fromEntries(
      Object.entries(this.#inputSpecs).map(([name, spec]) => [name, placeholder(inputName(name), spec)]),
    );
    // Traced without its types: instantiating MapTree for an unknown structure has no end.
    const { run } = definition as unknown as {
      run: (this: void, at: { state: unknown; inputs: unknown }) => { state?: Tree<Tensor>; outputs?: O };
    };
    const traced = run({ state: leaves, inputs });
    this.#outputs = traced.outputs ?? ({} as O);
    this.#next = this.#changed(traced.state ?? {});
    this.#placeholders = new Map([
      ...[...this.#leaves].map(([path, tensor]) => [tensor, stateName(path)] as const),
      ...Object.entries(inputs).map(([name, tensor]) => [tensor, inputName(name)] as const),
    ]);
  }

  /** Traces `definition` for `engine`. */
  static async create<S extends Tree<HostTensor>, I extends Specs, O extends Outputs>(
    engine: Engine,
    definition: ProgramDefinition<S, I, O>,
  ): Promise<Program<S, I, O>> {
    const given: unknown = definition.state ?? {};
    const shared = given instanceof Resident ? (given as Resident<S>) : undefined;
    const state = shared ?? (await Resident.create<S>(engine, given as S));
    return new Program<S, I, O>(engine, state, shared === undefined, definition);
  }

  /** The state leaves that a run replaces. */
  #changed(state: Tree<Tensor>): ReadonlyMap<string, Tensor> {
    const given = treeLeaves<Tensor>(state, isTensor);
    return new Map(
      given.filter(([path, next]) => {
        const leaf = this.#leaves.get(path);
        if (!leaf) throw new ProgramInputError(`the new state has "${path}", the state does not`);
        if (leaf.dtype !== next.dtype || !sameShape(leaf.shape, next.shape)) {
          throw new ProgramInputError(
            `the new state "${path}" is ${next.dtype}[${next.shape.join(", ")}], the state ${leaf.dtype}[${leaf.shape.join(", ")}]`,
          );
        }
        return leaf !== next;
      }),
    );
  }

  async #build(names: readonly string[]): Promise<Variant> {
    const outputs = names.map((name) => [name, this.#output(name)] as const);
    const updates = [...this.#next];
    const roots = [...outputs.map(([, tensor]) => tensor), ...updates.map(([, tensor]) => tensor)];
    const order = inOrder(roots);
    const fed = order.filter(isPlaceholder);
    const blocks = this.#engine.provider === "cpu";
    const emitter = new Emitter({ blocks, keepLayout: blocks ? onlyKept(updates, outputs, order) : new Set() });
    emitter.emit(roots);
    const info = (tensor: Tensor, name: string) => ({ name, dtype: tensor.dtype, shape: tensor.shape });
    const nameOfInput = (tensor: Tensor): string => {
      const name = this.#placeholders.get(tensor);
      if (name === undefined) throw new ProgramInputError(`${tensor.toString()} belongs to another program`);
      return name;
    };
    const graph = emitter.graph(
      "program",
      fed.map((tensor) => info(tensor, nameOfInput(tensor))),
      [
        ...outputs.map(([name, tensor]) => ({ ...info(tensor, outputName(name)), from: emitter.nameOf(tensor) })),
        ...updates.map(([path, tensor]) => {
          const shape = emitter.layoutOf(tensor);
          return { ...info(tensor, nextName(path)), shape, from: emitter.nameOf(tensor) };
        }),
      ],
    );
    const session = await this.#engine.createSession(encodeModel(graph));
    const results = new Map<string, DeviceTensor>();
    for (const [name, tensor] of outputs) results.set(name, await this.#engine.allocate(info(tensor, name)));
    const fedNames = new Set(fed.map(nameOfInput));
    const slots = [...this.state.slots.values()];
    const variant: Variant = {
      session,
      inputNames: Object.keys(this.#inputSpecs).filter((name) => fedNames.has(inputName(name))),
      readSlots: slots.filter((slot) => fedNames.has(stateName(slot.path))),
      updates: updates.map(([path, next]) => ({
        slot: this.state.slots.get(path) as Slot,
        target: targetOf(emitter.layoutOf(next)),
        inPlace:
          this.#engine.provider === "cpu" && writableInPlace(this.#leaves.get(path) as Tensor, next, order, roots),
      })),
      outputs: results,
    };
    for (const { slot, inPlace } of variant.updates) {
      if (!inPlace) slot.spare ??= await this.#engine.allocate(slot.spec);
    }
    for (const name of variant.inputNames) {
      if (!this.#inputs.has(name))
        this.#inputs.set(name, await this.#engine.allocate(this.#inputSpecs[name] as TensorSpec));
    }
    return variant;
  }

  #output(name: string): Tensor {
    const tensor = this.#outputs[name];
    if (!tensor) {
      throw new ProgramInputError(`no output "${name}"; there is ${Object.keys(this.#outputs).join(", ") || "none"}`);
    }
    return tensor;
  }

  #variant(names: readonly string[]): Promise<Variant> {
    const key = names.join("\n");
    const known = this.#variants.get(key) ?? this.#build(names);
    this.#variants.set(key, known);
    return known;
  }

  /** Compiles for these outputs ahead of the first run. */
  async prepare(outputs: readonly (keyof O & string)[] = Object.keys(this.#outputs)): Promise<void> {
    await this.#variant(outputs);
  }

  /**
   * Runs once: reads the state and the inputs, replaces the state, gives the outputs.
   * @throws {ProgramInputError} for an input that is missing, unknown, or of another type or length.
   */
  async run<K extends keyof O & string = keyof O & string>(
    inputs: { readonly [N in keyof I]: InputValue },
    { outputs, signal, borrow = false }: RunOptions<K> = {},
  ): Promise<{ readonly [N in K]: HostTensor }> {
    if (this.#disposed) throw new ProgramInputError("the program was disposed; compile it again");
    const variant = await this.#variant(outputs ?? Object.keys(this.#outputs));
    const unknown = Object.keys(inputs).find((name) => !(name in this.#inputSpecs));
    if (unknown !== undefined) {
      throw new ProgramInputError(
        `no input "${unknown}"; there is ${Object.keys(this.#inputSpecs).join(", ") || "none"}`,
      );
    }
    return this.state.exclusive(async () => {
      this.state.assertUsable();
      signal?.throwIfAborted();
      const feeds = new Map(variant.readSlots.map((slot) => [stateName(slot.path), slot.current] as const));
      for (const name of variant.inputNames) {
        const device = this.#inputs.get(name) as DeviceTensor;
        await device.write(this.#inputValue(name, inputs[name]));
        feeds.set(inputName(name), device);
      }
      const fetches = new Map([...variant.outputs].map(([name, tensor]) => [outputName(name), tensor] as const));
      for (const { slot, inPlace, target } of variant.updates) {
        fetches.set(nextName(slot.path), target.for(inPlace ? slot.current : (slot.spare as DeviceTensor)));
      }
      try {
        await variant.session.run(feeds, fetches, signal);
      } catch (error) {
        if (variant.updates.some(({ inPlace }) => inPlace)) this.state.lose("a cancelled or failed run");
        throw error;
      }
      for (const { slot, inPlace } of variant.updates) {
        if (!inPlace) [slot.current, slot.spare] = [slot.spare as DeviceTensor, slot.current];
      }
      const results: Record<string, HostTensor> = {};
      for (const [name, tensor] of variant.outputs) {
        const view = borrow ? tensor.view() : undefined;
        results[name] = view ? { dtype: tensor.dtype, shape: tensor.shape, data: view } : await tensor.read();
      }
      return results as { readonly [N in K]: HostTensor };
    });
  }

  #inputValue(name: string, value: InputValue | undefined): HostTensor {
    const spec = this.#inputSpecs[name] as TensorSpec;
    if (value === undefined) throw new ProgramInputError(`input "${name}" is missing`);
    const host = isHostTensor(value) ? value : { ...hostTensor(value), shape: spec.shape };
    const wanted = byteLength(spec) / bytesPerElement(spec.dtype);
    if (host.dtype !== spec.dtype || !sameShape(host.shape, spec.shape) || host.data.length !== wanted) {
      throw new ProgramInputError(
        `input "${name}": wanted ${spec.dtype}[${spec.shape.join(", ")}] (${wanted} values), ` +
          `got ${host.dtype}[${host.shape.join(", ")}] with ${host.data.length}`,
      );
    }
    return host;
  }

  /** Operations, sizes and cost of one run with these outputs; `toString()` of it is a readable dump. */
  describe(outputs: readonly (keyof O & string)[] = Object.keys(this.#outputs)): ProgramSummary {
    const roots = [...outputs.map((name) => this.#output(name)), ...this.#next.values()];
    return new ProgramSummary(inOrder(roots), this.#leaves, this.state.byteLength);
  }

  /** Frees sessions and buffers, and the state unless it is shared; repeating it does nothing. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.state.exclusive(async () => undefined);
    for (const pending of this.#variants.values()) {
      const variant = await pending.catch(() => undefined);
      variant?.session.dispose();
      for (const tensor of variant?.outputs.values() ?? []) tensor.dispose();
      for (const { target } of variant?.updates ?? []) target.dispose();
    }
    for (const tensor of this.#inputs.values()) tensor.dispose();
    if (this.#ownsState) this.state.dispose();
  }
}

/** Where a new value is written: the memory of a slot, under the shape in which the program makes it. */
interface Target {
  for(memory: DeviceTensor): DeviceTensor;
  dispose(): void;
}

function targetOf(layout: Shape): Target {
  const views = new Map<DeviceTensor, DeviceTensor>();
  return {
    for(memory) {
      if (sameShape(memory.shape, layout)) return memory;
      const view = views.get(memory) ?? memory.withShape?.(layout) ?? memory;
      views.set(memory, view);
      return view;
    },
    dispose() {
      for (const view of views.values()) view.dispose();
    },
  };
}

/** New state that nothing in the program reads and that is no output: it may leave in whatever layout it is made. */
function onlyKept(
  updates: readonly (readonly [string, Tensor])[],
  outputs: readonly (readonly [string, Tensor])[],
  order: readonly Tensor[],
): ReadonlySet<Tensor> {
  const read = new Set([...order.flatMap(({ inputs }) => inputs), ...outputs.map(([, tensor]) => tensor)]);
  const next = updates.map(([, tensor]) => tensor);
  return new Set(next.filter((tensor, i) => !read.has(tensor) && next.indexOf(tensor) === i));
}
