import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DiskFullError, RunFolderOccupiedError } from "./errors.ts";
import { formatEvent, linesUpTo, type EventLog, type RunEvent } from "./events.ts";
import { isDiskFull, isTemporaryName, writeFileAtomic } from "./files.ts";
import { lockFileName, lockFolder } from "./folder-lock.ts";
import { peakMemoryBytes, thisMachine, type RunRecord } from "./record.ts";
import { readConfig, readLog, readRecord, runFiles, type StoredConfig } from "./stored-run.ts";

/** What the record of a session says from its first moment. */
export type SessionFacts = Pick<RunRecord, "command" | "versions" | "seed" | "dataHash">;

/**
 * Makes the folder of a new run: config.json, record.json, an empty metrics.jsonl.
 * @throws {RunFolderOccupiedError} when `path` holds a run or anything else; {RunFolderLockedError}; {DiskFullError}.
 */
export async function createRunFolder(path: string, stored: StoredConfig & SessionFacts): Promise<RunFolder> {
  const { schema, schemaVersion, config, ...facts } = stored;
  await requireFreeRunFolder(path);
  const firstCreated = await mkdir(path, { recursive: true });
  try {
    const release = await lockFolder(path);
    try {
      await refuseOccupied(path); // nobody else can fill it now
      await writeFileAtomic(join(path, runFiles.config), jsonText({ schema, schemaVersion, config }));
      return await RunFolder.begin(path, { schema, schemaVersion, config }, facts, release);
    } catch (error) {
      await release();
      throw error;
    }
  } catch (error) {
    if (firstCreated !== undefined) await rmdir(path).catch(() => {}); // only if it is still empty
    throw error;
  }
}

/**
 * Opens a run to go on with it. Read its checkpoint next and `rewind` to the step of that.
 * @throws {NotARunError} {DamagedFileError} {RunFolderLockedError} {DiskFullError}
 */
export async function resumeRunFolder(path: string, facts: SessionFacts): Promise<RunFolder> {
  await readConfig(path);
  const release = await lockFolder(path);
  try {
    const stored = await readConfig(path);
    return await RunFolder.begin(path, stored, facts, release);
  } catch (error) {
    await release();
    throw error;
  }
}

/** A run folder that this process writes; nobody else can until it is closed. */
export class RunFolder implements AsyncDisposable {
  readonly path: string;
  readonly stored: StoredConfig;
  #record: RunRecord;
  /** Working time of earlier sessions, seconds. */
  readonly #earlier: number;
  readonly #sessionStart: number;
  #metrics: number | undefined;
  #size: number;
  readonly #release: () => Promise<void>;

  private constructor(
    path: string,
    stored: StoredConfig,
    record: RunRecord,
    release: () => Promise<void>,
    size: number,
  ) {
    this.path = path;
    this.stored = stored;
    this.#record = record;
    this.#earlier = record.durationSeconds;
    this.#sessionStart = Date.now();
    this.#release = release;
    this.#size = size;
    this.#metrics = openSync(join(path, runFiles.metrics), "a");
  }

  /** Starts a session in a folder that is locked and has its config. */
  static async begin(
    path: string,
    stored: StoredConfig,
    facts: SessionFacts,
    release: () => Promise<void>,
  ): Promise<RunFolder> {
    for (const name of await readdir(path)) if (isTemporaryName(name)) await rm(join(path, name), { force: true });
    const log = await readLog(path);
    if (log.cut !== undefined || log.damaged.length > 0) await writeLines(path, log.lines);
    const earlier = await readRecord(path);
    const { endedAt: _, error: __, ...kept } = earlier ?? {};
    const record: RunRecord = {
      ...kept,
      ...facts,
      machine: thisMachine(),
      startedAt: earlier?.startedAt ?? new Date().toISOString(),
      durationSeconds: earlier === undefined ? 0 : workedSeconds(earlier, log),
      peakMemoryBytes: earlier?.peakMemoryBytes ?? 0,
      outcome: "running",
      resumed: earlier === undefined ? 0 : earlier.resumed + 1,
    };
    await writeFileAtomic(join(path, runFiles.record), jsonText(record));
    return new RunFolder(path, stored, record, release, await sizeOf(join(path, runFiles.metrics)));
  }

