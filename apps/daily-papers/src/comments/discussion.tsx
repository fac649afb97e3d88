/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { writeAmount } from "../look/numbers.ts";
import { paperPath } from "../papers/arxiv-id.ts";
import { can, type Reader } from "../people/reader.ts";
import { CommentHead, CommentText, TextField } from "./comment-parts.tsx";
import { isVisible } from "./comment.queries.ts";
import type { Comment, Thread } from "./comment.ts";

interface DiscussionProps {
  readonly paperId: string;
  readonly threads: readonly Thread[];
  readonly reader: Reader | undefined;
}

/** What readers write under a paper, with the forms to write more. */
export function Discussion({ paperId, threads, reader }: DiscussionProps) {
  const shown = threads.flatMap(({ comment, replies }) => [comment, ...replies]).filter((one) => one.state === "shown");
  return (
    <section class="discussion" id="discussion" aria-labelledby="discussion-title">
      <div class="discussion-inner">
        <h2 id="discussion-title">Discussion</h2>
        <p class="quiet-text">
          {shown.length === 0
            ? "Nobody has written yet."
            : `${writeAmount(shown.length, "comment")}, the oldest first.`}
        </p>
        {threads.map((thread) => (
          <ThreadView thread={thread} reader={reader} />
        ))}
        <Writing paperId={paperId} reader={reader} />
      </div>
    </section>
  );
}

function ThreadView({ thread: { comment, replies }, reader }: { thread: Thread; reader: Reader | undefined }) {
  const isAsker = comment.isQuestion && reader !== undefined && comment.author?.id === reader.id;
  return (
    <div class="thread">
      <CommentView comment={comment} reader={reader} />
      {replies.length > 0 && (
        <div class="replies">
          {replies.map((reply) => (
            <CommentView comment={reply} reader={reader} accepts={isAsker && reply.state === "shown"} />
          ))}
        </div>
      )}
    </div>
  );
}

interface CommentViewProps {
  readonly comment: Comment;
  readonly reader: Reader | undefined;
  /** Whether the reader may accept it as the answer. */
  readonly accepts?: boolean;
}

function CommentView({ comment, reader, accepts = false }: CommentViewProps) {
  if (!isVisible(comment, reader)) {
    return (
      <p class="comment quiet-text" id={`comment-${comment.id}`}>
        {comment.state === "deleted" ? "Deleted by its writer." : "Not shown."}
      </p>
    );
  }
  return (
    <article
      class="comment"
      id={`comment-${comment.id}`}
      aria-label={`Comment by ${comment.author?.name ?? "a former reader"}`}
    >
      <CommentHead comment={comment} />
      <CommentText comment={comment} />
      {reader !== undefined && <Actions comment={comment} reader={reader} accepts={accepts} />}
    </article>
  );
}

function Actions({ comment, reader, accepts }: { comment: Comment; reader: Reader; accepts: boolean }) {
  const own = comment.author?.id === reader.id;
  const path = `/comments/${comment.id}`;
  const writes = !reader.banned;
  return (
    <div class="comment-actions">
      {accepts && writes && (
        <form method="post" action={`${path}/accept`}>
          <button class="text-button" name="accepted" value={comment.acceptedAt === undefined ? "yes" : "no"}>
            {comment.acceptedAt === undefined ? "Accept as the answer" : "No longer the answer"}
          </button>
        </form>
      )}
      {comment.parentId === undefined && comment.state === "shown" && writes && (
        <details>
          <summary>Reply</summary>
          <form method="post" action="/comments" class="fields">
            <input type="hidden" name="paper" value={comment.paperId} />
            <input type="hidden" name="parent" value={comment.id} />
            <TextField
              label={`Reply to ${comment.author?.name ?? "a former reader"}`}
              id={`reply-${comment.id}`}
              rows={4}
            />
            <p>
              <button class="primary">Reply</button>
            </p>
          </form>
        </details>
      )}
      {own && writes && <a href={`${path}/edit`}>Edit</a>}
      {own && (
        <details>
          <summary>Delete</summary>
          <form method="post" action={`${path}/delete`}>
            <p>
              The text is erased for good. <button class="text-button">Delete it</button>
            </p>
          </form>
        </details>
      )}
      {!own && comment.state === "shown" && <a href={`${path}/report`}>Report</a>}
      {can(reader, "moderate") && !own && <a href={`/moderation/comments/${comment.id}`}>Moderate</a>}
    </div>
  );
}

function Writing({ paperId, reader }: { paperId: string; reader: Reader | undefined }) {
  if (reader === undefined) {
    const next = `${paperPath(paperId)}#discussion`;
    return (
      <p class="writing-invitation">
        <a href={`/sign-in?${new URLSearchParams({ next })}`}>Sign in</a> to write a comment or ask a question.
      </p>
    );
  }
  if (reader.banned) return <p class="quiet-text">Your account may not write; the moderation log says why.</p>;
  return (
    <form method="post" action="/comments" class="fields" aria-label="Write a comment">
      <input type="hidden" name="paper" value={paperId} />
      <TextField label="Your comment" id="new-comment" />
      <p class="check">
        <label>
          <input type="checkbox" name="question" value="yes" /> It is a question, whose answer I will accept
        </label>
      </p>
      <p>
        <button class="primary">Publish</button>
      </p>
    </form>
  );
}
