import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { isSameProcessAlive } from "../process-identity.ts";
import type { Run } from "./run.ts";
import { startRunProcess, type Exit, type RunProcess } from "./run.process.ts";
import { readProgress, type RunProgress } from "./run.progress.ts";
import * as queries from "./run.queries.ts";

export interface WorkerOptions {
  readonly db: Kysely<Database>;
  /** The site's data folder; runs live in `runs/<id>` under it. */
  readonly dataFolder: string;
  /** Path of the `offprint` executable. */
  readonly command: string;
  /** The words after `offprint` that make this run, without `--out`, `--json` and `--resume`. */
  readonly wordsOf: (run: Run) => readonly string[];
  readonly onError: (error: unknown) => void;
  /** How long a process may take to keep its checkpoint and stop, in milliseconds. */
  readonly graceMs?: number;
  /** How often the queue is looked at unasked, where other processes write it; undefined where this one is the only one. */
  readonly lookEveryMs?: number | undefined;
}

/** A run that is at work now. */
export interface LiveRun {
  readonly id: string;
  readonly progress: RunProgress;
}

/** A run whose server stopped is continued by itself, until this many processes were started for it. */
const maxAttempts = 3;
const retryMs = 5_000;
const maxRunMs = 24 * 3_600_000;

/**
 * Works the queue: one run at a time, each a process of `offprint` that writes its own folder. The folder is the
 * truth about a run; the database knows that it exists, how it stands and how it ended.
 */
