import { createReadStream, createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { defineCommand, formatCount, type Command } from "@offprint/experiment";
import { z } from "zod";
import { restoreBackup, writeBackup } from "../operations/backup.ts";
import { openPapers, openUnmigrated } from "./open-papers.ts";

const fileOf = (description: string) =>
  z.strictObject({ file: z.string().min(1).meta({ placeholder: "FILE", description }) });
const backupConfig = fileOf(
  "Where the backup goes, gzipped; a file that is there is replaced when the new one is whole.",
);
const restoreConfig = fileOf("A backup that this command or the admin's page made.");

const lost = new Error("another server has taken the data folder");

/** `offprint papers backup`: everything in the database as one file. */
export const backupCommand: Command<typeof backupConfig> = defineCommand({
  name: "papers backup",
  summary:
    "Write everything in the database to one file. While a server has the embedded database, take it from /admin.",
  arguments: ["file"],
  config: backupConfig,
  examples: [{ explains: "With the data folder or DATABASE_URL of the server.", config: { file: "backup.jsonl.gz" } }],
  async run({ file }, { stdout, env, signal }) {
    const abort = new AbortController();
    const database = await openPapers(env, () => abort.abort(lost));
    const unfinished = `${file}.unfinished`;
    try {
      await pipeline(
        Readable.from(writeBackup(database.db, new Date())),
        createGzip(),
        // It holds addresses and keys.
        createWriteStream(unfinished, { mode: 0o600 }),
        { signal: AbortSignal.any([signal, abort.signal]) },
      );
      await rename(unfinished, file);
      stdout.write(`The backup is in ${file}. It holds addresses and keys: keep it as you keep the database.\n`);
    } finally {
      await database.close();
    }
  },
});

/** `offprint papers restore`: a backup into an empty database. */
export const restoreCommand: Command<typeof restoreConfig> = defineCommand({
  name: "papers restore",
  summary: "Put a backup into a new data folder or a new PostgreSQL database, all of it or nothing.",
  arguments: ["file"],
  config: restoreConfig,
  examples: [
    { explains: "Into the folder of OFFPRINT_DATA, which must hold no database.", config: { file: "backup.jsonl.gz" } },
  ],
  async run({ file }, { stdout, env }) {
    const database = await openUnmigrated(env, () => undefined);
    try {
      const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()), crlfDelay: Infinity });
      stdout.write(`${formatCount(await restoreBackup(database.db, lines))} rows are restored.\n`);
    } finally {
      await database.close();
    }
  },
});
