import { statfs } from "node:fs/promises";
import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";

/** What lies between the site and its admin: things that wait for a decision, and how much there is of everything. */
export interface Overview {
  readonly heldComments: number;
  readonly heldSubmissions: number;
  readonly reports: number;
  /** Mails of which nobody knows whether they arrived. */
  readonly unsureMails: number;
  readonly people: number;
  readonly subscribers: number;
  /** Asked for issues and did not confirm yet. */
  readonly unconfirmed: number;
  /** Addresses that get nothing any more. */
  readonly suppressed: number;
  /** When the next issue is due. */
  readonly nextIssueAt: Date | undefined;
  readonly databaseBytes: number;
}

export async function readOverview(db: Kysely<Database>): Promise<Overview> {
  const { rows } = await sql<Omit<Overview, "nextIssueAt"> & { readonly nextIssueAt: Date | null }>`
    select (select count(*)::int from comment where state = 'held') as "heldComments",
      (select count(*)::int from submission where state = 'held') as "heldSubmissions",
      (select count(*)::int from report where settled_at is null) as reports,
      (select count(*)::int from mail where state = 'unsure') as "unsureMails",
      (select count(*)::int from account) as people,
      (select count(*)::int from subscriber where state = 'confirmed') as subscribers,
      (select count(*)::int from subscriber where state = 'pending') as unconfirmed,
      (select count(*)::int from suppression) as suppressed,
      (select min(next_issue_at) from subscriber where state = 'confirmed') as "nextIssueAt",
      pg_database_size(current_database())::float8 as "databaseBytes"`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("internal: a query without a row");
  return { ...row, nextIssueAt: row.nextIssueAt ?? undefined };
}

/** The disk that the data folder is on. */
export interface Disk {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Undefined where the system does not say. */
export async function readDisk(folder: string): Promise<Disk | undefined> {
  try {
    const { bsize, bavail, blocks } = await statfs(folder);
    return { freeBytes: bsize * bavail, totalBytes: bsize * blocks };
  } catch {
    return undefined;
  }
}

/** When regular work was begun last. */
export interface RegularWork {
  readonly name: string;
  readonly begunAt: Date;
}

export async function listRegularWork(db: Kysely<Database>): Promise<RegularWork[]> {
  const rows = await db.selectFrom("schedule").selectAll().orderBy("name").execute();
  return rows.map(({ name, last_at }) => ({ name, begunAt: last_at }));
}
