import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { backoffMs } from "./backoff.ts";
import type { JobHandlers } from "./job-handler.ts";
import { claimJob, finishJob, putBackJob, renewLease, type Job } from "./job.queries.ts";
import { GiveUpError, onJobAdded, RetryLaterError } from "./jobs.ts";
import { beginDueJobs, type RegularJob } from "./schedule.ts";

export interface JobWorkerOptions {
  readonly db: Kysely<Database>;
  readonly handlers: JobHandlers;
  /** Begun by whichever process comes first when they are due. */
  readonly regular?: readonly RegularJob[];
  readonly onError: (error: unknown) => void;
  readonly now?: () => Date;
  /** Jobs at a time; 2 when left out. */
  readonly atOnce?: number;
  /** How long a worker that died keeps its job. */
  readonly leaseMs?: number;
  /** How often the table is asked when nothing is known to have come. */
  readonly pollMs?: number;
  /** How long `stop` waits for handlers that were told to end. */
  readonly graceMs?: number;
  readonly random?: () => number;
}

/** A job that failed is tried again after half a minute, then ever more rarely, at least every six hours. */
const backoff = { firstMs: 30_000, mostMs: 6 * 3_600_000 };
/** Who adds a job in a transaction wakes us before it is committed: we look once more after this time. */
const secondLookMs = 100;

/**
 * Works off the queue in the table `job`. No transaction is open while a handler runs, so that the embedded database's
 * one connection stays free; a lease, renewed while the handler runs, says that somebody is at it.
 */
export class JobWorker {
  readonly #options: JobWorkerOptions;
  readonly #names: readonly string[];
  readonly #running = new Map<Promise<void>, AbortController>();
  #stopping = false;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #secondLook: NodeJS.Timeout | undefined;
  #forgetNews: (() => void) | undefined;

  constructor(options: JobWorkerOptions) {
    this.#options = options;
    this.#names = Object.keys(options.handlers);
  }

  /** Begins to work: at once, whenever this process adds a job, and every `pollMs`. */
  start(): void {
    this.#forgetNews = onJobAdded(() => {
      this.wake();
      this.#secondLook ??= setTimeout(() => {
        this.#secondLook = undefined;
        this.wake();
      }, secondLookMs).unref();
    });
    this.wake();
  }

  /** Looks for work now. */
  wake(): void {
    if (this.#stopping) return;
    this.#lookAgain = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      clearTimeout(this.#timer);
      if (!this.#stopping) this.#timer = setTimeout(() => this.wake(), this.#options.pollMs ?? 2_000).unref();
    });
  }

  /** Resolves when nothing is due and nothing runs: for tests and for commands that work off the queue and end. */
  async idle(): Promise<void> {
    for (;;) {
      this.wake();
      await this.#looking;
      if (this.#running.size === 0) return;
      await Promise.race(this.#running.keys());
    }
  }

  /** Takes no more jobs, tells the running ones to end, and puts back those that do. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#forgetNews?.();
    clearTimeout(this.#timer);
    clearTimeout(this.#secondLook);
    await this.#looking;
    for (const abort of this.#running.values()) abort.abort(new Error("the server stops"));
    const patience = AbortSignal.timeout(this.#options.graceMs ?? 10_000);
    await Promise.race([
      Promise.all(this.#running.keys()),
      new Promise((resolve) => patience.addEventListener("abort", resolve)),
    ]);
  }

  get #now(): Date {
    return (this.#options.now ?? (() => new Date()))();
  }

  get #leaseMs(): number {
    return this.#options.leaseMs ?? 60_000;
  }

  async #look(): Promise<void> {
    const { db, regular = [], onError, atOnce = 2 } = this.#options;
    try {
      await beginDueJobs(db, regular, this.#now);
      while (this.#lookAgain && !this.#stopping && this.#running.size < atOnce) {
        this.#lookAgain = false;
        const now = this.#now;
        const job = await claimJob(db, { names: this.#names, now, until: new Date(now.getTime() + this.#leaseMs) });
        if (job === undefined) continue;
        this.#lookAgain = true;
        const abort = new AbortController();
        const done: Promise<void> = this.#work(job, abort)
          .catch(onError)
          .finally(() => {
            this.#running.delete(done);
            this.wake();
          });
        this.#running.set(done, abort);
      }
    } catch (error) {
      // The database may be gone for a moment: the next look tries again.
      onError(error);
    }
  }

  async #work(job: Job, abort: AbortController): Promise<void> {
    const { db, handlers, onError } = this.#options;
    if (job.attempts > job.mostAttempts) {
      const error = job.error ?? "each worker that began it died before it ended";
      await finishJob(db, job, { now: this.#now, error });
      return;
    }
    const heart = setInterval(() => {
      renewLease(db, job, new Date(this.#now.getTime() + this.#leaseMs)).then(
        (ours) => ours || abort.abort(new Error("the job was cancelled, or another worker has it")),
        onError,
      );
    }, this.#leaseMs / 3).unref();
    try {
      const handler = handlers[job.name];
      if (handler === undefined) throw new Error(`internal: claimed a job ${job.name} that has no handler`);
      await handler.run(job.payload, { signal: abort.signal, db, job });
      await finishJob(db, job, { now: this.#now });
    } catch (error) {
      await this.#failed(job, error, abort.signal);
    } finally {
      clearInterval(heart);
    }
  }

  async #failed(job: Job, error: unknown, signal: AbortSignal): Promise<void> {
    const { db, onError, random } = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof RetryLaterError) {
      await putBackJob(db, job, { runAfter: error.at, error: message, counts: false });
    } else if (signal.aborted) {
      await putBackJob(db, job, { runAfter: this.#now, error: undefined, counts: false });
    } else if (error instanceof GiveUpError || job.attempts >= job.mostAttempts) {
      await finishJob(db, job, { now: this.#now, error: message });
      onError(new Error(`the job ${job.name} (${job.id}) failed for good`, { cause: error }));
    } else {
      const runAfter = new Date(this.#now.getTime() + backoffMs(job.attempts, backoff, random));
      await putBackJob(db, job, { runAfter, error: message, counts: true });
    }
  }
}
