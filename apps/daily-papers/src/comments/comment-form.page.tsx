/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { TextField } from "./comment-parts.tsx";

interface CommentFormProps {
  readonly title: string;
  readonly action: string;
  readonly body: string;
  readonly label: string;
  /** Where the reader comes from. */
  readonly back: string;
  readonly problem?: string | undefined;
  /** What the form holds beside its text. */
  readonly hidden?: Readonly<Record<string, string>>;
}

/** A comment's text on a page of its own: to edit it, or to mend one that was turned down without losing it. */
export function CommentFormPage({ title, action, body, label, back, problem, hidden = {} }: CommentFormProps) {
  return (
    <section class="sheet">
      <h1>{title}</h1>
      {problem !== undefined && (
        <p class="problems" role="alert">
          {problem}
        </p>
      )}
      <form method="post" action={action} class="fields">
        {Object.entries(hidden).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <TextField label="Text" id="comment" value={body} rows={10} />
        <p class="ways">
          <button class="primary">{label}</button>
          <a href={back}>Back without it</a>
        </p>
      </form>
    </section>
  );
}

/** To tell moderators of a comment. */
export function ReportPage({ action, back, problem }: { action: string; back: string; problem?: string | undefined }) {
  return (
    <section class="sheet">
      <h1>Report this comment</h1>
      <p class="lead">A moderator will read it. Your name is shown to moderators and to nobody else.</p>
      {problem !== undefined && (
        <p class="problems" role="alert">
          {problem}
        </p>
      )}
      <form method="post" action={action} class="fields">
        <label>
          What is wrong with it?
          <textarea name="reason" rows={4} required maxlength={500}></textarea>
        </label>
        <p class="ways">
          <button class="primary">Report</button>
          <a href={back}>Back without it</a>
        </p>
      </form>
    </section>
  );
}
