import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What is kept of one model: a folder a commit, beside it the list of its files once it is whole, and revisions' commits. */
export class ModelCache {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  folder(commit: string): string {
    return join(this.root, commit);
  }

  /** The commit that a revision named when it was last asked for. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (/^[0-9a-f]{40}$/.test(revision)) return revision;
    const text = await readFile(this.#reference(revision), "utf8").catch(() => "");
    return /^[0-9a-f]{40}$/.exec(text.trim())?.[0];
  }

  async keepCommit(revision: string, commit: string): Promise<void> {
    await write(this.#reference(revision), `${commit}\n`);
  }

  /** Whether every file of the commit is there. */
  async isComplete(commit: string): Promise<boolean> {
    const list = await readFile(this.#list(commit), "utf8").catch(() => "");
    const names = list.split("\n").filter((name) => name !== "");
    return (
      names.length > 0 &&
      (
        await this.missing(
          commit,
          names.map((name) => ({ name })),
        )
      ).length === 0
    );
  }

  /** Those of the files that are not there at all. */
  async missing<T extends { readonly name: string }>(commit: string, files: readonly T[]): Promise<T[]> {
    const found = await Promise.all(
      files.map(({ name }) => stat(join(this.folder(commit), name)).catch(() => undefined)),
    );
    return files.filter((_, i) => !found[i]);
  }

  async markComplete(commit: string, names: readonly string[]): Promise<void> {
    await write(this.#list(commit), `${names.join("\n")}\n`);
  }

  #list(commit: string): string {
    return join(this.root, `${commit}.files`);
  }

  #reference(revision: string): string {
    return join(this.root, `${encodeURIComponent(revision)}.commit`);
  }
}

/** Writes a small file, whole or not at all. */
async function write(path: string, text: string): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  const passing = `${path}.${process.pid}.new`;
  await writeFile(passing, text);
  await rename(passing, path);
}
