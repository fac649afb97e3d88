import { createHash, randomUUID } from "node:crypto";
import { access, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DiskFullError } from "./errors.ts";

/**
 * Writes a file so that whoever reads `path`, now or after a crash, finds all of the old content or all of the new:
 * a temporary file beside it, flushed to the disk, renamed, and the folder flushed.
 * @throws {DiskFullError} naming the file and what is kept; other errors of the file system as they are.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, temporaryName(basename(path)));
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // what went wrong first is what counts
    if (!isDiskFull(error)) throw error;
    const kept = (await exists(path)) ? "the file as it was before is kept" : "nothing was there before";
    throw new DiskFullError(path, kept, { cause: error });
  }
}

/** The name of a file that is to become, or to guard, `name`. */
export function temporaryName(name: string, unique: string = randomUUID()): string {
  return `.${name}.${unique}${temporaryEnding}`;
}

/** Whether a name in a folder is such a temporary one; if its writer is gone, it was killed. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith(".") && name.endsWith(temporaryEnding);
}

const temporaryEnding = ".offprint-tmp";

/** No space, no inodes or no quota left. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/**
 * A file name for any text. One of small letters, digits, `.`, `_` and `-` stays; in another all else becomes `-`, and it
 * also carries `~` and eight digits of its SHA-256, so that different texts have different names, upper and lower case
 * being the same to some file systems. At most 80 characters.
 */
export function safeFileName(text: string): string {
  if (/^[a-z0-9_][a-z0-9._-]{0,79}$/.test(text) && !text.endsWith(".") && !reservedOnWindows.test(text)) return text;
  const digest = createHash("sha256").update(text, "utf16le").digest("hex").slice(0, 8);
  const plain = text.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replaceAll(/^[-.]+|[-.]+$/g, "");
  return `${plain.slice(0, 60) || "unnamed"}~${digest}`;
}

const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Makes the names in a folder durable; some systems cannot, and need not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
