import { stat } from "node:fs/promises";
import { type Checksum, checksumOf } from "./checksum.ts";

/** Whether there is a file and its content has this checksum. */
export async function isIntact(file: string, checksum: Checksum): Promise<boolean> {
  const exists = await stat(file).then(
    (entry) => entry.isFile(),
    () => false,
  );
  return exists && (await checksumOf(file, checksum)) === checksum;
}