  get record(): RunRecord {
    return this.#record;
  }

  /**
   * Adds an event to metrics.jsonl, in the order of the calls, in one write before the promise is returned; an evaluation
   * and the end are on the disk when it resolves. The "finished" event completes the record as well.
   * @throws {DiskFullError} and keeps every earlier event whole.
   */
  async append(event: RunEvent): Promise<void> {
    const metrics = this.#metrics;
    if (metrics === undefined) throw new Error("internal: an event for a run folder that is closed");
    this.#write(metrics, Buffer.from(formatEvent(event)));
    if (event.type !== "evaluation" && event.type !== "finished") return;
    fsyncSync(metrics);
    if (event.type === "finished") await this.#finish(event.outcome, event.error);
  }

  /** Forgets the events after a checkpoint's step, as a run that goes on from there tells them again. */
  async rewind(step: number): Promise<void> {
    const log = await readLog(this.path);
    await writeLines(this.path, linesUpTo(step, log));
    if (this.#metrics !== undefined) closeSync(this.#metrics);
    const path = join(this.path, runFiles.metrics);
    this.#metrics = openSync(path, "a");
    this.#size = await sizeOf(path);
  }

  /** Lets others write the folder; harmless when called again. */
  async close(): Promise<void> {
    if (this.#metrics === undefined) return;
    closeSync(this.#metrics);
    this.#metrics = undefined;
    await this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #write(metrics: number, line: Buffer): void {
    try {
      for (let done = 0; done < line.length;) done += writeSync(metrics, line, done);
      this.#size += line.length;
    } catch (error) {
      ftruncateSync(metrics, this.#size); // half a line would spoil the next one
      if (!isDiskFull(error)) throw error;
      throw new DiskFullError(join(this.path, runFiles.metrics), "all earlier events are kept", { cause: error });
    }
  }

  async #finish(outcome: RunRecord["outcome"], error: string | undefined): Promise<void> {
    const now = Date.now();
    this.#record = {
      ...this.#record,
      endedAt: new Date(now).toISOString(),
      durationSeconds: this.#earlier + (now - this.#sessionStart) / 1000,
      peakMemoryBytes: Math.max(this.#record.peakMemoryBytes, peakMemoryBytes()),
      outcome,
      ...(error !== undefined && { error }),
    };
    await writeFileAtomic(join(this.path, runFiles.record), jsonText(this.#record));
  }
}

/** Working time so far; a session that was killed counts to its last event. */
function workedSeconds(record: RunRecord, { events }: EventLog): number {
  if (record.outcome !== "running") return record.durationSeconds;
  const last = events.at(-1);
  const start = events.findLast(({ type }) => type === "started");
  if (last === undefined || start === undefined) return record.durationSeconds;
  return record.durationSeconds + Math.max(0, Date.parse(last.time) - Date.parse(start.time)) / 1000;
}

/**
 * Refuses what {@link createRunFolder} would, so that no work is spent before it.
 * @throws {RunFolderOccupiedError}
 */
export async function requireFreeRunFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isDirectory())
    throw new RunFolderOccupiedError(path, "is a file", "name a folder that is empty or does not exist yet");
  if (found !== undefined) await refuseOccupied(path);
}

async function refuseOccupied(path: string): Promise<void> {
  const names = (await readdir(path)).filter((name) => name !== lockFileName && !isTemporaryName(name));
  if (names.length === 0) return;
  if (names.includes(runFiles.config) && names.includes(runFiles.record))
    throw new RunFolderOccupiedError(
      path,
      "holds a run already",
      "go on with it by --resume, or choose another folder",
    );
  const some = names.toSorted().slice(0, 3).join(", ");
  const holds = `holds other things (${names.length > 3 ? `${some}, …` : some})`;
  throw new RunFolderOccupiedError(path, holds, "name a folder that is empty or does not exist yet");
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

const writeLines = (path: string, lines: readonly string[]) =>
  writeFileAtomic(join(path, runFiles.metrics), lines.map((line) => `${line}\n`).join(""));

const jsonText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
