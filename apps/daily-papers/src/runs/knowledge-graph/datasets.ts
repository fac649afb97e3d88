import { readdir } from "node:fs/promises";
import { join } from "node:path";

export interface Dataset {
  /** What the form sends. */
  readonly name: string;
  readonly title: string;
}

/** The graph that comes with Offprint. */
const wordnet: Dataset = { name: "wordnet", title: "WordNet" };

/** A dataset's name is a folder's name: no separators, no leading dot. */
export function isDatasetName(text: string): boolean {
  return /^\w[\w.-]{0,63}$/.test(text);
}

/** WordNet, and each folder with a training split that the admin put into `datasets` of the data folder. */
export async function listDatasets(dataFolder: string): Promise<Dataset[]> {
  const folder = join(dataFolder, "datasets");
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const own = await Promise.all(
    entries.map(async ({ name }) => {
      const files = isDatasetName(name) ? await readdir(join(folder, name)).catch(() => []) : [];
      return files.some((file) => /^train\.\w+(?:\.gz)?$/.test(file)) && name !== wordnet.name ? [name] : [];
    }),
  );
  const names = own.flat().toSorted();
  return [wordnet, ...names.map((name) => ({ name, title: name }))];
}

/** What `--dataset` gets: a name that the command knows, or the admin's folder. */
export function datasetArgument(name: string, dataFolder: string): string {
  return name === wordnet.name ? name : join(dataFolder, "datasets", name);
}

export function datasetTitle(name: string): string {
  return name === wordnet.name ? wordnet.title : name;
}
