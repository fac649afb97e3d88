import { sql, type Kysely, type Transaction } from "kysely";
import type { Database, RunRow } from "../database/schema.ts";
import { DailyPapersError } from "../errors.ts";
import { canResume, isRunId, newRunId, type Run, type RunConfig, type RunStatus } from "./run.ts";

/** As many runs wait as may wait. */
export class QueueFullError extends DailyPapersError {
  override readonly name = "QueueFullError";
  readonly code = "QUEUE_FULL";
  readonly waiting: number;
  constructor(waiting: number) {
    super(`${waiting} runs wait already; cancel one of them, or come back when one is done`);
    this.waiting = waiting;
  }
}

/** One reader has as many runs waiting and at work as one reader may. */
export class TooManyRunsError extends DailyPapersError {
  override readonly name = "TooManyRunsError";
  readonly code = "TOO_MANY_RUNS";
  constructor(open: number) {
    super(`${open} runs of yours wait or work already; cancel one of them, or come back when one is done`);
  }
}

export interface NewRun {
  readonly paperId: string;
  readonly implementation: string;
  readonly config: RunConfig;
  readonly maxWaiting: number;
  /** Who starts it, where that is a signed-in reader, and how many runs this one may have open at a time. */
  readonly accountId?: string | undefined;
  readonly mostOpen?: number | undefined;
  readonly now: Date;
}

/**
 * Puts a new run at the end of the queue.
 * @throws {QueueFullError} when `maxWaiting` runs wait already.
 * @throws {TooManyRunsError} when `mostOpen` runs of this reader wait or work.
 */
export async function queueRun(db: Kysely<Database>, run: NewRun): Promise<Run> {
  return db.transaction().execute(async (trx) => {
    await refuseWhenFull(trx, run.maxWaiting);
    await refuseWhenMany(trx, run);
    const row = await trx
      .insertInto("run")
      .values({
        id: newRunId(),
        paper_id: run.paperId,
        implementation: run.implementation,
        config: JSON.stringify(run.config),
        status: "queued",
        queued_at: run.now,
        account_id: run.accountId ?? null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toRun(row);
  });
}

/**
 * Puts a run that was cancelled, interrupted or failed back into the queue, at its end; any other is left as it is.
 * @throws {QueueFullError} when `maxWaiting` runs wait already.
 * @throws {TooManyRunsError} when `mostOpen` runs of the reader who started it wait or work.
 */
export async function requeueRun(
  db: Kysely<Database>,
  { id, maxWaiting, mostOpen, now }: { id: string; maxWaiting: number; mostOpen?: number | undefined; now: Date },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom("run")
      .select(["status", "account_id"])
      .where("id", "=", id)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined || !canResume(row.status)) return;
    await refuseWhenFull(trx, maxWaiting);
    await refuseWhenMany(trx, { accountId: row.account_id ?? undefined, mostOpen });
    await trx
      .updateTable("run")
      .set({ status: "queued", queued_at: now, finished_at: null, cancel_requested: false, error: null })
      .where("id", "=", id)
      .execute();
  });
}

