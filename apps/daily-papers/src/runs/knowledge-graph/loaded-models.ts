import type { TrainedModel } from "./trained-model.ts";

/** A model takes tens of megabytes: this many stay in memory, the one that was asked longest ago goes first. */
const mostLoaded = 2;

interface Loaded {
  readonly model: Promise<TrainedModel>;
  users: number;
  /** Whether it is to be disposed of when nobody uses it any more. */
  leaving: boolean;
}

/** Trained models by their folders, loaded when first asked for and disposed of when others were asked since. */
export class LoadedModels {
  readonly #load: (folder: string) => Promise<TrainedModel>;
  readonly #loaded = new Map<string, Loaded>();

  constructor(load: (folder: string) => Promise<TrainedModel>) {
    this.#load = load;
  }

  /**
   * Does something with a folder's model, which lives until that is done.
   * @throws what loading throws; the next call tries again.
   */
  async use<T>(folder: string, work: (model: TrainedModel) => Promise<T>): Promise<T> {
    const loaded = this.#loaded.get(folder) ?? { model: this.#load(folder), users: 0, leaving: false };
    this.#loaded.delete(folder);
    this.#loaded.set(folder, loaded);
    loaded.users += 1;
    const [oldest] = this.#loaded.keys();
    if (this.#loaded.size > mostLoaded && oldest !== undefined) await this.#leave(oldest);
    try {
      const model = await loaded.model.catch((error: unknown) => {
        this.#loaded.delete(folder);
        throw error;
      });
      return await work(model);
    } finally {
      loaded.users -= 1;
      if (loaded.leaving && loaded.users === 0) await disposeOf(loaded);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#loaded.keys()].map((folder) => this.#leave(folder)));
  }

  async #leave(folder: string): Promise<void> {
    const loaded = this.#loaded.get(folder);
    if (loaded === undefined) return;
    this.#loaded.delete(folder);
    loaded.leaving = true;
    if (loaded.users === 0) await disposeOf(loaded);
  }
}

/** A model that could not be loaded has nothing to give back. */
async function disposeOf({ model }: Loaded): Promise<void> {
  await (await model.catch(() => undefined))?.dispose();
}
