import { DisposedError } from "./errors.ts";

/**
 * Frees something exactly once: when it has been disposed and no run uses it any more. So a tensor that is disposed
 * in the middle of a run stays valid until that run has ended.
 */
export class Lifetime {
  readonly #what: string;
  readonly #free: () => void;
  #users = 0;
  #disposed = false;

  /** @param what the name of the thing in a {@link DisposedError}. */
  constructor(what: string, free: () => void) {
    this.#what = what;
    this.#free = free;
  }

  /** @throws {DisposedError} after {@link dispose}. */
  check(): void {
    if (this.#disposed) throw new DisposedError(this.#what);
  }

  /** Begins a use, to be ended by {@link leave}. */
  enter(): void {
    this.check();
    this.#users++;
  }

  leave(): void {
    this.#users--;
    this.#freeWhenUnused();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#freeWhenUnused();
  }

  #freeWhenUnused(): void {
    if (this.#disposed && this.#users === 0) this.#free();
  }
}
