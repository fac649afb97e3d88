import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { DailyPapersError, errorCode } from "../errors.ts";
import { isSameProcessAlive, processStartTime } from "../process-identity.ts";

const holderSchema = z.object({
  token: z.string(),
  pid: z.int().positive(),
  /** Start time of the process in words of its operating system. */
  started: z.string().optional(),
  host: z.string(),
  since: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

const heartbeatMs = 5_000;
/** A lock of another machine, whose processes we cannot see, is stale after this long without a heartbeat. */
const staleAfterMs = 30_000;
/** Long enough for a process that is creating or replacing the lock file to finish. */
const settleMs = 250;

/** Another server works on the data folder. */
export class DataFolderInUseError extends DailyPapersError {
  override readonly name = "DataFolderInUseError";
  readonly code = "DATA_FOLDER_IN_USE";
  readonly folder: string;
  readonly pid: number;
  constructor(folder: string, holder: Holder) {
    const where = holder.host === hostname() ? "" : ` on ${holder.host}`;
    super(
      `the data folder ${folder} is in use by process ${holder.pid}${where} since ${holder.since}; ` +
        "stop that server first, or give this one its own folder with OFFPRINT_DATA",
    );
    this.folder = folder;
    this.pid = holder.pid;
  }
}

/** The data folder cannot be made or written. */
export class DataFolderUnusableError extends DailyPapersError {
  override readonly name = "DataFolderUnusableError";
  readonly code = "DATA_FOLDER_UNUSABLE";
  readonly folder: string;
  constructor(folder: string, cause: unknown) {
    const reason = errorCode(cause) ?? String(cause);
    super(`the data folder ${folder} cannot be written (${reason}); choose another with OFFPRINT_DATA`, { cause });
    this.folder = folder;
  }
}

export interface FolderLock {
  release(): void;
}

/**
 * Makes this process the only one that works in `folder`, until released or dead. Two processes on one embedded
 * database lose writes without a word, so the lock is taken before the database is opened. A lock whose owner died
 * (kill -9, power cut) is taken over.
 * @param onLost called when somebody else took the lock nevertheless; the caller must stop writing at once.
 * @throws {DataFolderInUseError} naming the process that holds it.
 * @throws {DataFolderUnusableError} when the folder cannot be written.
 */
export async function lockFolder(folder: string, onLost: () => void): Promise<FolderLock> {
  const path = join(folder, "server.lock");
  const started = processStartTime(process.pid);
  const self: Holder = {
    token: randomUUID(),
    pid: process.pid,
    ...(started === undefined ? {} : { started }),
    host: hostname(),
    since: new Date().toISOString(),
  };

  if (!createIn(folder, path, self)) {
    // A file that says nothing may be one that is just being written.
    const holder = readHolder(path) ?? (await sleep(settleMs).then(() => readHolder(path)));
    if (holder !== undefined && isAlive(path, holder)) throw new DataFolderInUseError(folder, holder);
    rmSync(path, { force: true });
    tryCreate(path, self);
    // Two processes may find the same dead lock, and the later one removes the earlier one's. After a moment the file
    // says who won.
    await sleep(settleMs);
    const winner = readHolder(path);
    if (winner === undefined || winner.token !== self.token) throw new DataFolderInUseError(folder, winner ?? self);
  }

  const heartbeat = setInterval(() => {
    if (readHolder(path)?.token === self.token) {
      utimesSync(path, new Date(), new Date());
    } else {
      clearInterval(heartbeat);
      onLost();
    }
  }, heartbeatMs);
  heartbeat.unref();

  return {
    release() {
      clearInterval(heartbeat);
      if (readHolder(path)?.token === self.token) rmSync(path, { force: true });
    },
  };
}

/** Makes the folder where there is none, and tries to create the lock in it. */
function createIn(folder: string, path: string, self: Holder): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    return tryCreate(path, self);
  } catch (error) {
    throw new DataFolderUnusableError(folder, error);
  }
}

function tryCreate(path: string, holder: Holder): boolean {
  try {
    writeFileSync(path, `${JSON.stringify(holder)}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Who the lock file names; undefined when it is gone or was cut off while being written. */
function readHolder(path: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

function isAlive(path: string, holder: Holder): boolean {
  if (holder.host === hostname()) return isSameProcessAlive(holder.pid, holder.started);
  return Date.now() - statSync(path).mtimeMs < staleAfterMs;
}
