/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { CommentHead, CommentText } from "../comments/comment-parts.tsx";
import { commentPath, type Comment } from "../comments/comment.ts";
import { Moment } from "../look/moment.tsx";
import { writeAmount } from "../look/numbers.ts";
import { paperPath } from "../papers/arxiv-id.ts";
import { personPath } from "../people/account.ts";
import { Tex } from "../papers/tex-html.tsx";
import type { Submission } from "../submissions/submission.queries.ts";
import { countingHours, type NotedPaper } from "../votes/new-accounts.ts";
import type { Reported } from "./moderation.queries.ts";

/** Names of voters that are shown of one paper. */
const mostNames = 20;

export interface ReportedComment extends Reported {
  readonly comment: Comment;
}

interface QueueProps {
  readonly reported: readonly ReportedComment[];
  readonly held: readonly Comment[];
  readonly submissions: readonly Submission[];
  readonly noted: readonly NotedPaper[];
}

/** What waits for a moderator. */
export function QueuePage({ reported, held, submissions, noted }: QueueProps) {
  const isEmpty = reported.length + held.length + submissions.length + noted.length === 0;
  return (
    <section class="sheet">
      <h1>Waiting for a moderator</h1>
      <p class="lead">
        What you decide here stands in the <a href="/moderation">public log</a> with your name and your reason.
      </p>
      {isEmpty && <p>Nothing waits.</p>}
      {reported.length > 0 && <h2>Reported comments</h2>}
      {reported.map(({ comment, reports }) => (
        <div class="thread">
          <CommentToJudge comment={comment} />
          <ul class="lines">
            {reports.map((report) => (
              <li>
                <p>{report.reason}</p>
                <p class="quiet-text">
                  <a href={personPath(report.by)}>{report.by}</a>, <Moment time={report.at} />
                </p>
              </li>
            ))}
          </ul>
          <JudgeForm comment={comment} />
        </div>
      ))}
      {held.length > 0 && <h2>Held comments</h2>}
      {held.map((comment) => (
        <div class="thread">
          <CommentToJudge comment={comment} />
          <JudgeForm comment={comment} />
        </div>
      ))}
      {submissions.length > 0 && <h2>Held submissions</h2>}
      {submissions.map((submission) => (
        <div class="thread">
          <p>
            <Tex text={submission.title ?? submission.paperId} />
          </p>
          <p class="quiet-text">
            {submission.by?.name ?? "a former reader"}, <Moment time={submission.createdAt} />. {submission.stateReason}
          </p>
          <form method="post" action={`/moderation/submissions/${submission.id}`} class="fields">
            <ReasonField />
            <p class="ways">
              <button class="primary" name="decision" value="feature">
                Put into the feed
              </button>
              <button class="quiet" name="decision" value="refuse">
                Refuse
              </button>
            </p>
          </form>
        </div>
      ))}
      {noted.length > 0 && <h2>Votes of new accounts</h2>}
      {noted.length > 0 && (
        <p class="quiet-text">
          They count when their accounts are {countingHours} hours old, and never while these are banned.
        </p>
      )}
      {noted.map((paper) => (
        <div class="thread">
          <p>
            <a href={paperPath(paper.id)}>
              <Tex text={paper.title} />
            </a>
          </p>
          <p class="quiet-text">
            {writeAmount(paper.voters.length, "vote")}:{" "}
            {paper.voters.slice(0, mostNames).map((name, at) => (
              <>
                {at > 0 && ", "}
                <a href={personPath(name)}>{name}</a>
              </>
            ))}
            {paper.voters.length > mostNames && " …"}
          </p>
        </div>
      ))}
    </section>
  );
}

/** One comment with the forms to judge it. */
export function JudgePage({ comment, problem }: { comment: Comment; problem?: string | undefined }) {
  return (
    <section class="sheet">
      <h1>Moderate a comment</h1>
      {problem !== undefined && (
        <p class="problems" role="alert">
          {problem}
        </p>
      )}
      <CommentToJudge comment={comment} />
      <JudgeForm comment={comment} />
    </section>
  );
}

function CommentToJudge({ comment }: { comment: Comment }) {
  return (
    <article class="comment">
      <CommentHead comment={comment}>
        <a href={commentPath(comment)}>in its place</a>
      </CommentHead>
      <CommentText comment={comment} />
    </article>
  );
}

function JudgeForm({ comment }: { comment: Comment }) {
  return (
    <form method="post" action={`/moderation/comments/${comment.id}`} class="fields">
      <ReasonField />
      <p class="ways">
        <button class="primary" name="decision" value="show">
          {comment.state === "shown" ? "Keep it" : "Show it"}
        </button>
        {comment.state !== "hidden" && (
          <button class="quiet" name="decision" value="hide">
            Hide it
          </button>
        )}
      </p>
    </form>
  );
}

/** The reason of an act; the public log shows it. */
export function ReasonField() {
  return (
    <label>
      Reason, for the public log
      <input name="reason" required maxlength={300} autocomplete="off" />
    </label>
  );
}
