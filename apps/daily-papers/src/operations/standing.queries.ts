import { sql, type Kysely } from "kysely";
import type { Database, MailState, RunStatus } from "../database/schema.ts";

/** How the work of the site stands. */
export interface Standing {
  readonly jobs: JobStanding;
  readonly runs: readonly { readonly status: RunStatus; readonly count: number }[];
  readonly mails: readonly { readonly state: MailState; readonly count: number }[];
  readonly sources: readonly SourceStanding[];
  readonly papers: number;
}

export interface JobStanding {
  readonly waiting: number;
  /** How long the oldest one that is due has waited. */
  readonly oldestSeconds: number;
  readonly failed: number;
}

interface SourceStanding {
  readonly name: string;
  readonly succeededAt: Date | undefined;
  readonly failedAt: Date | undefined;
  readonly error: string | undefined;
}

export async function readStanding(db: Kysely<Database>, now: Date): Promise<Standing> {
  const count = sql<number>`count(*)::int`.as("count");
  const [jobs, runs, mails, sources, papers] = await Promise.all([
    readJobs(db, now),
    db.selectFrom("run").select(["status", count]).groupBy("status").execute(),
    db.selectFrom("mail").select(["state", count]).groupBy("state").execute(),
    readSources(db),
    db.selectFrom("paper").select(count).executeTakeFirstOrThrow(),
  ]);
  return { jobs, runs, mails, sources, papers: papers.count };
}

/** The queue of jobs. */
export async function readJobs(db: Kysely<Database>, now: Date): Promise<JobStanding> {
  const { rows } = await sql<{ waiting: number; oldest: Date | null; failed: number }>`
    select (select count(*)::int from job where finished_at is null and run_after <= ${now}) as waiting,
      (select min(run_after) from job where finished_at is null and run_after <= ${now}) as oldest,
      (select count(*)::int from job where failed) as failed`.execute(db);
  const [row] = rows;
  return {
    waiting: row?.waiting ?? 0,
    oldestSeconds: row?.oldest ? Math.max((now.getTime() - row.oldest.getTime()) / 1000, 0) : 0,
    failed: row?.failed ?? 0,
  };
}

async function readSources(db: Kysely<Database>): Promise<SourceStanding[]> {
  const rows = await db.selectFrom("source").selectAll().orderBy("name").execute();
  return rows.map((row) => ({
    name: row.name,
    succeededAt: row.succeeded_at ?? undefined,
    failedAt: row.failed_at ?? undefined,
    error: row.error ?? undefined,
  }));
}
