import { sql, type Kysely } from "kysely";
import type { Database, MailKind, MailRow, MailState } from "../database/schema.ts";

/** A mail in the outbox. */
export interface Mail {
  readonly id: string;
  readonly kind: MailKind;
  readonly subscriberId: string | undefined;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly state: MailState;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly sendAfter: Date;
  readonly claimedAt: Date | undefined;
  readonly sentAt: Date | undefined;
  readonly error: string | undefined;
}

/** Whether a mail is due; asked before a connection is opened. */
export async function isMailDue(db: Kysely<Database>, now: Date): Promise<boolean> {
  const row = await db
    .selectFrom("mail")
    .select("id")
    .where("state", "=", "waiting")
    .where("send_after", "<=", now)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * The mail to be sent next, now marked as `sending`. That is committed before a word of SMTP is spoken: whatever happens
 * afterwards, nobody takes it again without knowing. Mails that somebody waits for come before issues.
 */
export async function claimMail(db: Kysely<Database>, now: Date): Promise<Mail | undefined> {
  return (await claim(db, now, true)) ?? (await claim(db, now, false));
}

async function claim(db: Kysely<Database>, now: Date, personal: boolean): Promise<Mail | undefined> {
  const row = await db
    .updateTable("mail")
    .set((eb) => ({ state: "sending" as const, claimed_at: now, attempts: eb("attempts", "+", 1) }))
    .where("id", "=", (eb) => {
      const next = eb
        .selectFrom("mail")
        .select("id")
        .where("state", "=", "waiting")
        .where("send_after", "<=", now)
        .orderBy("send_after")
        .orderBy("id")
        .limit(1)
        .forUpdate()
        .skipLocked();
      return personal ? next.where("kind", "<>", "digest") : next;
    })
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toMail(row);
}

export type Ending =
  | { readonly state: "sent"; readonly now: Date }
  | { readonly state: "waiting"; readonly sendAfter: Date; readonly error: string; readonly counts: boolean }
  | { readonly state: "failed" | "unsure"; readonly error: string };

/** Notes what became of a claimed mail. A late answer still corrects a mail that was given up as unsure. */
export async function endClaim(db: Kysely<Database>, mail: Mail, ending: Ending): Promise<void> {
  const isSecret = mail.kind === "sign-in" || mail.kind === "confirmation" || mail.kind === "digest";
  const ours = db
    .updateTable("mail")
    .where("id", "=", mail.id)
    .where("attempts", "=", mail.attempts)
    .where("state", "in", ["sending", "unsure"]);
  if (ending.state === "sent") {
    // What has arrived is not kept: it holds links that act for its reader, and issues are long.
    const forgotten = isSecret ? { text_body: "", html_body: "", headers: "{}" } : {};
    await ours.set({ state: "sent", sent_at: ending.now, error: null, ...forgotten }).execute();
  } else if (ending.state === "waiting") {
    await ours
      .set((eb) => ({
        state: "waiting",
        send_after: ending.sendAfter,
        error: ending.error,
        claimed_at: null,
        attempts: ending.counts ? eb.ref("attempts") : eb("attempts", "-", 1),
      }))
      .execute();
  } else {
    await ours.set({ state: ending.state, error: ending.error }).execute();
  }
}

/**
 * Mails whose sender died between claim and answer become `unsure`: nobody knows whether they arrived.
 * @returns how many.
 */
export async function giveUpClaims(db: Kysely<Database>, claimedBefore: Date): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable("mail")
    .set({ state: "unsure", error: "the server stopped while the mail was being sent; it may have arrived" })
    .where("state", "=", "sending")
    .where("claimed_at", "<", claimedBefore)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** Sends a mail again that failed or is unsure, because the admin says so. @returns whether there was one. */
export async function sendAgain(db: Kysely<Database>, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("mail")
    .set({ state: "waiting", send_after: now, created_at: now, error: null, claimed_at: null })
    .where("id", "=", id)
    .where("state", "in", ["failed", "unsure"])
    .where("text_body", "<>", "")
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

export async function findMail(db: Kysely<Database>, id: string): Promise<Mail | undefined> {
  if (!/^[a-z0-9]{12}$/.test(id)) return undefined;
  const row = await db.selectFrom("mail").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toMail(row);
}

/** A mail in a list: without its text. */
export type MailSummary = Omit<Mail, "text" | "html" | "headers">;

/** The newest mails first, of one state or of all; `before` goes on after the last one of a page. */
export async function newestMails(
  db: Kysely<Database>,
  { state, before, most }: { state?: MailState | undefined; before?: Mail | undefined; most: number },
): Promise<MailSummary[]> {
  let query = db
    .selectFrom("mail")
    .select([
      "id",
      "kind",
      "subscriber_id",
      "recipient",
      "subject",
      "state",
      "attempts",
      "created_at",
      "send_after",
      "claimed_at",
      "sent_at",
      "error",
    ])
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(most);
  if (state !== undefined) query = query.where("state", "=", state);
  if (before !== undefined) {
    query = query.where((eb) => eb(eb.refTuple("created_at", "id"), "<", eb.tuple(before.createdAt, before.id)));
  }
  return (await query.execute()).map((row) =>
    toMail({ ...row, text_body: "", html_body: "", headers: {}, dedupe_key: null }),
  );
}

/** How many mails there are of each state. */
export async function countMails(db: Kysely<Database>): Promise<Record<MailState, number>> {
  const rows = await db
    .selectFrom("mail")
    .select(["state", sql<number>`count(*)::int`.as("count")])
    .groupBy("state")
    .execute();
  const counts = { waiting: 0, sending: 0, sent: 0, failed: 0, unsure: 0 };
  for (const { state, count } of rows) counts[state] = count;
  return counts;
}

/** Forgets mails written before a time that nothing will happen to any more. @returns how many. */
export async function forgetMails(db: Kysely<Database>, before: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("mail")
    .where("created_at", "<", before)
    .where("state", "<>", "sending")
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

function toMail(row: MailRow): Mail {
  return {
    id: row.id,
    kind: row.kind,
    subscriberId: row.subscriber_id ?? undefined,
    recipient: row.recipient,
    subject: row.subject,
    text: row.text_body,
    html: row.html_body,
    headers: row.headers,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at,
    sendAfter: row.send_after,
    claimedAt: row.claimed_at ?? undefined,
    sentAt: row.sent_at ?? undefined,
    error: row.error ?? undefined,
  };
}
