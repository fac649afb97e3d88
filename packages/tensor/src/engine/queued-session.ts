import type { DeviceTensor, EngineSession } from "./engine.ts";
import { RunCancelledError, RunFailedError, reasonOf } from "./errors.ts";
import { Lifetime } from "./lifetime.ts";
import type { OwnedTensor } from "./owned-tensor.ts";
import { checkBindings, type Signature } from "./signature.ts";

/** A tensor bound to an input or output of a model. */
export interface Binding<T extends OwnedTensor> {
  /** Place of the input or output among the model's. */
  readonly index: number;
  readonly name: string;
  readonly tensor: T;
}

/** What the sessions of all engines have in common: checks, runs one after the other, an end that waits for them. */
export abstract class QueuedSession<T extends OwnedTensor> implements EngineSession {
  readonly #signature: Signature;
  readonly #lifetime: Lifetime;
  /** Settles when the latest run has ended, well or badly. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(signature: Signature, free: () => void) {
    this.#signature = signature;
    this.#lifetime = new Lifetime("session", free);
  }

  /** One run of the engine. @param fed all inputs, @param fetched the outputs wanted; both in the model's order. */
  protected abstract runNow(
    fed: readonly Binding<T>[],
    fetched: readonly Binding<T>[],
    signal: AbortSignal | undefined,
  ): Promise<void>;

  /** This tensor as one that the engine can use. @throws {TypeError} when it belongs to another kind of engine. */
  protected abstract own(tensor: DeviceTensor): T;

  async run(
    feeds: ReadonlyMap<string, DeviceTensor>,
    fetches: ReadonlyMap<string, DeviceTensor>,
    signal?: AbortSignal,
  ): Promise<void> {
    this.#lifetime.check();
    checkBindings(this.#signature, feeds, fetches);
    const fed = this.#bind(this.#signature.inputs, feeds);
    const fetched = this.#bind(this.#signature.outputs, fetches);
    const used = [this.#lifetime, ...[...fed, ...fetched].map(({ tensor }) => tensor.lifetime)];
    for (const lifetime of used) lifetime.check();
    for (const lifetime of used) lifetime.enter();
    const turn = this.#idle.then(() => this.#runUnlessCancelled(fed, fetched, signal));
    this.#idle = turn.catch(() => undefined);
    try {
      await turn;
    } finally {
      for (const lifetime of used) lifetime.leave();
    }
  }

  async #runUnlessCancelled(
    fed: readonly Binding<T>[],
    fetched: readonly Binding<T>[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (signal?.aborted) throw new RunCancelledError({ cause: signal.reason });
    try {
      await this.runNow(fed, fetched, signal);
    } catch (cause) {
      if (signal?.aborted) throw new RunCancelledError({ cause: signal.reason });
      throw new RunFailedError(reasonOf(cause), { cause });
    }
  }

  #bind(slots: Signature["inputs"], tensors: ReadonlyMap<string, DeviceTensor>): Binding<T>[] {
    return slots.flatMap(({ name }, index) => {
      const tensor = tensors.get(name);
      return tensor === undefined ? [] : [{ index, name, tensor: this.own(tensor) }];
    });
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
