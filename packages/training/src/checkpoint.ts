import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { digestFile, syncDirectory, writeDurably, type FileDigest } from "./durable-file.ts";
import { requireInteger, TrainingError } from "./errors.ts";
import type { Json } from "./json.ts";
import { SafetensorsFile, writeSafetensors, type TensorSource } from "./safetensors.ts";

/**
 * A checkpoint is a folder `checkpoint-00000001`, numbered in the order of writing, with the tensors
 * (`state.safetensors`), everything else (`progress.json`) and the checksums of both (`SHA256SUMS`, as `sha256sum -c`
 * reads it). It is written under a temporary name and renamed when it is complete and on disk, so a process killed at any
 * moment leaves the older ones untouched.
 */
const NAME = /^checkpoint-(\d{8})$/;
const TEMPORARY = ".partial-";
const STATE_FILE = "state.safetensors";
const PROGRESS_FILE = "progress.json";
const SUMS_FILE = "SHA256SUMS";
const FORMAT = "offprint-checkpoint";
const VERSION = 1;

/** A complete checkpoint whose checksums were verified. */
export interface Checkpoint {
  /** `checkpoint-00000001`; later ones have higher numbers. */
  readonly name: string;
  readonly path: string;
  /** Updates done. */
  readonly step: number;
  /** What was given as `progress` when it was saved. */
  readonly progress: Json;
  /** Opens its tensors; close the file after use. */
  openState(): Promise<SafetensorsFile>;
}

export interface SaveCheckpointOptions {
  /** Updates done. */
  readonly step: number;
  readonly tensors: readonly TensorSource[];
  /** Everything that is no tensor; is told the name of the checkpoint it will be part of. */
  readonly progress: (name: string) => Json;
  /** How many of the newest checkpoints stay, this one included; ≥ 1, default 2: one to fall back to. */
  readonly keep?: number | undefined;
  /** Names of older checkpoints that stay besides. */
  readonly protect?: readonly string[] | undefined;
}

export interface SavedCheckpoint {
  readonly name: string;
  readonly path: string;
  /** Size on disk. */
  readonly bytes: number;
}

/** A checkpoint is incomplete or its content is not what was written. */
export class CheckpointDamagedError extends TrainingError {
  override readonly name = "CheckpointDamagedError";
  readonly code = "CHECKPOINT_DAMAGED";
  readonly path: string;

  constructor(path: string, detail: string, options?: ErrorOptions) {
    super(`${path}: ${detail}`, options);
    this.path = path;
  }
}

/** A checkpoint could not be written; older ones are as they were. */
export class CheckpointWriteError extends TrainingError {
  override readonly name = "CheckpointWriteError";
  readonly code = "CHECKPOINT_WRITE";
  readonly directory: string;

  constructor(directory: string, cause: Error) {
    const advice = "the older ones are as they were: make room or choose another place, then resume";
    super(`no checkpoint could be written to ${directory} (${cause.message}); ${advice}`, { cause });
    this.directory = directory;
  }
}

/**
 * Saves a checkpoint and then removes those that are no longer wanted. One process may write to a directory at a time.
 * @throws {CheckpointWriteError} when the disk is full or fails.
 */
export async function saveCheckpoint(directory: string, options: SaveCheckpointOptions): Promise<SavedCheckpoint> {
  const { step, tensors, progress, keep = 2, protect = [] } = options;
  requireInteger("step", step, 0);
  requireInteger("keep", keep, 1);
  const temporary = join(directory, `${TEMPORARY}${randomUUID()}`);
  try {
    await mkdir(directory, { recursive: true });
    const older = await checkpointNames(directory);
    await removeLeftovers(directory);
    const name = nameAfter(older[0]);
    const path = join(directory, name);
    await mkdir(temporary);
    const state = await writeSafetensors(join(temporary, STATE_FILE), tensors);
    const record: ProgressRecord = { format: FORMAT, version: VERSION, step, progress: progress(name) };
    const text = await writeText(join(temporary, PROGRESS_FILE), `${JSON.stringify(record, undefined, 2)}\n`);
    const sums = `${state.sha256}  ${STATE_FILE}\n${text.sha256}  ${PROGRESS_FILE}\n`;
    const { bytes } = await writeText(join(temporary, SUMS_FILE), sums);
    await rename(temporary, path);
    await syncDirectory(directory);
    const stay = new Set([...older.slice(0, keep - 1), ...protect]);
    for (const old of older) if (!stay.has(old)) await discard(directory, old);
    return { name, path, bytes: state.bytes + text.bytes + bytes };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error instanceof Error && "syscall" in error ? new CheckpointWriteError(directory, error) : error;
  }
}

