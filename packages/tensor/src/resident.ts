import type { HostTensor, TensorSpec } from "./dtype.ts";
import type { DeviceTensor, Engine } from "./engine/engine.ts";
import { ProgramInputError, StateLostError } from "./errors.ts";
import { isHostTensor } from "./graph/tensor.ts";
import { treeLeaves, treeMap, type Tree } from "./graph/tree.ts";

/** One leaf of resident state. */
export interface Slot {
  readonly path: string;
  readonly spec: TensorSpec;
  /** Holds the value now. */
  current: DeviceTensor;
  /** Takes the next value where an update in place is not safe; the two change roles after every run. */
  spare: DeviceTensor | undefined;
}

/**
 * Nested values that live in an engine: parameters, optimiser moments, caches. Programs read and replace them; they are
 * copied out only when asked for. Several programs may share one.
 */
export class Resident<S extends Tree<HostTensor> = Tree<HostTensor>> {
  readonly engine: Engine;
  readonly #structure: Tree<Slot>;
  readonly #slots: ReadonlyMap<string, Slot>;
  /** Whose leaves this one has beside its own. */
  readonly #shared: Resident | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #lost: string | undefined;
  #disposed = false;

  private constructor(engine: Engine, structure: Tree<Slot>, shared?: Resident) {
    this.engine = engine;
    this.#structure = structure;
    this.#slots = new Map(treeLeaves<Slot>(structure, isSlot));
    this.#shared = shared;
  }

  /** Copies nested host values into `engine`. */
  static async create<S extends Tree<HostTensor>>(engine: Engine, values: S): Promise<Resident<S>> {
    return new Resident<S>(engine, await allocateAll(engine, values));
  }

  /**
   * This state with more leaves beside it, for programs that need both: a model's weights and the memory of one text.
   * What was here stays shared, and is not to be replaced while the result lasts; what is added ends with the result.
   * @throws {ProgramInputError} for a key that is here already.
   */
  async extend<T extends Readonly<Record<string, Tree<HostTensor>>>>(values: T): Promise<Resident<S & T>> {
    const own = this.#structure as Readonly<Record<string, Tree<Slot>>>;
    const taken = Object.keys(values).find((key) => key in own);
    if (taken !== undefined) throw new ProgramInputError(`the state has a "${taken}" already`);
    const added = (await allocateAll(this.engine, values)) as Readonly<Record<string, Tree<Slot>>>;
    return new Resident<S & T>(this.engine, { ...own, ...added }, this);
  }

  /** The leaves by path. For the compiler; programs hold on to them. */
  get slots(): ReadonlyMap<string, Slot> {
    return this.#slots;
  }

  /** The same structure with `f` of every leaf. */
  map<U>(f: (slot: Slot) => U): Tree<U> {
    return treeMap<Slot, U>(this.#structure, isSlot, f);
  }

  /** Bytes held in the engine. */
  get byteLength(): number {
    return [...this.#slots.values()].reduce((total, { current, spare }) => {
      const bytes = current.view()?.byteLength ?? 0;
      return total + bytes * (spare ? 2 : 1);
    }, 0);
  }

  /** Runs `f` when nobody else uses the state; calls take turns in order. */
  exclusive<T>(f: () => Promise<T>): Promise<T> {
    if (this.#shared) return this.#shared.exclusive(f);
    const result = this.#turn.then(f);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /**
   * A copy of the values under a path: `read("params.entity.mean")` is one tensor, `read("params")` a structure.
   * @throws {ProgramInputError} for a path that is not there, listing those that are.
   */
  read(path: string): Promise<Tree<HostTensor>> {
    return this.exclusive(async () => {
      this.assertUsable();
      const prefix = path === "" ? "" : `${path}.`;
      const wanted = [...this.#slots.values()].filter((slot) => slot.path === path || slot.path.startsWith(prefix));
      if (wanted.length === 0) {
        throw new ProgramInputError(`no state at "${path}"; there is ${[...this.#slots.keys()].join(", ")}`);
      }
      const values = new Map<string, HostTensor>();
      for (const slot of wanted) values.set(slot.path, await slot.current.read());
      const node = branchAt(this.#structure, path) ?? {};
      return treeMap<Slot, HostTensor>(node, isSlot, (slot) => values.get(slot.path) as HostTensor);
    });
  }

  /** A copy of everything. */
  async readAll(): Promise<S> {
    return (await this.read("")) as S;
  }

  /**
   * Replaces values; leaves that `values` does not have stay as they are unless the state was lost.
   * @throws {ProgramInputError} for a path, type or shape that does not fit.
   */
  write(values: Tree<HostTensor>, at = ""): Promise<void> {
    return this.exclusive(async () => {
      this.#assertOpen();
      const given = treeLeaves<HostTensor>(values, isHostTensor, at);
      for (const [path, value] of given) {
        const slot = this.#slots.get(path);
        if (!slot) throw new ProgramInputError(`no state at "${path}"; there is ${[...this.#slots.keys()].join(", ")}`);
        await slot.current.write(value);
      }
      if (given.length === this.#slots.size) this.#lost = undefined;
    });
  }

  /** Marks the values as unusable until all are written anew. For the compiler. */
  lose(reason: string): void {
    this.#lost = reason;
  }

  /** @throws {StateLostError} after a run that left the values half updated, or when disposed. */
  assertUsable(): void {
    this.#assertOpen();
    this.#shared?.assertUsable();
    if (this.#lost !== undefined) {
      throw new StateLostError(
        `${this.#lost} left the state half updated; write all of it anew, for example from a checkpoint`,
      );
    }
  }

  #assertOpen(): void {
    if (this.#disposed) throw new StateLostError("the state was disposed; create it again");
  }

  /** Gives the memory back; repeating it does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const slot of this.#slots.values()) {
      if (this.#shared?.slots.has(slot.path)) continue;
      slot.current.dispose();
      slot.spare?.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

async function allocateAll(engine: Engine, values: Tree<HostTensor>): Promise<Tree<Slot>> {
  const allocated = new Map<string, DeviceTensor>();
  for (const [path, value] of treeLeaves<HostTensor>(values, isHostTensor)) {
    allocated.set(path, await engine.allocate({ dtype: value.dtype, shape: value.shape }, value));
  }
  return treeMap<HostTensor, Slot>(values, isHostTensor, ({ dtype, shape }, path) => {
    return { path, spec: { dtype, shape }, current: allocated.get(path) as DeviceTensor, spare: undefined };
  });
}

const isSlot = (value: unknown): value is Slot =>
  typeof value === "object" && value !== null && "current" in value && "spec" in value;

/** What lies under a path; keys may hold dots themselves, as the names of weights do. */
function branchAt(node: Tree<Slot>, path: string): Tree<Slot> | undefined {
  if (path === "") return node;
  if (isSlot(node)) return undefined;
  for (const [key, child] of Object.entries(node)) {
    if (path !== key && !path.startsWith(`${key}.`)) continue;
    const found = branchAt(child, path.slice(key.length + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
