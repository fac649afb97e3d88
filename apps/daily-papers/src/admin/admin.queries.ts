import { sql, type Kysely } from "kysely";
import type { Database, Role } from "../database/schema.ts";
import { maskAddress } from "../people/account.ts";

/** A piece of work in the queue. */
export interface ListedJob {
  readonly id: string;
  readonly name: string;
  readonly runAfter: Date;
  readonly attempts: number;
  readonly mostAttempts: number;
  readonly failed: boolean;
  /** Whether somebody is at it now. */
  readonly leased: boolean;
  readonly error: string | undefined;
}

/** What waits, is being done, or was given up, the next ones first. */
export async function listJobs(
  db: Kysely<Database>,
  { failed, now, most }: { failed: boolean; now: Date; most: number },
): Promise<ListedJob[]> {
  const rows = await db
    .selectFrom("job")
    .selectAll()
    .$if(failed, (query) => query.where("failed", "=", true).orderBy("finished_at", "desc"))
    .$if(!failed, (query) => query.where("finished_at", "is", null).orderBy("run_after"))
    .orderBy("id")
    .limit(most)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    runAfter: row.run_after,
    attempts: row.attempts,
    mostAttempts: row.most_attempts,
    failed: row.failed,
    leased: row.leased_until !== null && row.leased_until > now,
    error: row.error ?? undefined,
  }));
}

/**
 * Puts a job that was given up back into the queue.
 * @returns whether there was one; not, when a new one does the same already.
 */
export async function tryJobAgain(db: Kysely<Database>, id: string, now: Date): Promise<boolean> {
  const { rows } = await sql`
    update job set failed = false, finished_at = null, attempts = 0, error = null, leased_until = null, run_after = ${now}
    where id = ${id}::bigint and failed and not exists (
      select from job as other where other.name = job.name and other.dedupe_key = job.dedupe_key
        and other.finished_at is null
    ) returning id`.execute(db);
  return rows.length > 0;
}

/** An account as the admin sees it. */
export interface ListedAccount {
  readonly name: string;
  /** Enough to know it by, too little to write to. */
  readonly maskedEmail: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly banned: boolean;
}

/** Accounts whose name holds the text, or whose address is the text; the newest first. */
export async function findAccounts(
  db: Kysely<Database>,
  { text, most }: { text: string; most: number },
): Promise<ListedAccount[]> {
  const part = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const rows = await db
    .selectFrom("account")
    .select(["name", "email", "role", "created_at", "banned_at"])
    .where((eb) =>
      eb.or([eb("name", "ilike", part), eb(eb.fn<string>("lower", ["email"]), "=", text.trim().toLowerCase())]),
    )
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(most)
    .execute();
  return rows.map((row) => ({
    name: row.name,
    maskedEmail: maskAddress(row.email),
    role: row.role,
    createdAt: row.created_at,
    banned: row.banned_at !== null,
  }));
}
