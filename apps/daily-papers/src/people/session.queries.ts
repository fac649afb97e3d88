import type { Kysely, Transaction } from "kysely";
import type { Database } from "../database/schema.ts";
import { hashToken, isSameSecret, newToken } from "../secrets.ts";
import type { Reader } from "./reader.ts";
import { idleDays, sessionDays } from "./session-cookie.ts";

/** A browser in which a reader is signed in. */
export interface Session {
  /** The hash of its token: names the session without being able to use it. */
  readonly id: string;
  readonly createdAt: Date;
  readonly seenAt: Date;
  /** Such as `Firefox on Linux`, as the browser calls itself. */
  readonly browser: string | undefined;
}

const oneDay = 86_400_000;
/** "Last seen" is written no more often: a reader's pages need not each write a row. */
const seenEvery = 3_600_000;

/** Signs a reader in: a new session, and the token that is its only key. */
export async function startSession(
  trx: Transaction<Database>,
  { accountId, browser, now }: { accountId: string; browser: string | undefined; now: Date },
): Promise<string> {
  const { token, hash } = newToken();
  await trx
    .insertInto("session")
    .values({
      token_hash: hash,
      account_id: accountId,
      created_at: now,
      seen_at: now,
      expires_at: new Date(now.getTime() + sessionDays * oneDay),
      browser: browser ?? null,
    })
    .execute();
  return token;
}

/** The session that a token opens, with its reader; undefined when it has ended or idled out. */
export async function findSession(
  db: Kysely<Database>,
  token: string,
  now: Date,
): Promise<{ readonly session: Session; readonly reader: Reader } | undefined> {
  const row = await db
    .selectFrom("session")
    .innerJoin("account", "account.id", "session.account_id")
    .select(["session.token_hash", "session.created_at", "session.seen_at", "session.browser"])
    .select(["account.id", "account.name", "account.role", "account.banned_at"])
    .where("session.token_hash", "=", hashToken(token))
    .where("session.expires_at", ">", now)
    .where("session.seen_at", ">", idleSince(now))
    .executeTakeFirst();
  if (row === undefined || !isSameSecret(hashToken(token), row.token_hash)) return undefined;
  if (now.getTime() - row.seen_at.getTime() >= seenEvery) {
    await db.updateTable("session").set({ seen_at: now }).where("token_hash", "=", row.token_hash).execute();
  }
  return {
    session: toSession(row),
    reader: { id: row.id, name: row.name, role: row.role, banned: row.banned_at !== null },
  };
}

/** A reader's sessions that are alive, the one used last first. */
export async function sessionsOf(db: Kysely<Database>, accountId: string, now: Date): Promise<Session[]> {
  const rows = await db
    .selectFrom("session")
    .selectAll()
    .where("account_id", "=", accountId)
    .where("expires_at", ">", now)
    .where("seen_at", ">", idleSince(now))
    .orderBy("seen_at", "desc")
    .orderBy("token_hash")
    .execute();
  return rows.map(toSession);
}

/** Ends one session of a reader. Somebody else's is left alone. */
export async function endSession(db: Kysely<Database>, accountId: string, id: string): Promise<void> {
  await db.deleteFrom("session").where("account_id", "=", accountId).where("token_hash", "=", id).execute();
}

/** Ends all sessions of a reader, but for one if it is named. */
export async function endSessions(db: Kysely<Database>, accountId: string, except?: string): Promise<void> {
  const all = db.deleteFrom("session").where("account_id", "=", accountId);
  await (except === undefined ? all : all.where("token_hash", "!=", except)).execute();
}

/** Forgets sessions that have ended, and links that can no longer be used. */
export async function removeEndedSessions(db: Kysely<Database>, now: Date): Promise<void> {
  await db
    .deleteFrom("session")
    .where((row) => row.or([row("expires_at", "<=", now), row("seen_at", "<=", idleSince(now))]))
    .execute();
  await db
    .deleteFrom("sign_in")
    .where("expires_at", "<", new Date(now.getTime() - oneDay))
    .execute();
}

const idleSince = (now: Date) => new Date(now.getTime() - idleDays * oneDay);

function toSession(row: { token_hash: string; created_at: Date; seen_at: Date; browser: string | null }): Session {
  return { id: row.token_hash, createdAt: row.created_at, seenAt: row.seen_at, browser: row.browser ?? undefined };
}
