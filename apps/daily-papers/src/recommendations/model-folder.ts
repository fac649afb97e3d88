import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where the recommendations keep their files, in the data folder. Not among the datasets that readers may choose. */
export function recommendationsFolder(dataFolder: string): string {
  return join(dataFolder, "recommendations");
}

/** A graph and the model that was trained on it, in one folder. */
export interface Generation {
  readonly graph: string;
  readonly model: string;
}

const pointer = "current";
const generationName = /^generation-[0-9a-f-]{36}$/;

/** What is in use; undefined before the first training. */
export async function currentGeneration(dataFolder: string): Promise<Generation | undefined> {
  const folder = recommendationsFolder(dataFolder);
  const name = await readFile(join(folder, pointer), "utf8").catch(() => "");
  return generationName.test(name) ? generationIn(folder, name) : undefined;
}

/** A place for the next one. It takes the other's place with `use`, in one step: a crash leaves one of the two. */
export async function newGeneration(dataFolder: string): Promise<Generation & { readonly use: () => Promise<void> }> {
  const folder = recommendationsFolder(dataFolder);
  const name = `generation-${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  await keepOnly(folder, await readFile(join(folder, pointer), "utf8").catch(() => ""));
  await mkdir(join(folder, name));
  return {
    ...generationIn(folder, name),
    async use() {
      const written = join(folder, `${pointer}.${name}`);
      await writeFile(written, name);
      await rename(written, join(folder, pointer));
      await keepOnly(folder, name);
    },
  };
}

/** Clears away what is no longer in use, and what was left unfinished. */
async function keepOnly(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (generationName.test(entry) && entry !== name) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

function generationIn(folder: string, name: string): Generation {
  return { graph: join(folder, name, "graph"), model: join(folder, name, "model") };
}
