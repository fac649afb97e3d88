import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DamagedFileError, NotARunError } from "./errors.ts";
import { parseEvents, type EventLog } from "./events.ts";
import { findHolder, type LockHolder } from "./folder-lock.ts";
import { runRecordSchema, type RunRecord } from "./record.ts";

/** What makes a config readable later: which schema it follows, in which version. */
export interface StoredConfig {
  /** "kge-train". */
  readonly schema: string;
  readonly schemaVersion: number;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A run folder as it was found. */
export interface StoredRun extends StoredConfig {
  readonly path: string;
  readonly log: EventLog;
  readonly record?: RunRecord;
  /** The process that is writing it now; a record that says "running" without one belongs to a run that was killed. */
  readonly holder?: LockHolder;
}

/** The files of every run; a method adds its own. */
export const runFiles = { config: "config.json", metrics: "metrics.jsonl", record: "record.json" } as const;

const configSchema: z.ZodType<StoredConfig> = z.looseObject({
  schema: z.string(),
  schemaVersion: z.number(),
  config: z.record(z.string(), z.unknown()),
});

/**
 * Reads a run without writing to it, whether it is done, running or was killed.
 * @throws {NotARunError} {DamagedFileError}
 */
export async function readRun(path: string): Promise<StoredRun> {
  const { schema, schemaVersion, config } = await readConfig(path);
  const holder = await findHolder(path);
  const record = await readRecord(path);
  const log = await readLog(path);
  return { path, schema, schemaVersion, config, log, ...(record && { record }), ...(holder && { holder }) };
}

/** @throws {NotARunError} {DamagedFileError} */
export async function readConfig(path: string): Promise<StoredConfig> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new NotARunError(path, "there is no such folder");
  if (!found.isDirectory()) throw new NotARunError(path, "it is a file");
  const config = await readJson(join(path, runFiles.config), configSchema);
  if (config === undefined) throw new NotARunError(path, `it holds no ${runFiles.config}`);
  return config;
}

export const readRecord = (path: string) => readJson(join(path, runFiles.record), runRecordSchema);

export const readLog = async (path: string) => parseEvents((await readText(join(path, runFiles.metrics))) ?? "");

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DamagedFileError(file, text.trim() === "" ? "it is empty" : "it is not JSON", { cause });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new DamagedFileError(file, `${issue?.path.join(".") || "its content"}: ${issue?.message ?? "not understood"}`);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
