import { sql, type Kysely } from "kysely";
import { commentPath } from "../comments/comment.ts";
import type { Database } from "../database/schema.ts";
import { suppressionOf } from "../mail/suppression.ts";
import { personPath } from "./account.ts";

/** Everything that the site keeps about a person, as it keeps it, but for what would let others in: hashes of secrets. */
export async function exportAccount(db: Kysely<Database>, accountId: string, now: Date) {
  const account = await db.selectFrom("account").selectAll().where("id", "=", accountId).executeTakeFirstOrThrow();
  const address = account.email.toLowerCase();
  const comments = await db
    .selectFrom("comment")
    .selectAll()
    .where("account_id", "=", accountId)
    .orderBy("created_at")
    .execute();
  const ownPaths = [
    personPath(account.name),
    ...comments.map(({ id, paper_id: paperId }) => commentPath({ paperId, id })),
  ];
  return {
    format: "offprint-account/1",
    exported_at: now,
    account,
    sessions: await db
      .selectFrom("session")
      .select(["created_at", "seen_at", "expires_at", "browser"])
      .where("account_id", "=", accountId)
      .orderBy("created_at")
      .execute(),
    sign_in_links: await db
      .selectFrom("sign_in")
      .select(["created_at", "expires_at", "used_at"])
      .where(sql`lower(email)`, "=", address)
      .orderBy("created_at")
      .execute(),
    votes: await db.selectFrom("vote").selectAll().where("account_id", "=", accountId).orderBy("created_at").execute(),
    passed_over: await db
      .selectFrom("passed_over")
      .selectAll()
      .where("account_id", "=", accountId)
      .orderBy("created_at")
      .execute(),
    comments,
    submissions: await db
      .selectFrom("submission")
      .selectAll()
      .where("account_id", "=", accountId)
      .orderBy("created_at")
      .execute(),
    reports: await db
      .selectFrom("report")
      .selectAll()
      .where("account_id", "=", accountId)
      .orderBy("created_at")
      .execute(),
    runs: await db.selectFrom("run").selectAll().where("account_id", "=", accountId).orderBy("queued_at").execute(),
    moderation_log: await db
      .selectFrom("moderation")
      .selectAll()
      .where((row) => row.or([row("actor", "=", account.name), row("subject", "in", ownPaths)]))
      .orderBy("id")
      .execute(),
    mails: await db
      .selectFrom("mail")
      .select(["kind", "subject", "state", "created_at", "sent_at"])
      .where(sql`lower(recipient)`, "=", address)
      .orderBy("created_at")
      .execute(),
    papers_in_the_feed: await db
      .selectFrom("paper")
      .select(["id", "title", "featured_on"])
      .where("submitted_by", "=", accountId)
      .orderBy("id")
      .execute(),
    mails_end_because: (await suppressionOf(db, address)) ?? null,
    mail_subscription: await db
      .selectFrom("subscriber")
      .select(["email", "state", "frequency", "weekday", "hour", "time_zone", "topics", "least_votes"])
      .select(["created_at", "confirmed_at", "consent", "ended_at", "ended_reason", "last_issue_at", "next_issue_at"])
      .where(sql`lower(email)`, "=", address)
      .execute(),
  };
}