/** The run with this id, or undefined; ids of any form may be asked for. */
export async function findRun(db: Kysely<Database>, id: string): Promise<Run | undefined> {
  if (!isRunId(id)) return undefined;
  const row = await db.selectFrom("run").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/** The newest runs first, of one paper or of all, in one state or in any. */
export async function newestRuns(
  db: Kysely<Database>,
  { paperId, status, most }: { paperId?: string; status?: RunStatus; most: number },
): Promise<Run[]> {
  const rows = await db
    .selectFrom("run")
    .selectAll()
    .$if(paperId !== undefined, (query) => query.where("paper_id", "=", paperId ?? ""))
    .$if(status !== undefined, (query) => query.where("status", "=", status ?? "completed"))
    .orderBy("queued_at", "desc")
    .orderBy("id")
    .limit(most)
    .execute();
  return rows.map(toRun);
}

/** How many runs are to be served before this one: the one at work and those that wait longer. */
export async function runsAhead(db: Kysely<Database>, run: Run): Promise<number> {
  const { ahead } = await db
    .selectFrom("run")
    .select(sql<number>`count(*)::int`.as("ahead"))
    .where((eb) =>
      eb.or([
        eb("status", "=", "running"),
        eb.and([eb("status", "=", "queued"), eb(eb.refTuple("queued_at", "id"), "<", eb.tuple(run.queuedAt, run.id))]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return ahead;
}

/** The run that waits longest, now marked as running, or undefined when there is nothing to do. */
export async function claimNextRun(trx: Transaction<Database>, now: Date): Promise<Run | undefined> {
  const next = await trx
    .selectFrom("run")
    .select("id")
    .where("status", "=", "queued")
    .orderBy("queued_at")
    .orderBy("id")
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (next === undefined) return undefined;
  const row = await trx
    .updateTable("run")
    .set((eb) => ({
      status: "running" as const,
      started_at: eb.fn.coalesce("started_at", eb.val(now)),
      attempts: eb("attempts", "+", 1),
    }))
    .where("id", "=", next.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toRun(row);
}

/** Notes which process works on a run, so that a restarted server can find it. */
export async function rememberProcess(
  db: Kysely<Database>,
  id: string,
  process: { pid: number; started: string | undefined },
): Promise<void> {
  await db
    .updateTable("run")
    .set({ process_id: process.pid, process_started: process.started ?? null })
    .where("id", "=", id)
    .execute();
}

/**
 * Cancels a run that waits; notes the wish for one that runs. Harmless for any other, and when repeated.
 * @returns the run as it is now, or undefined when there is none.
 */
export async function requestCancel(db: Kysely<Database>, id: string, now: Date): Promise<Run | undefined> {
  await db
    .updateTable("run")
    .set({ status: "cancelled", finished_at: now })
    .where("id", "=", id)
    .where("status", "=", "queued")
    .execute();
  await db
    .updateTable("run")
    .set({ cancel_requested: true })
    .where("id", "=", id)
    .where("status", "=", "running")
    .execute();
  return findRun(db, id);
}

export interface RunEnding {
  readonly status: "completed" | "cancelled" | "interrupted" | "failed";
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  readonly error?: string | undefined;
}

/** Notes how a run ended. */
export async function finishRun(db: Kysely<Database>, id: string, ending: RunEnding, now: Date): Promise<void> {
  await db
    .updateTable("run")
    .set({
      status: ending.status,
      finished_at: now,
      process_id: null,
      process_started: null,
      metrics: ending.metrics === undefined ? null : JSON.stringify(ending.metrics),
      error: ending.error ?? null,
    })
    .where("id", "=", id)
    .execute();
}

/** The processes of runs that were at work when the last server stopped without a word. */
export async function processesLeftBehind(
  db: Kysely<Database>,
): Promise<{ id: string; pid: number | undefined; started: string | undefined }[]> {
  const rows = await db
    .selectFrom("run")
    .select(["id", "process_id", "process_started"])
    .where("status", "=", "running")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    pid: row.process_id ?? undefined,
    started: row.process_started ?? undefined,
  }));
}

/** Puts interrupted runs back to where they stood in the queue, except those that were started too often already. */
export async function requeueInterrupted(db: Kysely<Database>, maxAttempts: number): Promise<void> {
  await db
    .updateTable("run")
    .set({ status: "queued", finished_at: null, error: null })
    .where("status", "=", "interrupted")
    .where("attempts", "<", maxAttempts)
    .execute();
}

async function refuseWhenFull(trx: Transaction<Database>, maxWaiting: number): Promise<void> {
  const { waiting } = await trx
    .selectFrom("run")
    .select(sql<number>`count(*)::int`.as("waiting"))
    .where("status", "=", "queued")
    .executeTakeFirstOrThrow();
  if (waiting >= maxWaiting) throw new QueueFullError(waiting);
}

/** Under the lock of the account, so that of two runs at once the second counts the first. */
async function refuseWhenMany(
  trx: Transaction<Database>,
  { accountId, mostOpen }: Pick<NewRun, "accountId" | "mostOpen">,
): Promise<void> {
  if (accountId === undefined || mostOpen === undefined) return;
  await trx.selectFrom("account").select("id").where("id", "=", accountId).forUpdate().execute();
  const { open } = await trx
    .selectFrom("run")
    .select(sql<number>`count(*)::int`.as("open"))
    .where("account_id", "=", accountId)
    .where("status", "in", ["queued", "running"])
    .executeTakeFirstOrThrow();
  if (open >= mostOpen) throw new TooManyRunsError(open);
}

function toRun(row: RunRow): Run {
  return {
    id: row.id,
    paperId: row.paper_id,
    implementation: row.implementation,
    config: row.config,
    status: row.status,
    queuedAt: row.queued_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    attempts: row.attempts,
    cancelRequested: row.cancel_requested,
    metrics: row.metrics ?? undefined,
    error: row.error ?? undefined,
    accountId: row.account_id ?? undefined,
  };
}