export class RunWorker {
  readonly #options: WorkerOptions;
  readonly #listeners = new Map<string, Set<() => void>>();
  #live: (LiveRun & { readonly process: RunProcess }) | undefined;
  #working: Promise<void> = Promise.resolve();
  #busy = false;
  #asked = false;
  #stopping = false;
  #started = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Clears up what an earlier server left behind, puts interrupted runs back into the queue and begins to work. */
  async start(): Promise<void> {
    const { db } = this.#options;
    this.#stopping = false;
    for (const { id, pid, started } of await queries.processesLeftBehind(db)) {
      if (pid !== undefined) await endProcess(pid, started, this.#graceMs);
      await queries.finishRun(db, id, { status: "interrupted", error: "the server stopped" }, new Date());
    }
    await queries.requeueInterrupted(db, maxAttempts);
    this.#started = true;
    this.wake();
    const { lookEveryMs } = this.#options;
    if (lookEveryMs !== undefined) this.#looking = setInterval(() => void this.#lookAround(), lookEveryMs).unref();
  }

  /** To be called when a run was put into the queue. */
  wake(): void {
    this.#asked = true;
    if (!this.#started || this.#busy || this.#stopping) return;
    this.#busy = true;
    this.#working = this.#workOff()
      .catch((error: unknown) => {
        this.#options.onError(error);
        // The database may be gone for a moment: what waits is tried again.
        setTimeout(() => this.wake(), retryMs).unref();
      })
      .finally(() => (this.#busy = false));
  }

  /** The run at work, when it is this one. */
  live(id: string): LiveRun | undefined {
    return this.#live?.id === id ? this.#live : undefined;
  }

  /** Whether this process works off the queue; if not, another one does. */
  get isAtWork(): boolean {
    return this.#started && !this.#stopping;
  }

  /** How far a run is: as its process tells, or as its folder does where another process of the site has it. */
  async progressOf(id: string): Promise<RunProgress> {
    return this.live(id)?.progress ?? (await readProgress(metricsFile(runFolder(this.#options.dataFolder, id))));
  }

  /** Cancels a run that waits or runs; does nothing to any other. */
  async cancel(id: string): Promise<Run | undefined> {
    const run = await queries.requestCancel(this.#options.db, id, new Date());
    if (this.#live?.id === id) this.#live.process.stop(this.#graceMs);
    this.#tell(id);
    return run;
  }

  /** Calls `listener` at each news of a run until the returned function is called. */
  watch(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  /** Stops the run at work, which keeps its checkpoint and is marked as interrupted. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#looking);
    this.#live?.process.stop(this.#graceMs);
    await this.#working;
    this.#started = false;
  }

  get #graceMs(): number {
    return this.#options.graceMs ?? 20_000;
  }

  /** Other processes of the site put runs into the queue and cancel them, and cannot tell us. */
  async #lookAround(): Promise<void> {
    this.wake();
    const live = this.#live;
    if (live === undefined) return;
    // While the database is away, the run goes on.
    const run = await queries.findRun(this.#options.db, live.id).catch(() => undefined);
    if (run?.cancelRequested === true) live.process.stop(this.#graceMs);
  }

  async #workOff(): Promise<void> {
    const { db } = this.#options;
    while (this.#asked && !this.#stopping) {
      this.#asked = false;
      const run = await db.transaction().execute((trx) => queries.claimNextRun(trx, new Date()));
      if (run === undefined) continue;
      this.#asked = true;
      const ending = await this.#work(run).catch((error: unknown) => {
        this.#options.onError(error);
        return { status: "failed", error: error instanceof Error ? error.message : String(error) } as const;
      });
      this.#live = undefined;
      await queries.finishRun(db, run.id, ending, new Date());
      this.#tell(run.id);
    }
  }

  async #work(run: Run): Promise<queries.RunEnding> {
    const { db, dataFolder, command, wordsOf } = this.#options;
    const folder = runFolder(dataFolder, run.id);
    const resume = existsSync(join(folder, "config.json"));
    if (!resume) await rm(folder, { recursive: true, force: true });
    await mkdir(join(dataFolder, "runs"), { recursive: true });
    const progress = await readProgress(metricsFile(folder));
    const child = startRunProcess({
      command,
      words: [...wordsOf(run), "--out", folder, "--json", ...(resume ? ["--resume"] : [])],
      folder: dataFolder,
      onEvent: (event) => {
        progress.add(event);
        this.#tell(run.id);
      },
    });
    this.#live = { id: run.id, progress, process: child };
    // The wish to cancel, or to stop, may have come while the process was being made.
    if (this.#stopping) child.stop(this.#graceMs);
    let tooLong = false;
    const limit = setTimeout(() => {
      tooLong = true;
      child.stop(this.#graceMs);
    }, maxRunMs);
    if (child.pid !== undefined) await queries.rememberProcess(db, run.id, { pid: child.pid, started: child.started });
    if ((await queries.findRun(db, run.id))?.cancelRequested === true) child.stop(this.#graceMs);
    this.#tell(run.id);

    const exit = await child.exit;
    clearTimeout(limit);
    if (tooLong) return { status: "failed", error: "it ran for 24 hours, as long as a run from the page may" };
    const cancelled = (await queries.findRun(db, run.id))?.cancelRequested === true;
    // What was said last may be lost with a pipe that broke; the folder has it.
    const { finished } = await readProgress(metricsFile(folder));
    return endingOf(exit, finished, { cancelled, stopping: this.#stopping });
  }

  #tell(id: string): void {
    for (const listener of this.#listeners.get(id) ?? []) listener();
  }
}

export function runFolder(dataFolder: string, id: string): string {
  return join(dataFolder, "runs", id);
}

export function metricsFile(folder: string): string {
  return join(folder, "metrics.jsonl");
}

/** Whether a run's folder holds something to go on from; without it, resuming begins from the start. */
export async function hasCheckpoint(folder: string): Promise<boolean> {
  return (await readdir(join(folder, "checkpoints")).catch(() => [])).length > 0;
}

function endingOf(
  exit: Exit,
  finished: RunProgress["finished"],
  { cancelled, stopping }: { cancelled: boolean; stopping: boolean },
): queries.RunEnding {
  if (exit.code === 0 && finished?.outcome === "completed") return { status: "completed", metrics: finished.metrics };
  if (cancelled) return { status: "cancelled" };
  if (stopping) return { status: "interrupted", error: "the server stopped" };
  if (exit.code === 130 || exit.signal === "SIGTERM" || exit.signal === "SIGINT") {
    return { status: "interrupted", error: "its process was stopped from outside" };
  }
  return { status: "failed", error: finished?.error ?? reasonOf(exit) };
}

/** The last line of what the command said; when it said nothing, how it ended. */
function reasonOf({ code, signal, lastWords }: Exit): string {
  const line = lastWords.split("\n").at(-1)?.trim();
  if (line) return line;
  if (signal === "SIGKILL") return "its process was killed from outside, as systems do when memory runs out";
  return `its process ended with ${signal ?? `exit code ${code}`} and did not say why`;
}

/** Ends a process that an earlier server started, if it still lives. */
async function endProcess(pid: number, started: string | undefined, graceMs: number): Promise<void> {
  // Without a start time nothing proves that the id still means our process; better an orphan than a stranger killed.
  if (started === undefined) return;
  const deadline = Date.now() + graceMs;
  if (isSameProcessAlive(pid, started)) process.kill(pid, "SIGTERM");
  while (isSameProcessAlive(pid, started)) {
    if (Date.now() > deadline) return void process.kill(pid, "SIGKILL");
    await sleep(100);
  }
}
