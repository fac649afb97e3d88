import { sql, type Kysely, type Transaction } from "kysely";
import type { Database, SubscriberRow } from "../database/schema.ts";
import { foldAddress } from "../mail/address.ts";
import { hashToken, newId } from "../secrets.ts";
import { nextIssueAt } from "./due-time.ts";
import type { Preferences, Subscriber } from "./subscriber.ts";

/** The link in a confirmation mail can be used this long, and once. */
const confirmHours = 48;

/** A subscriber by id; ids of any form may be asked for. */
export async function findSubscriber(db: Kysely<Database>, id: string): Promise<Subscriber | undefined> {
  if (!/^[a-z0-9]{12}$/.test(id)) return undefined;
  const row = await db.selectFrom("subscriber").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toSubscriber(row);
}

export async function findSubscriberOf(db: Kysely<Database>, email: string): Promise<Subscriber | undefined> {
  const row = await db
    .selectFrom("subscriber")
    .selectAll()
    .where(sql<string>`lower(email)`, "=", foldAddress(email))
    .executeTakeFirst();
  return row === undefined ? undefined : toSubscriber(row);
}

export interface SubscriptionRequest {
  readonly email: string;
  /** What the mail holds. */
  readonly token: string;
  readonly preferences: Preferences;
  readonly now: Date;
}

/** Remembers that somebody asked for issues to an address, until its owner confirms. @returns the subscriber's id. */
export async function requestSubscription(
  trx: Transaction<Database>,
  { email, token, preferences, now }: SubscriptionRequest,
): Promise<string> {
  const asked = {
    state: "pending" as const,
    confirm_hash: hashToken(token),
    confirm_expires_at: new Date(now.getTime() + confirmHours * 3_600_000),
    ...toColumns(preferences),
  };
  const known = await findSubscriberOf(trx, email);
  if (known !== undefined) {
    await trx.updateTable("subscriber").set(asked).where("id", "=", known.id).execute();
    return known.id;
  }
  const id = newId();
  await trx
    .insertInto("subscriber")
    .values({ id, email, created_at: now, ...asked })
    .execute();
  return id;
}

/** How many confirmation mails an address got since a time. */
export async function countConfirmations(db: Kysely<Database>, email: string, since: Date): Promise<number> {
  const { count } = await db
    .selectFrom("mail")
    .select(sql<number>`count(*)::int`.as("count"))
    .where("kind", "=", sql.lit("confirmation"))
    .where(sql<string>`lower(recipient)`, "=", foldAddress(email))
    .where("created_at", ">", since)
    .executeTakeFirstOrThrow();
  return count;
}

/** Whose unused link this is; looking does not use it up, because mail scanners look at every link. */
export async function findPending(
  db: Kysely<Database>,
  { token, now }: { token: string; now: Date },
): Promise<Subscriber | undefined> {
  const row = await db
    .selectFrom("subscriber")
    .selectAll()
    .where("confirm_hash", "=", hashToken(token))
    .where("confirm_expires_at", ">", now)
    .executeTakeFirst();
  return row === undefined ? undefined : toSubscriber(row);
}

/** What proves that the address's owner agreed: to what, when, and from where, as a keyed hash. */
export interface Consent {
  readonly at: string;
  readonly form: string;
  readonly from: string;
}

/** Uses a link up: from now on, issues are sent. Undefined when the link is used up or has run out. */
export async function confirmSubscription(
  db: Kysely<Database>,
  { token, consent, now }: { token: string; consent: Consent; now: Date },
): Promise<Subscriber | undefined> {
  const pending = await findPending(db, { token, now });
  if (pending === undefined) return undefined;
  const row = await db
    .updateTable("subscriber")
    .set({
      state: "confirmed",
      confirmed_at: now,
      consent: JSON.stringify(consent),
      confirm_hash: null,
      confirm_expires_at: null,
      ended_at: null,
      ended_reason: null,
      next_issue_at: nextIssueAt(pending, now),
    })
    .where("id", "=", pending.id)
    .where("confirm_hash", "=", hashToken(token))
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toSubscriber(row);
}

/** Changes what a confirmed subscriber gets; the next issue comes at the new time. */
export async function changePreferences(
  db: Kysely<Database>,
  { id, preferences, now }: { id: string; preferences: Preferences; now: Date },
): Promise<void> {
  await db
    .updateTable("subscriber")
    .set({ ...toColumns(preferences), next_issue_at: nextIssueAt(preferences, now) })
    .where("id", "=", id)
    .where("state", "=", "confirmed")
    .execute();
}

/** Ends a subscription; harmless when repeated. Issues that wait in the outbox are taken out of it. */
export async function endSubscription(db: Kysely<Database>, id: string, now: Date): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable("subscriber")
      .set({
        state: "ended",
        ended_at: now,
        ended_reason: "unsubscribed",
        next_issue_at: null,
        confirm_hash: null,
        confirm_expires_at: null,
      })
      .where("id", "=", id)
      .where("state", "<>", "ended")
      .execute();
    await trx
      .updateTable("mail")
      .set({ state: "failed", error: "the reader unsubscribed", text_body: "", html_body: "" })
      .where("subscriber_id", "=", id)
      .where("kind", "=", "digest")
      .where("state", "=", "waiting")
      .execute();
  });
}

/** Forgets who asked and never confirmed, and what is known of who ended long ago. @returns how many. */
export async function forgetSubscribers(db: Kysely<Database>, now: Date): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("subscriber")
    .where((eb) =>
      eb.or([
        eb.and([eb("state", "=", "pending"), eb("confirm_expires_at", "<", new Date(now.getTime() - 7 * 86_400_000))]),
        eb.and([eb("state", "=", "ended"), eb("ended_at", "<", new Date(now.getTime() - 365 * 86_400_000))]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

function toColumns({ frequency, weekday, hour, timeZone, topics, leastVotes }: Preferences) {
  return { frequency, weekday, hour, time_zone: timeZone, topics: [...topics], least_votes: leastVotes };
}

export function toSubscriber(row: SubscriberRow): Subscriber {
  return {
    id: row.id,
    email: row.email,
    state: row.state,
    frequency: row.frequency,
    weekday: row.weekday,
    hour: row.hour,
    timeZone: row.time_zone,
    topics: row.topics,
    leastVotes: row.least_votes,
    nextIssueAt: row.next_issue_at ?? undefined,
    lastIssueAt: row.last_issue_at ?? undefined,
    lastIssueDay: row.last_issue_day ?? undefined,
    lastNumber: Number(row.last_number),
  };
}
