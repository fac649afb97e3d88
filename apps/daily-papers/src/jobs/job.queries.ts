import { sql, type Kysely } from "kysely";
import type { Database, JobRow } from "../database/schema.ts";

/** A job as a worker and the admin see it. */
export interface Job {
  readonly id: string;
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly runAfter: Date;
  readonly attempts: number;
  readonly mostAttempts: number;
  readonly leasedUntil: Date | undefined;
  readonly finishedAt: Date | undefined;
  readonly failed: boolean;
  readonly error: string | undefined;
  readonly createdAt: Date;
}

/** As much of an error as is worth keeping. */
const errorCharacters = 1_000;

/**
 * The due job that waits longest and that no living worker has, now leased until `until`; undefined when there is none.
 * One statement: nothing is held while the job runs, and several processes never get the same one.
 */
export async function claimJob(
  db: Kysely<Database>,
  { names, now, until }: { names: readonly string[]; now: Date; until: Date },
): Promise<Job | undefined> {
  if (names.length === 0) return undefined;
  const row = await db
    .updateTable("job")
    .set((eb) => ({ leased_until: until, attempts: eb("attempts", "+", 1) }))
    .where("id", "=", (eb) =>
      eb
        .selectFrom("job")
        .select("id")
        .where("finished_at", "is", null)
        .where("run_after", "<=", now)
        .where("name", "in", names)
        .where((or) => or.or([or("leased_until", "is", null), or("leased_until", "<", now)]))
        .orderBy("run_after")
        .orderBy("id")
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toJob(row);
}

/** A worker's hold on a job: the attempt tells it from a worker that got the job after its lease had run out. */
export type Hold = Pick<Job, "id" | "attempts">;

/** Keeps a job leased. @returns whether it is still ours: not cancelled, and not taken over by another worker. */
export async function renewLease(db: Kysely<Database>, hold: Hold, until: Date): Promise<boolean> {
  return wasOurs(held(db, hold).set({ leased_until: until }).executeTakeFirst());
}

/** Notes that a job is done, or that it failed for good. */
export async function finishJob(
  db: Kysely<Database>,
  hold: Hold,
  { now, error }: { now: Date; error?: string | undefined },
): Promise<boolean> {
  return wasOurs(
    held(db, hold)
      .set({
        finished_at: now,
        leased_until: null,
        failed: error !== undefined,
        error: error?.slice(0, errorCharacters) ?? null,
      })
      .executeTakeFirst(),
  );
}

/** Puts a job back, to be tried after `runAfter`; `counts` says whether this attempt does. */
export async function putBackJob(
  db: Kysely<Database>,
  hold: Hold,
  { runAfter, error, counts }: { runAfter: Date; error: string | undefined; counts: boolean },
): Promise<boolean> {
  return wasOurs(
    held(db, hold)
      .set((eb) => ({
        leased_until: null,
        run_after: runAfter,
        attempts: counts ? eb.ref("attempts") : eb("attempts", "-", 1),
        ...(error === undefined ? {} : { error: error.slice(0, errorCharacters) }),
      }))
      .executeTakeFirst(),
  );
}

function held(db: Kysely<Database>, { id, attempts }: Hold) {
  return db
    .updateTable("job")
    .where("id", "=", id)
    .where("attempts", "=", attempts)
    .where("finished_at", "is", null)
    .where("leased_until", "is not", null);
}

async function wasOurs(update: Promise<{ numUpdatedRows: bigint }>): Promise<boolean> {
  return (await update).numUpdatedRows > 0n;
}

/** Ends an unfinished job; a worker that has it hears of it at its next renewal. @returns whether there was one. */
export async function cancelJob(db: Kysely<Database>, id: string, now: Date): Promise<boolean> {
  return wasOurs(
    db
      .updateTable("job")
      .set({ finished_at: now, leased_until: null, failed: true, error: "cancelled" })
      .where("id", "=", id)
      .where("finished_at", "is", null)
      .executeTakeFirst(),
  );
}

/** Tries a job that failed once more, from the beginning. @returns whether there was one. */
export async function retryJob(db: Kysely<Database>, id: string, now: Date): Promise<boolean> {
  return wasOurs(
    db
      .updateTable("job")
      .set({ finished_at: null, failed: false, attempts: 0, run_after: now })
      .where("id", "=", id)
      .where("failed", "=", true)
      .where(
        sql<boolean>`not exists (select 1 from job as other where other.name = job.name
          and other.dedupe_key = job.dedupe_key and other.finished_at is null)`,
      )
      .executeTakeFirst(),
  );
}

/** How many jobs wait, run and failed, by name: for the admin's page and the metrics. */
export interface JobCount {
  readonly name: string;
  readonly waiting: number;
  readonly running: number;
  readonly failed: number;
  /** Since when the one that waits longest could have begun. */
  readonly dueSince: Date | undefined;
}

export async function countJobs(db: Kysely<Database>, now: Date): Promise<JobCount[]> {
  const running = sql`finished_at is null and leased_until >= ${now}`;
  const waiting = sql`finished_at is null and (leased_until is null or leased_until < ${now})`;
  const rows = await db
    .selectFrom("job")
    .select([
      "name",
      sql<number>`(count(*) filter (where ${waiting}))::int`.as("waiting"),
      sql<number>`(count(*) filter (where ${running}))::int`.as("running"),
      sql<number>`(count(*) filter (where failed))::int`.as("failed"),
      sql<Date | null>`min(run_after) filter (where ${waiting} and run_after <= ${now})`.as("due_since"),
    ])
    .groupBy("name")
    .orderBy("name")
    .execute();
  return rows.map(({ due_since, ...row }) => ({ ...row, dueSince: due_since ?? undefined }));
}

/** The newest jobs first. */
export async function newestJobs(db: Kysely<Database>, most: number): Promise<Job[]> {
  return (await db.selectFrom("job").selectAll().orderBy("id", "desc").limit(most).execute()).map(toJob);
}

/** Forgets what was finished before a time. @returns how many. */
export async function forgetJobs(db: Kysely<Database>, before: Date): Promise<number> {
  const { numDeletedRows } = await db.deleteFrom("job").where("finished_at", "<", before).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

function toJob(row: JobRow): Job {
  return {
    id: row.id,
    name: row.name,
    payload: row.payload,
    runAfter: row.run_after,
    attempts: row.attempts,
    mostAttempts: row.most_attempts,
    leasedUntil: row.leased_until ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    failed: row.failed,
    error: row.error ?? undefined,
    createdAt: row.created_at,
  };
}
