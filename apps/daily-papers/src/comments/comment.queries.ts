import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { can, type Reader } from "../people/reader.ts";
import type { Comment, Thread } from "./comment.ts";

/** More are not shown under one paper: a page has an end. The oldest are. */
const mostShown = 500;

function selectComments(db: Kysely<Database>) {
  return db
    .selectFrom("comment")
    .leftJoin("account", "account.id", "comment.account_id")
    .selectAll("comment")
    .select(["account.name as author_name", "account.role as author_role"]);
}

type Selected = Awaited<ReturnType<ReturnType<typeof selectComments>["executeTakeFirstOrThrow"]>>;

export async function findComment(db: Kysely<Database>, id: string): Promise<Comment | undefined> {
  if (!/^[a-z0-9]{12}$/.test(id)) return undefined;
  const row = await selectComments(db).where("comment.id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toComment(row);
}

/**
 * The discussion of a paper as `reader` may see it, oldest first: what is shown, what waits for review to its writer and
 * to moderators, and of what is gone its place where something visible was replied to it.
 */
export async function discussionOf(
  db: Kysely<Database>,
  paperId: string,
  reader: Reader | undefined,
): Promise<Thread[]> {
  const rows = await selectComments(db)
    .where("comment.paper_id", "=", paperId)
    .where((row) =>
      row.or([
        row("comment.state", "=", "shown"),
        row("comment.parent_id", "is", null),
        ...(can(reader, "moderate") ? [row("comment.state", "!=", "deleted")] : []),
        ...(reader === undefined ? [] : [row("comment.account_id", "=", reader.id)]),
      ]),
    )
    .orderBy("comment.created_at")
    .orderBy("comment.id")
    .limit(mostShown)
    .execute();
  const comments = rows
    .map(toComment)
    .filter((comment) => comment.parentId === undefined || isVisible(comment, reader));
  return comments
    .filter((comment) => comment.parentId === undefined)
    .map((comment) => ({ comment, replies: comments.filter((reply) => reply.parentId === comment.id) }))
    .filter((thread) => isVisible(thread.comment, reader) || thread.replies.length > 0);
}

/** Whether a reader may read a comment's text. */
export function isVisible(comment: Comment, reader: Reader | undefined): boolean {
  if (comment.state === "shown") return true;
  if (comment.state === "deleted") return false;
  return can(reader, "moderate") || (reader !== undefined && comment.author?.id === reader.id);
}

/** The newest comments of an account that everybody can read. */
export async function commentsBy(db: Kysely<Database>, accountId: string, most: number): Promise<Comment[]> {
  const rows = await selectComments(db)
    .where("comment.account_id", "=", accountId)
    .where("comment.state", "=", "shown")
    .orderBy("comment.created_at", "desc")
    .orderBy("comment.id")
    .limit(most)
    .execute();
  return rows.map(toComment);
}

/** Comments that wait for a moderator, the oldest first. */
export async function heldComments(db: Kysely<Database>, most: number): Promise<Comment[]> {
  const rows = await selectComments(db)
    .where("comment.state", "=", "held")
    .orderBy("comment.created_at")
    .orderBy("comment.id")
    .limit(most)
    .execute();
  return rows.map(toComment);
}

function toComment(row: Selected): Comment {
  return {
    id: row.id,
    paperId: row.paper_id,
    author:
      row.account_id === null || row.author_name === null || row.author_role === null
        ? undefined
        : { id: row.account_id, name: row.author_name, role: row.author_role },
    parentId: row.parent_id ?? undefined,
    isQuestion: row.question,
    acceptedAt: row.accepted_at ?? undefined,
    body: row.body,
    state: row.state,
    stateReason: row.state_reason ?? undefined,
    createdAt: row.created_at,
    editedAt: row.edited_at ?? undefined,
  };
}
