import { createHash, randomUUID } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** Bytes handed to the system at once: large enough for full speed, small enough to leave other work its turn. */
const CHUNK_BYTES = 16 * 2 ** 20;

/** What was written: enough to recognise damage later. */
export interface FileDigest {
  readonly bytes: number;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** Takes the next bytes of a file; the memory may be reused once the promise resolves. */
export type ByteSink = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes a file that is complete and on disk under its name, or not there at all: the bytes go to a temporary name beside
 * it, are flushed, and the file is renamed. At an error, a full disk for instance, nothing is left behind and an older
 * file of that name stays as it was.
 */
export async function writeDurably(path: string, produce: (sink: ByteSink) => Promise<void>): Promise<FileDigest> {
  const temporary = `${path}.partial-${randomUUID()}`;
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const file = await open(temporary, "wx");
    try {
      await produce(async (piece) => {
        for (let start = 0; start < piece.length; start += CHUNK_BYTES) {
          const chunk = piece.subarray(start, start + CHUNK_BYTES);
          hash.update(chunk);
          await file.writeFile(chunk);
        }
        bytes += piece.length;
      });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
  return { bytes, sha256: hash.digest("hex") };
}

/** Makes creations, renames and removals inside a directory survive a power cut. Windows has no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Fills `target` from the file at `position`. @returns the number of bytes that were there, less at the file's end. */
export async function readInto(file: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(CHUNK_BYTES, target.length - done);
    const { bytesRead } = await file.read(target, done, length, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Size and SHA-256 of a file as it is now. */
export async function digestFile(path: string): Promise<FileDigest> {
  const file = await open(path, "r");
  try {
    const hash = createHash("sha256");
    const buffer = new Uint8Array(CHUNK_BYTES);
    let bytes = 0;
    for (;;) {
      const read = await readInto(file, buffer, bytes);
      hash.update(buffer.subarray(0, read));
      bytes += read;
      if (read < buffer.length) return { bytes, sha256: hash.digest("hex") };
    }
  } finally {
    await file.close();
  }
}
