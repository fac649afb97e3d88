import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** `sha256:` or `git:` (the id of the file in a git repository: SHA-1 over a header and the content), then hexadecimal. */
export type Checksum = `sha256:${string}` | `git:${string}`;

/** The checksum of a file, of the same kind as `like`. */
export async function checksumOf(file: string, like: Checksum): Promise<Checksum> {
  const kind = like.startsWith("git:") ? "git" : "sha256";
  const hash = createHash(kind === "git" ? "sha1" : "sha256");
  if (kind === "git") hash.update(`blob ${(await stat(file)).size}\0`);
  const bytes: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: 1 << 20 });
  for await (const chunk of bytes) hash.update(chunk);
  return `${kind}:${hash.digest("hex")}`;
}
