/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { Moment } from "../look/moment.tsx";
import { writeAmount } from "../look/numbers.ts";
import type { Standing } from "../operations/standing.queries.ts";
import { personPath } from "../people/account.ts";
import { AdminPlaces } from "./admin-places.tsx";
import type { SourceReport } from "../sources/source-state.ts";
import type { ListedAccount, ListedJob } from "./admin.queries.ts";
import type { Need } from "./needs.ts";
import { Holdings, Needs, RegularList, SourceLine } from "./overview-parts.tsx";
import type { Disk, Overview, RegularWork } from "./overview.queries.ts";

/** What a source can be asked for by hand. */
export interface AskableSource {
  /** Its name in the table `source`. */
  readonly name: string;
  readonly title: string;
  readonly what: string;
}

function AdminSheet({ here, title, children }: { here: string; title: string; children: Child }) {
  return (
    <section class="sheet">
      <h1>{title}</h1>
      <AdminPlaces here={here} />
      {children}
    </section>
  );
}

interface OverviewProps {
  readonly needs: readonly Need[];
  readonly standing: Standing;
  readonly sources: readonly SourceReport[];
  readonly overview: Overview;
  readonly disk: Disk | undefined;
  /** Whether sources are asked by themselves. */
  readonly ingests: boolean;
  readonly askable: readonly AskableSource[];
  readonly news: string | undefined;
}

/** How the site stands, on one page. */
export function OverviewPage({ needs, standing, sources, overview, disk, ingests, askable, news }: OverviewProps) {
  const { jobs, runs, mails, papers } = standing;
  const counts = (list: readonly { readonly count: number }[]) => list.reduce((sum, { count }) => sum + count, 0);
  return (
    <AdminSheet here="/admin" title="Administration">
      {news !== undefined && (
        <p class="lead" role="status">
          {news}
        </p>
      )}
      <Needs needs={needs} />
      <h2>Sources</h2>
      {!ingests && (
        <p class="quiet-text">
          They are not asked by themselves, because <code>OFFPRINT_INGEST</code> is off.
        </p>
      )}
      <ul class="lines">
        {askable.map((source) => (
          <li>
            <p>
              <strong>{source.title}</strong>: {source.what}
            </p>
            <SourceLine source={sources.find(({ name }) => name === source.name)} />
            <form method="post" action={`/admin/sources/${source.name}/ask`}>
              <p>
                <button class="quiet">Ask {source.title} now</button>
              </p>
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
      <h2>Readers and room</h2>
      <Holdings overview={overview} disk={disk} />
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

/** The queue of jobs. */
export function JobsPage({
  jobs,
  failed,
  regular,
}: {
  jobs: readonly ListedJob[];
  failed: boolean;
  regular: readonly RegularWork[];
}) {
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
                <p>
                  <button class="quiet">Try again</button>
                </p>
              </form>
            )}
          </li>
        ))}
      </ul>
      <RegularList regular={regular} />
    </AdminSheet>
  );
}

/** Accounts; roles and bans are given on the page of each. */
export function PeoplePage({ accounts, text }: { accounts: readonly ListedAccount[]; text: string }) {
  return (
    <AdminSheet here="/admin/people" title="People">
      <form method="get" action="/admin/people" class="fields" role="search" aria-label="Search people">
        <label>
          Part of a name, or a whole address
          <input name="q" value={text} maxlength={254} />
        </label>
        <p>
          <button class="quiet">Find</button>
        </p>
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
