import type { Kysely, Transaction } from "kysely";
import type { Database, Role } from "../database/schema.ts";
import { DailyPapersError } from "../errors.ts";
import { countComments, lockComment } from "../comments/write-comment.ts";
import { setRole } from "../people/account.queries.ts";
import { personPath } from "../people/account.ts";
import type { Reader } from "../people/reader.ts";

/** One line of the public log. */
export interface LogEntry {
  readonly id: string;
  readonly at: Date;
  /** Name of a moderator, or `Offprint` where a rule acted. */
  readonly actor: string;
  readonly action: string;
  /** Path of what it was done to. */
  readonly subject: string;
  readonly reason: string;
}

/** A moderator asked for what is not theirs to do, or what cannot be done any more. */
export class ModerationRefusedError extends DailyPapersError {
  override readonly name = "ModerationRefusedError";
  readonly code = "MODERATION_REFUSED";
}

/** What was done, by whom and why; goes into the public log in the same transaction. */
export interface Act {
  readonly actor: Reader;
  readonly reason: string;
  readonly now: Date;
}

export const siteActor = "Offprint";

/** The public log, newest first, from before entry `before`. */
export async function readLog(
  db: Kysely<Database>,
  { before, most }: { before: string | undefined; most: number },
): Promise<LogEntry[]> {
  const all = db.selectFrom("moderation").selectAll().orderBy("id", "desc").limit(most);
  return (before === undefined ? all : all.where("id", "<", before)).execute();
}

/** Writes into the log what a rule of the site did by itself. */
export async function logRule(
  db: Kysely<Database>,
  { action, subject, now }: { action: string; subject: string; now: Date },
): Promise<void> {
  const reason = "rated below the threshold; a moderator decides";
  await db.insertInto("moderation").values({ at: now, actor: siteActor, action, subject, reason }).execute();
}

/** Writes into the log what a moderator did. */
export async function logAct(
  trx: Transaction<Database>,
  { actor, reason, now }: Act,
  action: string,
  subject: string,
): Promise<void> {
  await trx.insertInto("moderation").values({ at: now, actor: actor.name, action, subject, reason }).execute();
}

/**
 * Shows or hides a comment, and settles what was reported of it.
 * @throws {ModerationRefusedError} when its writer deleted it, or is the moderator.
 */
export async function moderateComment(
  db: Kysely<Database>,
  { id, show, path, ...act }: Act & { id: string; show: boolean; path: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const comment = await lockComment(trx, id);
    if (comment === undefined || comment.state === "deleted") {
      throw new ModerationRefusedError("The comment was deleted by its writer.");
    }
    if (comment.account_id === act.actor.id) throw new ModerationRefusedError("Nobody moderates their own comments.");
    await trx
      .updateTable("comment")
      .set(
        show
          ? { state: "shown", state_reason: null }
          : { state: "hidden", state_reason: act.reason, accepted_at: null },
      )
      .where("id", "=", id)
      .execute();
    await trx.updateTable("report").set({ settled_at: act.now }).where("comment_id", "=", id).execute();
    await countComments(trx, comment.paper_id, act.now);
    const action = show
      ? comment.state === "shown"
        ? "kept a reported comment"
        : "showed a comment"
      : "hid a comment";
    await logAct(trx, act, action, path);
  });
}

/**
 * Takes a person's right to write, or gives it back.
 * @throws {ModerationRefusedError} for moderators and admins, whom only an admin can ban, and for oneself.
 */
export async function ban(
  db: Kysely<Database>,
  { name, banned, ...act }: Act & { name: string; banned: boolean },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const account = await trx
      .selectFrom("account")
      .select(["id", "role", "banned_at"])
      .where("name", "=", name)
      .forUpdate()
      .executeTakeFirst();
    if (account === undefined) throw new ModerationRefusedError(`Nobody is called ${name}.`);
    if (account.id === act.actor.id) throw new ModerationRefusedError("Nobody bans themselves.");
    if (account.role === "admin" || (account.role === "moderator" && act.actor.role !== "admin")) {
      throw new ModerationRefusedError(`Only an admin can ban a moderator, and nobody an admin.`);
    }
    if ((account.banned_at !== null) === banned) return;
    await trx
      .updateTable("account")
      .set({ banned_at: banned ? act.now : null, ban_reason: banned ? act.reason : null })
      .where("id", "=", account.id)
      .execute();
    await logAct(trx, act, banned ? "banned" : "lifted the ban of", personPath(name));
  });
}

/**
 * Makes somebody a moderator, admin or plain reader. Their sessions end.
 * @throws {ModerationRefusedError} for oneself, so that there is always an admin.
 */
export async function giveRole(
  db: Kysely<Database>,
  { name, role, ...act }: Act & { name: string; role: Role },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const account = await trx
      .selectFrom("account")
      .select(["id", "role"])
      .where("name", "=", name)
      .forUpdate()
      .executeTakeFirst();
    if (account === undefined) throw new ModerationRefusedError(`Nobody is called ${name}.`);
    if (account.id === act.actor.id) throw new ModerationRefusedError("Nobody changes their own role.");
    if (account.role === role) return;
    await setRole(trx, account.id, role);
    await logAct(trx, act, `made ${role}`, personPath(name));
  });
}

/** A comment that readers reported, with what they say. */
export interface Reported {
  readonly commentId: string;
  readonly reports: readonly { readonly by: string; readonly reason: string; readonly at: Date }[];
}

/** Reports that nobody has settled, the oldest first. */
export async function openReports(db: Kysely<Database>, most: number): Promise<Reported[]> {
  const rows = await db
    .selectFrom("report")
    .innerJoin("account", "account.id", "report.account_id")
    .innerJoin("comment", "comment.id", "report.comment_id")
    .select(["report.comment_id", "report.reason", "report.created_at", "account.name"])
    .where("report.settled_at", "is", null)
    .where("comment.state", "=", "shown")
    .orderBy("report.created_at")
    .orderBy("report.comment_id")
    .limit(most)
    .execute();
  const ids = [...new Set(rows.map((row) => row.comment_id))];
  return ids.map((commentId) => ({
    commentId,
    reports: rows
      .filter((row) => row.comment_id === commentId)
      .map((row) => ({ by: row.name, reason: row.reason, at: row.created_at })),
  }));
}
