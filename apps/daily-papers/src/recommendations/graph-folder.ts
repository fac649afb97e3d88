import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Triple } from "./graph.ts";

/** Triples that are not learned, to choose the best weights by and to judge them: enough to tell, few enough to be quick. */
const mostHeldOut = 500;
const heldOutShare = 0.02;
const files = ["train", "valid", "test"] as const;

/**
 * Writes triples as a dataset for `offprint kge train`. Which ones are set aside depends on the triple alone: the same
 * graph gives the same files, and one that grew sets aside what it did before.
 */
export async function writeGraph(folder: string, triples: readonly Triple[]): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const ordered = triples
    .map((triple) => triple.join("\t"))
    .map((line) => ({ line, order: createHash("sha256").update(line).digest("hex") }))
    .toSorted((a, b) => (a.order < b.order ? -1 : 1));
  const heldOut = Math.max(1, Math.min(mostHeldOut, Math.floor(heldOutShare * triples.length)));
  const parts = {
    valid: ordered.slice(0, heldOut),
    test: ordered.slice(heldOut, 2 * heldOut),
    train: ordered.slice(2 * heldOut),
  };
  for (const name of files) {
    const text = parts[name].map(({ line }) => `${line}\n`).join("");
    await writeFile(join(folder, `${name}.tsv`), text);
  }
}

/** How many triples of a graph another one, in a folder, does not have, and the other way round; all where there is none. */
export async function changedTriples(folder: string, triples: readonly Triple[]): Promise<number> {
  const before = new Set<string>();
  for (const name of files) {
    const text = await readFile(join(folder, `${name}.tsv`), "utf8").catch(() => "");
    for (const line of text.split("\n")) if (line !== "") before.add(line);
  }
  const now = new Set(triples.map((triple) => triple.join("\t")));
  const added = [...now].filter((line) => !before.has(line)).length;
  return added + (before.size - (now.size - added));
}
