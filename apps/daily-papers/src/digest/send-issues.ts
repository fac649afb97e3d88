import type { Kysely } from "kysely";
import { siteAddress, type Config } from "../config.ts";
import type { Database } from "../database/schema.ts";
import { queueMail } from "../mail/queue-mail.ts";
import type { Paper } from "../papers/paper.ts";
import { closeDays, closedPapers } from "./closed-papers.queries.ts";
import { dayIn, nextIssueAt } from "./due-time.ts";
import { writeIssue, type Issue } from "./issue.tsx";
import { linkSigner, type LinkSigner } from "./links.ts";
import { newestClosedDay } from "./open-day.ts";
import { choosePapers, type ClosedPaper, type Selection } from "./selection.ts";
import { toSubscriber } from "./subscriber.queries.ts";
import type { Subscriber } from "./subscriber.ts";

export interface SendIssues {
  readonly db: Kysely<Database>;
  readonly config: Config;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
  readonly runsHere?: ((paper: Paper) => boolean) | undefined;
}

const atOnce = 100;
/** A subscriber whose issue cannot be written must not stand in the way of the others. */
const retryMs = 3_600_000;

/**
 * Writes the issues that are due into the outbox. A crash loses nothing: an issue, and when the next one is due, are
 * written in one transaction, and its key (subscriber and day) keeps it from being written twice.
 * @returns how many were written.
 */
export async function sendDueIssues({ db, config, now, signal, onError, runsHere }: SendIssues): Promise<number> {
  const begun = now();
  await closeDays(db, begun);
  const closed = await closedPapers(db, begun);
  const links = await linkSigner(db, siteAddress(config));
  const context: Context = {
    db,
    config,
    closed,
    links,
    now: begun,
    runsHere: runsHere ?? (() => false),
    issues: new Map(),
  };
  let written = 0;
  for (;;) {
    const due = await dueSubscribers(db, begun);
    for (const subscriber of due) {
      signal.throwIfAborted();
      try {
        if (await sendIssue(context, subscriber)) written += 1;
      } catch (error) {
        onError(new Error(`the issue of subscriber ${subscriber.id} cannot be written`, { cause: error }));
        await db
          .updateTable("subscriber")
          .set({ next_issue_at: new Date(begun.getTime() + retryMs) })
          .where("id", "=", subscriber.id)
          .where("state", "=", "confirmed")
          .execute();
      }
    }
    if (due.length < atOnce) return written;
  }
}

async function dueSubscribers(db: Kysely<Database>, now: Date): Promise<Subscriber[]> {
  const rows = await db
    .selectFrom("subscriber")
    .selectAll()
    .where("state", "=", "confirmed")
    .where("next_issue_at", "<=", now)
    .orderBy("next_issue_at")
    .orderBy("id")
    .limit(atOnce)
    .execute();
  return rows.map(toSubscriber);
}

interface Context {
  readonly db: Kysely<Database>;
  readonly config: Config;
  readonly closed: readonly ClosedPaper[];
  readonly links: LinkSigner;
  readonly now: Date;
  readonly runsHere: (paper: Paper) => boolean;
  /** What was written already: most readers get the same papers. */
  readonly issues: Map<string, Promise<Issue>>;
}

/** Stand in the place of a reader's own links until the issue is theirs. */
const placeholders = {
  unsubscribe: "https://link.invalid/unsubscribe",
  preferences: "https://link.invalid/preferences",
};

function issueFor({ config, runsHere, issues }: Context, selection: Selection, frequency: "daily" | "weekly") {
  const { papers, more, days } = selection;
  const key = JSON.stringify([frequency, more, days, papers.map(({ id }) => id)]);
  let issue = issues.get(key);
  if (issue === undefined) {
    const { imprint } = config.mail;
    issue = writeIssue({ selection, site: siteAddress(config), links: placeholders, frequency, imprint, runsHere });
    issues.set(key, issue);
  }
  return issue;
}

function withLinks(issue: Issue, links: typeof placeholders): Issue {
  const put = (body: string) =>
    body
      .replaceAll(placeholders.unsubscribe, () => links.unsubscribe)
      .replaceAll(placeholders.preferences, () => links.preferences);
  return { subject: issue.subject, text: put(issue.text), html: put(issue.html) };
}

/** @returns whether an issue was written: nothing is sent where there is nothing new. */
async function sendIssue(context: Context, subscriber: Subscriber) {
  const { db, config, closed, links, now } = context;
  const { id, email, nextIssueAt: dueAt, lastIssueDay, timeZone, frequency } = subscriber;
  if (dueAt === undefined) return false;
  const day = dayIn(timeZone, dueAt);
  const next = nextIssueAt(subscriber, now);
  const selection = choosePapers(closed, subscriber, newestClosedDay(now));
  const isDone = lastIssueDay !== undefined && lastIssueDay >= day;
  const site = siteAddress(config);
  const unsubscribe = links.unsubscribe(id);
  const issue =
    isDone || selection.papers.length === 0
      ? undefined
      : withLinks(await issueFor(context, selection, frequency), {
          unsubscribe,
          preferences: links.preferences(id),
        });
  return db.transaction().execute(async (trx) => {
    // Whoever changed the subscriber in the meantime, the reader or another process, was first.
    const taken = await trx
      .updateTable("subscriber")
      .set({
        next_issue_at: next,
        ...(issue === undefined
          ? {}
          : { last_issue_at: now, last_issue_day: day, last_number: String(selection.lastNumber) }),
      })
      .where("id", "=", id)
      .where("state", "=", "confirmed")
      .where("next_issue_at", "=", dueAt)
      .returning("id")
      .executeTakeFirst();
    if (taken === undefined || issue === undefined) return false;
    const mail = await queueMail(trx, {
      kind: "digest",
      recipient: email,
      ...issue,
      headers: {
        "List-ID": `Daily Papers <daily.${new URL(site).hostname}>`,
        "List-Unsubscribe": `<${unsubscribe}>`,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        Precedence: "bulk",
      },
      dedupeKey: `digest/${id}/${day}`,
      subscriberId: id,
      now,
    });
    return mail !== undefined;
  });
}
