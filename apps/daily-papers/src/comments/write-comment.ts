import { sql, type Kysely, type Transaction } from "kysely";
import type { CommentState, Database } from "../database/schema.ts";
import { DailyPapersError } from "../errors.ts";
import type { Verdict } from "../moderation/text-rating.ts";
import { newId } from "../secrets.ts";

/** A comment that cannot be written, changed or answered as asked; the message is for who asked. */
export class CommentRefusedError extends DailyPapersError {
  override readonly name = "CommentRefusedError";
  readonly code = "COMMENT_REFUSED";
}

export interface NewComment {
  readonly paperId: string;
  readonly accountId: string;
  /** The comment that it answers. */
  readonly parentId: string | undefined;
  readonly isQuestion: boolean;
  readonly body: string;
  readonly verdict: Verdict;
  readonly now: Date;
}

const oneHour = 3_600_000;
/** An account is new for a week: what floods a page comes from accounts that were made for it. */
const newFor = 7 * 24 * oneHour;
const mostAnHour = { new: 10, known: 60 };

/**
 * Writes a comment and counts it, together.
 * @throws {CommentRefusedError} when the account wrote too much lately, or what it answers cannot be answered.
 */
export async function writeComment(db: Kysely<Database>, comment: NewComment): Promise<string> {
  const { paperId, accountId, parentId, isQuestion, body, verdict, now } = comment;
  return db.transaction().execute(async (trx) => {
    await refuseFlood(trx, accountId, now);
    await lockPaper(trx, paperId);
    if (parentId !== undefined) await refuseOddParent(trx, paperId, parentId);
    const id = newId();
    await trx
      .insertInto("comment")
      .values({
        id,
        paper_id: paperId,
        account_id: accountId,
        parent_id: parentId ?? null,
        question: isQuestion && parentId === undefined,
        body,
        state: verdict.state,
        state_reason: verdict.reason ?? null,
        moral_score: verdict.score ?? null,
        created_at: now,
      })
      .execute();
    if (verdict.state === "shown") await countComments(trx, paperId, now);
    return id;
  });
}

/**
 * Writes the text of one's own comment anew. What a moderator has hidden stays hidden; what a rule held is judged anew.
 * @throws {CommentRefusedError} when it is somebody else's or deleted.
 */
export async function editComment(
  db: Kysely<Database>,
  change: { id: string; accountId: string; body: string; verdict: Verdict; now: Date },
): Promise<void> {
  await changeComment(db, change, async (trx, { state }) => {
    const next: CommentState = state === "hidden" ? "hidden" : change.verdict.state;
    await trx
      .updateTable("comment")
      .set({ body: change.body, edited_at: change.now, moral_score: change.verdict.score ?? null, state: next })
      .$if(state !== "hidden", (query) => query.set({ state_reason: change.verdict.reason ?? null }))
      .where("id", "=", change.id)
      .execute();
  });
}

/**
 * Takes one's own comment back: its text is erased, its place stays while something was replied to it.
 * @throws {CommentRefusedError} when it is somebody else's.
 */
export async function deleteComment(
  db: Kysely<Database>,
  change: { id: string; accountId: string; now: Date },
): Promise<void> {
  await changeComment(db, change, async (trx) => {
    await trx
      .updateTable("comment")
      .set({ body: "", state: "deleted", state_reason: null, accepted_at: null, moral_score: null })
      .where("id", "=", change.id)
      .execute();
  });
}

/** Changes an own comment under the lock of its paper, and counts anew. */
async function changeComment(
  db: Kysely<Database>,
  { id, accountId, now }: { id: string; accountId: string; now: Date },
  change: (trx: Transaction<Database>, comment: { readonly state: CommentState }) => Promise<void>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const comment = await lockComment(trx, id);
    if (comment?.account_id !== accountId || comment.state === "deleted") {
      throw new CommentRefusedError("Only its writer can change a comment, and not after it was deleted.");
    }
    await change(trx, comment);
    await countComments(trx, comment.paper_id, now);
  });
}

/** A comment with its paper locked before it, as everywhere where both are. */
export async function lockComment(trx: Transaction<Database>, id: string) {
  const found = await trx.selectFrom("comment").select("paper_id").where("id", "=", id).executeTakeFirst();
  if (found === undefined) return undefined;
  await lockPaper(trx, found.paper_id);
  return trx
    .selectFrom("comment")
    .select(["id", "paper_id", "account_id", "parent_id", "state", "question"])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
}

/** Writes the number of a paper's comments that are shown. The caller holds the paper's lock. */
export async function countComments(trx: Transaction<Database>, paperId: string, now: Date): Promise<void> {
  await trx
    .updateTable("paper")
    .set({
      comments: sql<number>`(select count(*)::integer from comment where paper_id = ${paperId} and state = 'shown')`,
      changed_at: now,
    })
    .where("id", "=", paperId)
    .execute();
}

async function lockPaper(trx: Transaction<Database>, paperId: string): Promise<void> {
  const paper = await trx.selectFrom("paper").select("id").where("id", "=", paperId).forUpdate().executeTakeFirst();
  if (paper === undefined) throw new CommentRefusedError("The paper is not here.");
}

async function refuseFlood(trx: Transaction<Database>, accountId: string, now: Date): Promise<void> {
  const account = await trx
    .selectFrom("account")
    .select("created_at")
    .where("id", "=", accountId)
    .forUpdate()
    .executeTakeFirst();
  if (account === undefined) throw new CommentRefusedError("The account is gone.");
  const { count } = await trx
    .selectFrom("comment")
    .select(sql<number>`count(*)::integer`.as("count"))
    .where("account_id", "=", accountId)
    .where("created_at", ">", new Date(now.getTime() - oneHour))
    .executeTakeFirstOrThrow();
  const isNew = now.getTime() - account.created_at.getTime() < newFor;
  const most = isNew ? mostAnHour.new : mostAnHour.known;
  if (count >= most) {
    const whose = isNew ? "an account of less than a week" : "one person";
    throw new CommentRefusedError(
      `At most ${most} comments an hour are taken from ${whose}; come back a little later.`,
    );
  }
}

async function refuseOddParent(trx: Transaction<Database>, paperId: string, parentId: string): Promise<void> {
  const parent = await trx
    .selectFrom("comment")
    .select(["paper_id", "parent_id", "state"])
    .where("id", "=", parentId)
    .executeTakeFirst();
  if (parent?.paper_id !== paperId || parent.parent_id !== null || parent.state !== "shown") {
    throw new CommentRefusedError("The comment that this answers is not there any more, or is a reply itself.");
  }
}
