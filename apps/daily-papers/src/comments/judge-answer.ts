import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { CommentRefusedError, lockComment } from "./write-comment.ts";

/**
 * The asker says that a reply answers the question, or takes it back. A question has one accepted answer: a new one
 * takes the place of the old.
 * @throws {CommentRefusedError} for anybody but the asker, and for what is no answer to a question.
 */
export async function acceptAnswer(
  db: Kysely<Database>,
  { id, accountId, accepted, now }: { id: string; accountId: string; accepted: boolean; now: Date },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const answer = await lockComment(trx, id);
    const question =
      answer?.parent_id == null
        ? undefined
        : await trx
            .selectFrom("comment")
            .select(["id", "account_id", "question"])
            .where("id", "=", answer.parent_id)
            .executeTakeFirst();
    if (answer?.state !== "shown" || question?.question !== true || question.account_id !== accountId) {
      throw new CommentRefusedError("Only who asked a question can say which reply answers it.");
    }
    await trx.updateTable("comment").set({ accepted_at: null }).where("parent_id", "=", question.id).execute();
    if (accepted) await trx.updateTable("comment").set({ accepted_at: now }).where("id", "=", id).execute();
    await trx.updateTable("paper").set({ changed_at: now }).where("id", "=", answer.paper_id).execute();
  });
}

/**
 * Tells moderators of a comment; telling again changes nothing, unless it was judged and then written anew.
 * @throws {CommentRefusedError} when there is nothing to tell of.
 */
export async function reportComment(
  db: Kysely<Database>,
  { id, accountId, reason, now }: { id: string; accountId: string; reason: string; now: Date },
): Promise<void> {
  const comment = await db
    .selectFrom("comment")
    .select(["state", "account_id", "edited_at"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (comment?.state !== "shown") throw new CommentRefusedError("The comment is not shown any more.");
  if (comment.account_id === accountId) throw new CommentRefusedError("This is your own comment: you can delete it.");
  await db
    .insertInto("report")
    .values({ comment_id: id, account_id: accountId, reason: reason.slice(0, 500), created_at: now })
    .onConflict((conflict) =>
      conflict
        .columns(["comment_id", "account_id"])
        .doUpdateSet({ reason: reason.slice(0, 500), created_at: now, settled_at: null })
        .where("report.settled_at", "<", comment.edited_at ?? new Date(0)),
    )
    .execute();
}
