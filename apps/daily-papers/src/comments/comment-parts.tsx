/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { Moment } from "../look/moment.tsx";
import { ratingLimits } from "../moderation/text-rating.ts";
import { personPath } from "../people/account.ts";
import type { Comment } from "./comment.ts";
import { mostCharacters } from "./comment.ts";
import { renderMarkdown } from "./markdown.ts";

/** Who wrote a comment and when. */
export function CommentHead({ comment, children }: { comment: Comment; children?: Child }) {
  return (
    <p class="comment-head">
      <Person author={comment.author} />
      <a href={`#comment-${comment.id}`}>
        <Moment time={comment.createdAt} />
      </a>
      {comment.editedAt !== undefined && (
        <span>
          edited <Moment time={comment.editedAt} />
        </span>
      )}
      {comment.isQuestion && <span class="mark">Question</span>}
      {comment.acceptedAt !== undefined && <span class="mark mark-good">Accepted answer</span>}
      {children}
    </p>
  );
}

function Person({ author }: { author: Comment["author"] }) {
  if (author === undefined) return <span>a former reader</span>;
  return (
    <span>
      <a class="comment-author" href={personPath(author.name)}>
        {author.name}
      </a>
      {author.role !== "reader" && <span class="role"> {author.role}</span>}
    </span>
  );
}

/** The text of a comment, and why it is not shown to others where that is so. */
export function CommentText({ comment }: { comment: Comment }) {
  return (
    <>
      <CommentState comment={comment} />
      <div class="comment-text">{raw(renderMarkdown(comment.body))}</div>
    </>
  );
}

function CommentState({ comment }: { comment: Comment }) {
  if (comment.state === "held") {
    return (
      <p class="problems">
        Held for review: only you and the moderators see it. {comment.stateReason}{" "}
        <span class="quiet-text">{ratingLimits}</span>
      </p>
    );
  }
  if (comment.state === "hidden") {
    return (
      <p class="problems">Hidden by a moderator: only you and the moderators see it. Reason: {comment.stateReason}</p>
    );
  }
  return <></>;
}

interface TextFieldProps {
  readonly label: string;
  readonly name?: string;
  readonly value?: string;
  readonly rows?: number;
  /** Makes ids on the page different from each other. */
  readonly id: string;
}

/** A field for Markdown, with what may be used in it. */
export function TextField({ label, name = "body", value = "", rows = 5, id }: TextFieldProps) {
  return (
    <>
      <label>
        {label}
        <textarea name={name} rows={rows} required maxlength={mostCharacters} aria-describedby={`${id}-hint`}>
          {value}
        </textarea>
      </label>
      <p class="quiet-text" id={`${id}-hint`}>
        Markdown: <code>*emphasis*</code>, <code>`code`</code>, <code>&gt; quotation</code>, lists,{" "}
        <code>[links](https://…)</code>.
      </p>
    </>
  );
}
