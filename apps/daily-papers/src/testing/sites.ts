import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config.ts";

/** Stands in for the command `offprint`; see the file for what its seeds do. */
export const fakeCommand = fileURLToPath(new URL("fake-offprint.mjs", import.meta.url));

/** A new empty data folder, with the function that removes it. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "offprint-daily-papers-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A site of its own on a port that the system chooses. */
export function testConfig(dataFolder: string): Config {
  return { port: 0, host: "localhost", dataFolder, databaseUrl: undefined, allowedHosts: [], command: fakeCommand };
}
