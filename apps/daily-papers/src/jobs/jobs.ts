import { EventEmitter } from "node:events";
import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { DailyPapersError } from "../errors.ts";

/** Work to be done later, once, by whichever process comes first. */
export interface NewJob {
  /** Which handler does it. */
  readonly name: string;
  /** What the handler's schema reads. Keep it small and without addresses: it is shown to the admin. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** While an unfinished job of this name has the same key, another is not added. */
  readonly dedupeKey?: string | undefined;
  readonly runAfter?: Date | undefined;
  /** How often it is tried before it counts as failed; 5 when left out. */
  readonly mostAttempts?: number | undefined;
  /** For tests: the time it is written at. */
  readonly now?: Date;
}

/** Thrown by a handler that was told to come back later (`Retry-After`); does not count as a failed attempt. */
export class RetryLaterError extends DailyPapersError {
  override readonly name = "RetryLaterError";
  readonly code = "RETRY_LATER";
  readonly at: Date;
  constructor(at: Date, reason: string) {
    super(reason);
    this.at = at;
  }
}

/** Thrown by a handler that knows that trying again cannot help: the job fails at once. */
export class GiveUpError extends DailyPapersError {
  override readonly name = "GiveUpError";
  readonly code = "GIVE_UP";
}

/** Tells the workers of this process that something was added. */
const news = new EventEmitter<{ added: [] }>().setMaxListeners(0);

/**
 * Adds a job. In a transaction, it is there when the transaction is, and never when it is rolled back.
 * @returns its id, or undefined when an unfinished one has its key already.
 */
export async function enqueueJob(db: Kysely<Database>, job: NewJob): Promise<string | undefined> {
  const now = job.now ?? new Date();
  const row = await db
    .insertInto("job")
    .values({
      name: job.name,
      payload: JSON.stringify(job.payload),
      dedupe_key: job.dedupeKey ?? null,
      run_after: job.runAfter ?? now,
      most_attempts: job.mostAttempts ?? 5,
      created_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["name", "dedupe_key"])
        .where("finished_at", "is", null)
        .where("dedupe_key", "is not", null)
        .doNothing(),
    )
    .returning("id")
    .executeTakeFirst();
  news.emit("added");
  return row?.id;
}

/** Calls `listener` whenever this process adds a job, until the returned function is called. */
export function onJobAdded(listener: () => void): () => void {
  news.on("added", listener);
  return () => void news.off("added", listener);
}
