import { sql, type Kysely, type Transaction } from "kysely";
import { countComments } from "../comments/write-comment.ts";
import type { Database } from "../database/schema.ts";
import { sqlHotness } from "../papers/ranking.ts";
import { renameInLog } from "./account.queries.ts";
import { personPath } from "./account.ts";

export interface Deletion {
  readonly accountId: string;
  readonly eraseComments: boolean;
  /** Whether the subscription of the account's address ends with it, and is forgotten. */
  readonly forgetSubscription?: boolean;
  readonly now: Date;
}

/**
 * Deletes an account for good, with its votes, reports, sessions, links and mails. Its comments stay without a name
 * (others replied to them), or are erased as well if the reader wants that; so do its submissions and runs: the papers
 * and results are not theirs. What the public log says stays, without the name.
 */
export async function deleteAccount(
  db: Kysely<Database>,
  { accountId, eraseComments, forgetSubscription = false, now }: Deletion,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const account = await trx
      .selectFrom("account")
      .select(["name", "email"])
      .where("id", "=", accountId)
      .forUpdate()
      .executeTakeFirst();
    if (account === undefined) return;
    await withdrawVotes(trx, accountId, now);
    await leaveComments(trx, { accountId, eraseComments, now });
    const gone = "a former reader";
    await forgetInLog(trx, { accountId, name: account.name, gone });
    await trx
      .updateTable("paper")
      .set({ submitted_by: null, changed_at: now })
      .where("submitted_by", "=", accountId)
      .execute();
    await trx
      .updateTable("submission")
      .set({ state: "refused", state_reason: `${gone} submitted it`, settled_at: now })
      .where("account_id", "=", accountId)
      .where("state", "in", ["waiting", "held"])
      .execute();
    const address = account.email.toLowerCase();
    await trx
      .deleteFrom("sign_in")
      .where(sql`lower(email)`, "=", address)
      .execute();
    if (forgetSubscription) {
      await trx
        .deleteFrom("subscriber")
        .where(sql`lower(email)`, "=", address)
        .execute();
    }
    await trx
      .deleteFrom("mail")
      .where(sql`lower(recipient)`, "=", address)
      .$if(!forgetSubscription, (query) => query.where("kind", "in", ["sign-in", "notice"]))
      .where("state", "!=", "sending")
      .execute();
    await trx.deleteFrom("rate_window").where("key", "like", `% account ${accountId}`).execute();
    await trx.deleteFrom("account").where("id", "=", accountId).execute();
  });
}

/** Writes the person out of the public log, out of the reasons that moderators gave too. */
async function forgetInLog(
  trx: Transaction<Database>,
  { accountId, name, gone }: { accountId: string; name: string; gone: string },
): Promise<void> {
  const comments = sql<boolean>`substring(subject from '#comment-(.*)$') in (select id from comment where account_id = ${accountId})`;
  await trx
    .updateTable("moderation")
    .set({ reason: sql`regexp_replace(reason, ${String.raw`\m${name}\M`}, ${gone}, 'gi')` })
    .where((row) => row.or([row("actor", "=", name), row("subject", "=", personPath(name)), comments]))
    .execute();
  await renameInLog(trx, name, { actor: "a former moderator", subject: "/moderation" });
}

/** The papers are locked in the order of their ids, so that two who leave at once do not wait for each other. */
async function withdrawVotes(trx: Transaction<Database>, accountId: string, now: Date): Promise<void> {
  const papers = await trx
    .selectFrom("paper")
    .select("id")
    .where("id", "in", trx.selectFrom("vote").select("paper_id").where("account_id", "=", accountId))
    .orderBy("id")
    .forUpdate()
    .execute();
  if (papers.length === 0) return;
  const gone = await trx
    .deleteFrom("vote")
    .where("account_id", "=", accountId)
    .returning(["paper_id", "counted"])
    .execute();
  const counted = gone.filter((vote) => vote.counted).map((vote) => vote.paper_id);
  const votes = sql<number>`paper.votes - 1`;
  await trx
    .updateTable("paper")
    .set({ votes, hotness: sqlHotness({ votes }), changed_at: now })
    .where(sql<boolean>`id = any(${counted})`)
    .execute();
}

async function leaveComments(
  trx: Transaction<Database>,
  { accountId, eraseComments, now }: { accountId: string; eraseComments: boolean; now: Date },
): Promise<void> {
  const comments = trx.selectFrom("comment").select("paper_id").where("account_id", "=", accountId);
  const papers = await trx
    .selectFrom("paper")
    .select("id")
    .where("id", "in", comments)
    .orderBy("id")
    .forUpdate()
    .execute();
  // What only its writer and moderators could read is read by nobody after this.
  await trx
    .updateTable("comment")
    .set({ body: "", state: "deleted", state_reason: null, accepted_at: null, moral_score: null })
    .where("account_id", "=", accountId)
    .$if(!eraseComments, (query) => query.where("state", "!=", "shown"))
    .execute();
  for (const paper of papers) await countComments(trx, paper.id, now);
}
