/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { commentPath, type Comment } from "../comments/comment.ts";
import { renderMarkdown } from "../comments/markdown.ts";
import type { Role } from "../database/schema.ts";
import { writeDay } from "../look/dates.ts";
import { Moment } from "../look/moment.tsx";
import { ReasonField } from "../moderation/queue.page.tsx";
import { paperPath } from "../papers/arxiv-id.ts";
import { Tex } from "../papers/tex-html.tsx";
import type { Submission } from "../submissions/submission.queries.ts";
import { SubmissionList } from "../submissions/submission.page.tsx";
import { raw } from "hono/html";
import type { Account } from "./account.queries.ts";
import { can, type Reader } from "./reader.ts";

interface ProfileProps {
  readonly account: Account;
  readonly reader: Reader | undefined;
  readonly comments: readonly Comment[];
  readonly submissions: readonly Submission[];
  /** Papers that the owner voted for; nobody else sees them. */
  readonly votedFor: readonly { readonly id: string; readonly title: string }[] | undefined;
}

/** A person as others see them: what they brought and wrote. Votes are theirs alone. */
export function ProfilePage({ account, reader, comments, submissions, votedFor }: ProfileProps) {
  return (
    <section class="sheet">
      <h1>{account.name}</h1>
      <p class="lead">
        {account.role === "reader" ? "Here" : `${capital(account.role)}, here`} since{" "}
        {writeDay(account.createdAt.toISOString().slice(0, 10))}
        {account.bannedAt !== undefined && (
          <>
            {" · "}may not write; see the <a href="/moderation">moderation log</a>
          </>
        )}
      </p>
      {reader?.id === account.id && (
        <form method="post" action="/sign-out">
          <p class="ways">
            This is you, as everybody sees you. <a href="/settings">Settings</a>
            <button class="text-button">Sign out</button>
          </p>
        </form>
      )}
      <h2>Papers brought</h2>
      {submissions.length === 0 ? <p class="quiet-text">None yet.</p> : <SubmissionList submissions={submissions} />}
      <h2>Comments</h2>
      {comments.length === 0 && <p class="quiet-text">None yet.</p>}
      {comments.map((comment) => (
        <article class="comment" aria-label={`Comment under ${comment.paperId}`}>
          <p class="comment-head">
            <a href={commentPath(comment)}>
              under <span class="id">{comment.paperId}</span>
            </a>
            <Moment time={comment.createdAt} />
          </p>
          <div class="comment-text">{raw(renderMarkdown(comment.body))}</div>
        </article>
      ))}
      {votedFor !== undefined && (
        <>
          <h2>Papers you voted for</h2>
          <p class="quiet-text">{votedFor.length === 0 ? "None yet." : "Only you see these."}</p>
          {votedFor.length > 0 && (
            <ul class="lines">
              {votedFor.map((paper) => (
                <li>
                  <a href={paperPath(paper.id)}>
                    <Tex text={paper.title} />
                  </a>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
      {reader !== undefined && reader.id !== account.id && can(reader, "moderate") && (
        <Powers account={account} reader={reader} />
      )}
    </section>
  );
}

const roles: readonly Role[] = ["reader", "moderator", "admin"];

function Powers({ account, reader }: { account: Account; reader: Reader }) {
  const banned = account.bannedAt !== undefined;
  const action = `/moderation/people/${account.name}`;
  return (
    <>
      <h2>Moderation</h2>
      <form method="post" action={action} class="fields" aria-label={banned ? "Lift the ban" : "Ban"}>
        {banned && <p>Reason of the ban: {account.banReason}</p>}
        <ReasonField />
        <p>
          <button class="quiet" name="decision" value={banned ? "lift" : "ban"}>
            {banned ? "Let them write again" : "Take the right to write"}
          </button>
        </p>
      </form>
      {can(reader, "administer") && (
        <form method="post" action={action} class="fields" aria-label="Role">
          <label>
            Role
            <select name="role">
              {roles.map((role) => (
                <option value={role} selected={role === account.role}>
                  {role}
                </option>
              ))}
            </select>
          </label>
          <ReasonField />
          <p>
            <button class="quiet" name="decision" value="role">
              Give this role
            </button>
          </p>
        </form>
      )}
    </>
  );
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
