import type { Implementation } from "./implementation.ts";
import type { Run } from "./run.ts";

/** The papers' implementations that readers can run from the page. */
export class Implementations {
  readonly #all: readonly Implementation[];

  constructor(all: readonly Implementation[]) {
    this.#all = all;
  }

  /** The implementation in this package, or undefined when readers cannot run it from the page yet. */
  find(name: string | undefined): Implementation | undefined {
    return this.#all.find((implementation) => implementation.name === name);
  }

  /** Names of all. */
  get names(): readonly string[] {
    return this.#all.map(({ name }) => name);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((implementation) => implementation.close()));
  }

  /** What made this run. */
  of(run: Run): Implementation {
    const implementation = this.find(run.implementation);
    if (implementation === undefined)
      throw new Error(`internal: run ${run.id} is of ${run.implementation}, unknown here`);
    return implementation;
  }
}