/** The names of the checkpoints in a directory, newest first; empty when there is no such directory. */
export async function checkpointNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries
    .filter((entry) => NAME.test(entry))
    .toSorted()
    .toReversed();
}

/**
 * Verifies and opens one checkpoint.
 * @throws {CheckpointDamagedError} when a file is missing or differs from its checksum.
 */
export async function loadCheckpoint(directory: string, name: string): Promise<Checkpoint> {
  const path = join(directory, name);
  const { step, progress } = await verifiedRecord(path);
  return { name, path, step, progress, openState: () => SafetensorsFile.open(join(path, STATE_FILE)) };
}

/**
 * The newest sound checkpoint of a directory, with the errors of newer ones that are damaged; `undefined` when there is
 * no checkpoint at all.
 * @throws {CheckpointDamagedError} when there are checkpoints but all are damaged.
 */
export async function loadLatestCheckpoint(
  directory: string,
): Promise<{ readonly checkpoint: Checkpoint; readonly damaged: readonly CheckpointDamagedError[] } | undefined> {
  const damaged: CheckpointDamagedError[] = [];
  for (const name of await checkpointNames(directory)) {
    try {
      return { checkpoint: await loadCheckpoint(directory, name), damaged };
    } catch (error) {
      if (!(error instanceof CheckpointDamagedError)) throw error;
      damaged.push(error);
    }
  }
  const [newest] = damaged;
  if (newest === undefined) return undefined;
  throw new CheckpointDamagedError(
    directory,
    `all ${damaged.length} checkpoints are damaged, the newest because ${newest.message}; start anew without resuming`,
    { cause: new AggregateError(damaged) },
  );
}

/** The content of `progress.json`. */
interface ProgressRecord {
  readonly format: string;
  readonly version: number;
  readonly step: number;
  readonly progress: Json;
}

async function verifiedRecord(path: string): Promise<ProgressRecord> {
  try {
    const sums = await readFile(join(path, SUMS_FILE), "utf8");
    for (const file of [STATE_FILE, PROGRESS_FILE]) {
      const { sha256 } = await digestFile(join(path, file));
      if (!sums.includes(`${sha256}  ${file}\n`))
        throw new CheckpointDamagedError(path, `${file} differs from its checksum`);
    }
    const record: ProgressRecord = JSON.parse(await readFile(join(path, PROGRESS_FILE), "utf8"));
    if (record.format !== FORMAT || record.version !== VERSION) {
      const came = `${record.format} version ${record.version}`;
      throw new CheckpointDamagedError(path, `is ${came}, this program reads ${FORMAT} version ${VERSION}`);
    }
    return record;
  } catch (cause) {
    if (cause instanceof CheckpointDamagedError) throw cause;
    throw new CheckpointDamagedError(path, `cannot be read (${String(cause)})`, { cause });
  }
}

function nameAfter(newest: string | undefined): string {
  const last = Number(newest?.match(NAME)?.[1] ?? 0);
  return `checkpoint-${String(last + 1).padStart(8, "0")}`;
}

async function writeText(path: string, text: string): Promise<FileDigest> {
  return await writeDurably(path, (sink) => sink(new TextEncoder().encode(text)));
}

/** Removes a checkpoint such that it never shows up half removed. */
async function discard(directory: string, name: string): Promise<void> {
  const trash = join(directory, `${TEMPORARY}${randomUUID()}`);
  await rename(join(directory, name), trash);
  await rm(trash, { recursive: true, force: true });
}

/** Clears what a killed process left behind. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (entry.startsWith(TEMPORARY)) await rm(join(directory, entry), { recursive: true, force: true });
  }
}
