import { randomUUID } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncDirectory } from "./durable-file.ts";

/**
 * Fills a folder and puts it in its place when it is complete, where an older one of that name may stand: a reader finds
 * the whole old one or the whole new one. At an error nothing is left behind and the older one stays.
 * @param fill writes the files into the folder that it is given.
 */
export async function replaceFolder(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const parent = dirname(path);
  await mkdir(parent, { recursive: true });
  const beside = (what: string) => join(parent, `.${basename(path)}.${what}-${randomUUID()}`);
  const [fresh, old] = [beside("new"), beside("old")];
  try {
    await mkdir(fresh);
    await fill(fresh);
    const moved = await rename(path, old).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    try {
      await rename(fresh, path);
    } catch (error) {
      if (moved) await rename(old, path);
      throw error;
    }
    await syncDirectory(parent);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}
