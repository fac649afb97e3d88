/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { Moment } from "../look/moment.tsx";
import { writeAmount } from "../look/numbers.ts";
import type { SourceStanding, Standing } from "../operations/standing.queries.ts";
import { personPath } from "../people/account.ts";
import type { ListedAccount, ListedJob } from "./admin.queries.ts";

/** What a source can be asked for by hand. */
export interface AskableSource {
  /** Its name in the table `source`. */
  readonly name: string;
  readonly title: string;
  readonly what: string;
}

const places = [
  { href: "/admin", label: "Overview" },
  { href: "/admin/jobs", label: "Jobs" },
  { href: "/admin/people", label: "People" },
  { href: "/admin/mails", label: "Mails" },
  { href: "/moderation/queue", label: "Moderation" },
  { href: "/runs", label: "Runs" },
] as const;

function AdminSheet({ here, title, children }: { here: string; title: string; children: Child }) {
  return (
    <section class="sheet admin">
      <h1>{title}</h1>
      <nav class="ways" aria-label="Administration">
        {places.map(({ href, label }) => (
          <a href={href} {...(href === here ? { "aria-current": "page" } : {})}>
            {label}
          </a>
        ))}
      </nav>
      {children}
    </section>
  );
}

interface OverviewProps {
  readonly standing: Standing;
  readonly askable: readonly AskableSource[];
  readonly news: string | undefined;
}

/** How the site stands, on one page. */
export function OverviewPage({ standing, askable, news }: OverviewProps) {
  const { jobs, runs, mails, sources, papers } = standing;
  const counts = (list: readonly { readonly count: number }[]) => list.reduce((sum, { count }) => sum + count, 0);
  return (
    <AdminSheet here="/admin" title="Administration">
      {news !== undefined && (
        <p class="lead" role="status">
          {news}
        </p>
      )}
      <h2>Sources</h2>
      <ul class="lines">
        {askable.map((source) => (
          <li>
            <p>
              <strong>{source.title}</strong>: {source.what}
            </p>
            <SourceLine standing={sources.find(({ name }) => name === source.name)} />
            <form method="post" action={`/admin/sources/${source.name}/ask`}>
              <button>Ask {source.title} now</button>
            </form>
          </li>
        ))}
      </ul>
      <h2>Work</h2>
      <ul class="lines">
        <li>
          <a href="/admin/jobs">{writeAmount(jobs.waiting, "job")} due</a>
          {jobs.waiting > 0 && `, the oldest for ${writeWait(jobs.oldestSeconds)}`};{" "}
          <a href="/admin/jobs?state=failed">{jobs.failed} given up</a>
        </li>
        <li>
          <a href="/runs">{writeAmount(counts(runs), "run")}</a>
          {runs.length > 0 && `: ${runs.map(({ status, count }) => `${count} ${status}`).join(", ")}`}
        </li>
        <li>
          <a href="/admin/mails">{writeAmount(counts(mails), "mail")}</a>
          {mails.length > 0 && `: ${mails.map(({ state, count }) => `${count} ${state}`).join(", ")}`}
        </li>
        <li>{writeAmount(papers, "paper")} stored</li>
      </ul>
      <h2>Backup</h2>
      <p>
        <a href="/admin/backup.jsonl.gz">Download everything in the database</a>
      </p>
      <p class="quiet-text">
        The file holds addresses and keys: keep it as you keep the database. <code>offprint papers restore</code> puts
        it into a new one. Runs and models are files beside the database and are copied as files.
      </p>
    </AdminSheet>
  );
}

function SourceLine({ standing }: { standing: SourceStanding | undefined }) {
  if (standing?.succeededAt === undefined && standing?.failedAt === undefined) {
    return <p class="quiet-text">Not asked yet.</p>;
  }
  return (
    <p class="quiet-text">
      {standing.succeededAt !== undefined && (
        <>
          Answered last on <Moment time={standing.succeededAt} />.{" "}
        </>
      )}
      {standing.failedAt !== undefined && (
        <>
          Failed last on <Moment time={standing.failedAt} />
          {standing.error === undefined ? "." : `: ${standing.error}`}
        </>
      )}
    </p>
  );
}

/** The queue of jobs. */
export function JobsPage({ jobs, failed }: { jobs: readonly ListedJob[]; failed: boolean }) {
  return (
    <AdminSheet here="/admin/jobs" title="Jobs">
      <nav class="ways" aria-label="Jobs by state">
        <a href="/admin/jobs" {...(failed ? {} : { "aria-current": "page" })}>
          Waiting
        </a>
        <a href="/admin/jobs?state=failed" {...(failed ? { "aria-current": "page" } : {})}>
          Given up
        </a>
      </nav>
      {jobs.length === 0 && <p>There are no such jobs.</p>}
      <ul class="lines">
        {jobs.map((job) => (
          <li>
            <p>
              {job.name}
              {job.leased && ", at work"}
            </p>
            <p class="quiet-text">
              {job.failed ? "Given up after" : "Due on"} {!job.failed && <Moment time={job.runAfter} />}
              {!job.failed && ", tried"} {job.attempts} of {job.mostAttempts} times
              {job.error === undefined ? "" : `: ${job.error}`}
            </p>
            {job.failed && (
              <form method="post" action={`/admin/jobs/${job.id}/again`}>
                <button>Try again</button>
              </form>
            )}
          </li>
        ))}
      </ul>
    </AdminSheet>
  );
}

/** Accounts; roles and bans are given on the page of each. */
export function PeoplePage({ accounts, text }: { accounts: readonly ListedAccount[]; text: string }) {
  return (
    <AdminSheet here="/admin/people" title="People">
      <form method="get" action="/admin/people" class="fields" role="search">
        <label>
          Part of a name, or a whole address
          <input name="q" value={text} maxlength={254} />
        </label>
        <button>Find</button>
      </form>
      <p class="quiet-text">
        Roles and bans are given on a person’s own page, with a reason that the public log keeps.
      </p>
      {accounts.length === 0 && <p>Nobody has such a name or address.</p>}
      <ul class="lines">
        {accounts.map((account) => (
          <li>
            <p>
              <a href={personPath(account.name)}>{account.name}</a>
              {account.role !== "reader" && `, ${account.role}`}
              {account.banned && ", banned"}
            </p>
            <p class="quiet-text">
              {account.maskedEmail} · since <Moment time={account.createdAt} />
            </p>
          </li>
        ))}
      </ul>
    </AdminSheet>
  );
}

/** `40 seconds`, `3 hours` */
function writeWait(seconds: number): string {
  if (seconds < 90) return writeAmount(Math.round(seconds), "second");
  if (seconds < 5_400) return writeAmount(Math.round(seconds / 60), "minute");
  return writeAmount(Math.round(seconds / 3_600), "hour");
}
