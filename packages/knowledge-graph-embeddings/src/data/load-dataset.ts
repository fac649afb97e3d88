import { stat } from "node:fs/promises";
import type { Dataset } from "./dataset.ts";
import { UnknownDatasetError } from "./errors.ts";
import { loadNamedDataset, namedDatasets, type NamedDatasetOptions } from "./named-datasets.ts";
import { fold, nearestRows } from "./near-matches.ts";
import { readDataset, type ReadOptions } from "./read-folder.ts";
import { buildWordNet, wordNetDatasets } from "./wordnet.ts";

export interface LoadOptions extends Omit<ReadOptions, "name">, NamedDatasetOptions {}

/** A graph that {@link loadDataset} knows by name. */
export interface KnownDataset {
  readonly name: string;
  readonly about: string;
  /** Whether it comes with the package; others are downloaded when first asked for. */
  readonly embedded: boolean;
}

/** Every known name, the default first. */
export const knownDatasets: readonly KnownDataset[] = [
  ...Object.entries(wordNetDatasets).map(([name, about]) => ({ name, about, embedded: true })),
  ...Object.entries(namedDatasets).map(([name, { about }]) => ({ name, about, embedded: false })),
];

const built = new Map<string, Promise<Dataset>>();

/**
 * A graph by path or name: an existing file or folder is read (see {@link readDataset}), `wordnet` and its kind are
 * built from the package's own copy and kept in memory, other known names are downloaded once.
 * @throws {KgeDataError} of the class that names the cause; {UnknownDatasetError} with near matches.
 */
export async function loadDataset(nameOrPath: string, options: LoadOptions = {}): Promise<Dataset> {
  const exists = await stat(nameOrPath).then(
    () => true,
    () => false,
  );
  if (exists) return readDataset(nameOrPath, options);
  const known = knownDatasets.find(({ name }) => name === nameOrPath.toLowerCase());
  if (known === undefined) {
    const names = knownDatasets.map(({ name }) => name);
    const near = nearestRows(
      nameOrPath,
      names.map((name) => [fold(name)]),
      3,
    );
    throw new UnknownDatasetError(
      nameOrPath,
      near.map((row) => names[row]!),
      names,
    );
  }
  if (!known.embedded) return loadNamedDataset(known.name, options);
  const key = JSON.stringify([known.name, options.splitSeed, options.heldOut]);
  const dataset = built.get(key) ?? buildWordNet(known.name, options);
  built.set(key, dataset);
  // A failure (a missing package, say) is not kept.
  dataset.catch(() => built.delete(key));
  return dataset;
}
