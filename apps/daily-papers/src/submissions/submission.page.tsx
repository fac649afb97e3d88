/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Moment } from "../look/moment.tsx";
import { ratingLimits } from "../moderation/text-rating.ts";
import { paperPath } from "../papers/arxiv-id.ts";
import { Tex } from "../papers/tex-html.tsx";
import { newsDays } from "./paper-age.ts";
import { mostSubmissionsADay, type Submission } from "./submission.queries.ts";

interface SubmissionPageProps {
  readonly paper: string;
  readonly submissions: readonly Submission[];
  readonly problem?: string | undefined;
  /** The paper is old: the form asks once more. */
  readonly isOld?: boolean;
}

/** The form to submit a paper, and what became of one's submissions. */
export function SubmissionPage({ paper, submissions, problem, isOld = false }: SubmissionPageProps) {
  return (
    <section class="sheet">
      <h1>Submit a paper</h1>
      <p class="lead">A paper that others should read today. It enters the feed as soon as arXiv has told us of it.</p>
      <form method="post" action="/submit" class="fields">
        <label>
          arXiv id, or a link to the paper
          <input
            name="paper"
            value={paper}
            required
            maxlength={300}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder="2409.19977"
            {...(problem === undefined ? {} : { "aria-invalid": "true", "aria-describedby": "paper-problem" })}
          />
        </label>
        {problem !== undefined && (
          <p class="problems" id="paper-problem" role="alert">
            {problem}
          </p>
        )}
        {isOld && (
          <p class="problems" role="alert">
            By its id this paper is more than {newsDays} days old. The feed is for what is new; an older paper is
            welcome if there is a reason to read it now.
            <input type="hidden" name="anyway" value="yes" />
          </p>
        )}
        <p>
          <button class="primary">{isOld ? "Submit it anyway" : "Submit"}</button>
        </p>
      </form>
      <p class="quiet-text">
        Abstract, PDF and HTML links work, as do Hugging Face and DOI links. At most {mostSubmissionsADay} papers in 24
        hours; your name stands beside them.
      </p>
      {submissions.length > 0 && (
        <>
          <h2>Your submissions</h2>
          <SubmissionList submissions={submissions} />
        </>
      )}
    </section>
  );
}

const states = {
  waiting: "arXiv is asked",
  featured: "in the feed",
  held: "held for review",
  refused: "refused",
  unanswered: "not found out",
};

/** Submissions with their papers and what became of them. */
export function SubmissionList({ submissions }: { submissions: readonly Submission[] }) {
  return (
    <ul class="lines">
      {submissions.map((submission) => (
        <li>
          <p>
            {submission.title === undefined ? (
              <span class="id">{submission.paperId}</span>
            ) : submission.state === "featured" ? (
              <a href={paperPath(submission.paperId)}>
                <Tex text={submission.title} />
              </a>
            ) : (
              <Tex text={submission.title} />
            )}
          </p>
          <p class="quiet-text">
            <Moment time={submission.createdAt} /> · {states[submission.state]}
            {submission.stateReason !== undefined && `. ${submission.stateReason}`}
            {submission.state === "held" && ` ${ratingLimits}`}
          </p>
          {submission.state === "unanswered" && (
            <form method="post" action="/submit">
              <input type="hidden" name="paper" value={submission.paperId} />
              <input type="hidden" name="anyway" value="yes" />
              <button aria-label={`Ask arXiv for ${submission.paperId} again`}>Ask again</button>
            </form>
          )}
        </li>
      ))}
    </ul>
  );
}
