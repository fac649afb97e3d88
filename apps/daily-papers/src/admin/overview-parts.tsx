/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatBytes, formatDuration } from "@offprint/experiment";
import { z } from "zod";
import { Moment } from "../look/moment.tsx";
import { writeAmount } from "../look/numbers.ts";
import type { SourceReport } from "../sources/source-state.ts";
import type { Need } from "./needs.ts";
import type { Disk, Overview, RegularWork } from "./overview.queries.ts";

/** What does not get well by itself. */
export function Needs({ needs }: { needs: readonly Need[] }) {
  if (needs.length === 0) return <p class="lead">Nothing needs you.</p>;
  return (
    <section aria-label="What needs you">
      <ul class="problems">
        {needs.map(({ text, href }) => (
          <li>
            {text} {href !== undefined && <a href={href}>See to it</a>}
          </li>
        ))}
      </ul>
    </section>
  );
}

const unusable = z.object({ day: z.string(), unusable: z.array(z.string()).min(1) });

/** How a source answered last, until when it must be left alone, and what of its answer could not be used. */
export function SourceLine({ source }: { source: SourceReport | undefined }) {
  if (source?.succeededAt === undefined && source?.failedAt === undefined) {
    return <p class="quiet-text">Not asked yet.</p>;
  }
  const left = unusable.safeParse(source.state).data;
  return (
    <>
      <p class="quiet-text">
        {source.succeededAt !== undefined && (
          <>
            Answered last on <Moment time={source.succeededAt} />.{" "}
          </>
        )}
        {source.failedAt !== undefined && (
          <>
            Failed last on <Moment time={source.failedAt} />
            {source.error === undefined ? "." : `: ${source.error}.`}{" "}
          </>
        )}
        {source.waitsUntil !== undefined && (
          <>
            Is left alone until <Moment time={source.waitsUntil} />.
          </>
        )}
      </p>
      {left !== undefined && (
        <details>
          <summary>
            {writeAmount(left.unusable.length, "entry", "entries")} of {left.day} left out
          </summary>
          <ul>
            {left.unusable.map((reason) => (
              <li>{reason}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** How many read, and how much room there is. */
export function Holdings({ overview, disk }: { overview: Overview; disk: Disk | undefined }) {
  const { people, subscribers, unconfirmed, suppressed, nextIssueAt, databaseBytes } = overview;
  return (
    <ul class="lines">
      <li>
        <a href="/admin/people">{writeAmount(people, "person", "people")}</a> with an account
      </li>
      <li>
        {writeAmount(subscribers, "subscriber")} by mail
        {unconfirmed > 0 && `, ${unconfirmed} not confirmed yet`}
        {suppressed > 0 && `; ${writeAmount(suppressed, "address", "addresses")} get nothing any more`}
        {nextIssueAt !== undefined && (
          <>
            . The next issue is due on <Moment time={nextIssueAt} />
          </>
        )}
      </li>
      <li>
        The database takes {formatBytes(databaseBytes)}
        {disk !== undefined &&
          `; ${formatBytes(disk.freeBytes)} of ${formatBytes(disk.totalBytes)} are free on the disk of the data folder`}
      </li>
      <li>This process has run for {formatDuration(process.uptime())}</li>
    </ul>
  );
}

/** When each regular work was begun last. */
export function RegularList({ regular }: { regular: readonly RegularWork[] }) {
  return (
    <>
      <h2>Begun regularly</h2>
      {regular.length === 0 && <p>Nothing was begun yet.</p>}
      <ul class="lines">
        {regular.map(({ name, begunAt }) => (
          <li>
            {name}, last on <Moment time={begunAt} />
          </li>
        ))}
      </ul>
    </>
  );
}
