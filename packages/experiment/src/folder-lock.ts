import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { RunFolderLockedError } from "./errors.ts";
import { temporaryName } from "./files.ts";

export const lockFileName = "run.lock";

const holderSchema = z.looseObject({
  pid: z.int(),
  host: z.string(),
  /** When the process began, in the system's own count; tells a process from a later one of the same number. */
  processStart: z.string().optional(),
  /** When the lock was taken. */
  since: z.string(),
  token: z.string(),
});

/** Who writes a run folder. */
export type LockHolder = z.infer<typeof holderSchema>;

/**
 * Takes the folder for this process, until the returned function is called or the process ends in whatever way.
 * The lock is a file that names its holder; one whose holder is gone is taken over.
 * @throws {RunFolderLockedError} when another living process has it, or one on another machine that cannot be asked.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = join(folder, lockFileName);
  const own = { ...(await thisProcess()), since: new Date().toISOString(), token: randomUUID() };
  const release = async () => {
    if ((await readHolder(folder))?.token === own.token) await rm(lock, { force: true });
  };
  let holder: LockHolder | undefined;
  for (let attempt = 0; attempt < 20; attempt++) {
    const temporary = join(folder, temporaryName(lockFileName));
    await writeFile(temporary, JSON.stringify(own), { flag: "wx" });
    try {
      if (await tryLink(temporary, lock)) return release;
      holder = await readHolder(folder);
      if (holder === undefined) continue; // released in this moment
      if (await isAlive(holder)) break;
      if (await takeOver(folder, temporary, holder)) return release;
    } finally {
      await rm(temporary, { force: true });
    }
    await sleep(25); // somebody else is taking it over
  }
  const advice =
    holder?.host === hostname()
      ? "wait for it, stop it, or choose another folder"
      : `if that machine no longer runs it, delete ${lock}`;
  throw new RunFolderLockedError(folder, holder ?? own, advice);
}

/** The living process that writes a run folder, if any; one on another machine counts as living. */
export async function findHolder(folder: string): Promise<LockHolder | undefined> {
  const holder = await readHolder(folder);
  return holder !== undefined && (await isAlive(holder)) ? holder : undefined;
}

/**
 * Replaces the lock of a dead holder. The extra link, named after the dead one's token, admits one taker at a time; reading
 * the lock again under it keeps a slow taker from replacing the lock of a quick one.
 */
async function takeOver(folder: string, temporary: string, dead: LockHolder): Promise<boolean> {
  const admission = join(folder, temporaryName(lockFileName, dead.token));
  if (!(await tryLink(temporary, admission))) return false;
  try {
    if ((await readHolder(folder))?.token !== dead.token) return false;
    await rename(temporary, join(folder, lockFileName));
    return true;
  } finally {
    await rm(admission, { force: true });
  }
}

/** Links `target` under a new name; false when the name is taken, or a cleaning holder removed `target`. */
async function tryLink(target: string, name: string): Promise<boolean> {
  try {
    await link(target, name);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EEXIST" || error.code === "ENOENT")) return false;
    throw error;
  }
}

async function readHolder(folder: string): Promise<LockHolder | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, lockFileName), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return holderSchema.safeParse(parseJson(text)).data ?? nobody;
}

/** Holder of a lock file that says nothing: never a living one. */
const nobody: LockHolder = { pid: 0, host: hostname(), since: "an unknown time", token: "nobody" };

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function thisProcess(): Promise<Pick<LockHolder, "pid" | "host" | "processStart">> {
  const processStart = await processStartOf(process.pid);
  return { pid: process.pid, host: hostname(), ...(processStart !== undefined && { processStart }) };
}

async function isAlive(holder: LockHolder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  if (holder.pid <= 0) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const start = await processStartOf(holder.pid);
  return start === undefined || holder.processStart === undefined || start === holder.processStart;
}

/** Field 22 of /proc/PID/stat, clock ticks since the machine started; undefined where there is no /proc. */
async function processStartOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]; // the name in parentheses may hold anything
  } catch {
    return undefined;
  }
}
