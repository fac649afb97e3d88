import type { TrainedModel } from "./trained-model.ts";

/** A model takes tens of megabytes: this many stay in memory, the one asked longest ago goes first. */
const mostLoaded = 2;

/** Trained models by their folders, loaded when first asked for. */
export class LoadedModels {
  readonly #load: (folder: string) => Promise<TrainedModel>;
  readonly #models = new Map<string, Promise<TrainedModel>>();

  constructor(load: (folder: string) => Promise<TrainedModel>) {
    this.#load = load;
  }

  /** @throws what loading throws; the next call tries again. */
  async get(folder: string): Promise<TrainedModel> {
    const model = this.#models.get(folder) ?? this.#load(folder);
    this.#models.delete(folder);
    this.#models.set(folder, model);
    const oldest = this.#models.size > mostLoaded ? this.#models.keys().next().value : undefined;
    if (oldest !== undefined) this.#models.delete(oldest);
    try {
      return await model;
    } catch (error) {
      this.#models.delete(folder);
      throw error;
    }
  }
}
