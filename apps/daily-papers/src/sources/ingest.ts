import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Config } from "../config.ts";
import type { Database, Day } from "../database/schema.ts";
import { jobHandler, type JobContext, type JobHandlers } from "../jobs/job-handler.ts";
import { GiveUpError, RetryLaterError } from "../jobs/jobs.ts";
import type { RegularJob } from "../jobs/schedule.ts";
import { isArxivId } from "../papers/arxiv-id.ts";
import type { Verdict } from "../moderation/text-rating.ts";
import type { NewPaper } from "../papers/paper.ts";
import { upsertPapers } from "../papers/save-papers.ts";
import { settleSubmission } from "../submissions/submission.queries.ts";
import { arxivCategory, arxivPapers } from "./arxiv.ts";
import { huggingFaceDay } from "./hugging-face.ts";
import type { RemoteOptions } from "./remote.ts";
import { SourceRefusedError, SourceUnavailableError } from "./source-error.ts";
import { noteFailure, noteSuccess, readSourceState } from "./source-state.ts";

/** How the sources are asked, and by which clock. */
export interface Sources {
  readonly arxiv: Omit<RemoteOptions, "db" | "signal">;
  readonly huggingFace: Omit<RemoteOptions, "db" | "signal">;
  /** arXiv's categories whose papers are brought in, featured or not. */
  readonly categories?: readonly string[] | undefined;
  readonly now: () => Date;
  /** Says whether a paper that a reader submitted may be shown at once; undefined: every one may. */
  readonly judge?: ((paper: NewPaper) => Promise<Verdict | undefined>) | undefined;
}

/** Days that an empty installation begins with, and that a job catches up at most. */
const firstDays = 7;
const mostDays = 60;
/** Readers there go on voting and talking for days: with the first look of a day, so many before it are read again. */
const votedDays = 6;
/** Newer versions are looked for as long as a paper is likely to have them, and details of older ones step by step. */
const refreshedDays = 45;
const mostRefreshed = 1_000;
const refreshedAtOnce = 100;
/** arXiv announces nothing at weekends, and a server may be down for a few days: pages of a category are read back so far. */
const categoryDays = 7;
const categoryPage = 200;
const mostCategoryPages = 20;

/** The sources that the configuration names. */
export function sourcesOf(config: Config, onAsked?: RemoteOptions["onAsked"], now = () => new Date()): Sources {
  const contact = config.publicUrl === undefined ? "" : ` (+${config.publicUrl})`;
  const userAgent = `Offprint/0.1${contact}`;
  return {
    arxiv: { base: config.arxivUrl, userAgent, onAsked },
    huggingFace: { base: config.huggingFaceUrl, userAgent, onAsked },
    categories: config.arxivCategories,
    now,
  };
}

/** What is asked for regularly; the feed fills during the day, so that it is looked at several times. */
export function sourceSchedule(config: Config): RegularJob[] {
  if (!config.ingest) return [];
  return [
    { name: "ingest-hugging-face", every: { minutes: 60 } },
    { name: "refresh-papers", every: { dayAt: { hour: 3, minute: 20 } } },
    // After arXiv's announcement, at 20:00 in the east of the United States.
    ...(config.arxivCategories.length === 0
      ? []
      : [{ name: "ingest-arxiv", every: { dayAt: { hour: 2, minute: 10 } } }]),
  ];
}

/** The jobs that ask sources. Each may be done again: what is known already is not changed. */
export function sourceHandlers(sources: Sources): JobHandlers {
  return {
    "fetch-paper": jobHandler({
      schema: z.object({ arxivId: z.string().refine(isArxivId), submissionId: z.string().optional() }),
      handle: ({ arxivId, submissionId }, context) =>
        reported("arxiv", context, sources.now, () => fetchPaper(arxivId, submissionId, context, sources)),
    }),
    "ingest-hugging-face": jobHandler({
      schema: z.object({ since: z.iso.date().optional() }),
      handle: ({ since }, context) =>
        reported("huggingface", context, sources.now, () => ingestHuggingFace(since, context, sources)),
    }),
    "ingest-arxiv": jobHandler({
      schema: z.object({}),
      handle: (_, context) => reported("arxiv", context, sources.now, () => ingestCategories(context, sources)),
    }),
    "refresh-papers": jobHandler({
      schema: z.object({}),
      handle: (_, context) => reported("arxiv", context, sources.now, () => refreshPapers(context, sources)),
    }),
  };
}

/** A paper that somebody asked for; it enters the feed of the day on which it was submitted. */
async function fetchPaper(id: string, submissionId: string | undefined, { db, signal }: JobContext, sources: Sources) {
  const papers = await arxivPapers([id], { ...sources.arxiv, db, signal });
  const [paper] = papers;
  const verdict = submissionId === undefined || paper === undefined ? undefined : await sources.judge?.(paper);
  const now = sources.now();
  await db.transaction().execute(async (trx) => {
    await upsertPapers(trx, papers, { source: submissionId === undefined ? "arxiv" : "submission", now });
    await noteSuccess(trx, "arxiv", { now });
    if (submissionId === undefined) return;
    const found = papers.some((paper) => paper.id === id);
    await settleSubmission(trx, { submissionId, found, now, ...(verdict === undefined ? {} : { verdict }) });
  });
}

/**
 * Day by day from the last one that was read, which may have got more papers since, or, with the first look of a day, from
 * some days before it; each day is kept as a whole.
 */
async function ingestHuggingFace(since: Day | undefined, { db, signal }: JobContext, sources: Sources) {
  const today = sources.now().toISOString().slice(0, 10);
  const last = z.object({ day: z.iso.date() }).safeParse(await readSourceState(db, "huggingface")).data?.day;
  const begin = last === undefined ? addDays(today, -firstDays) : last < today ? addDays(last, -votedDays) : last;
  const first = since ?? begin;
  const days = daysFrom(first, today).slice(0, mostDays);
  for (const day of days) {
    const { papers, unusable } = await huggingFaceDay(day, { ...sources.huggingFace, db, signal });
    const now = sources.now();
    const arrived = papers.map((paper) => ({ ...paper, featuredAt: arrivalOn(day, now, paper.featuredAt) }));
    await db.transaction().execute(async (trx) => {
      await upsertPapers(trx, arrived, { source: "huggingface", now });
      // What was read again is no place to go on from.
      const state = last !== undefined && day < last ? undefined : { day, papers: papers.length, unusable };
      await noteSuccess(trx, "huggingface", { now, ...(state && { state }) });
    });
  }
}

/** The newest papers of the categories, to be searched and followed; into the feed of a day they come by readers alone. */
async function ingestCategories({ db, signal }: JobContext, sources: Sources) {
  const until = sources.now().getTime() - categoryDays * 86_400_000;
  for (const category of sources.categories ?? []) {
    for (let page = 0; page < mostCategoryPages; page += 1) {
      const place = { start: page * categoryPage, most: categoryPage };
      const { papers, total } = await arxivCategory(category, place, { ...sources.arxiv, db, signal });
      const now = sources.now();
      await db.transaction().execute(async (trx) => {
        await upsertPapers(trx, papers, { source: "arxiv", now });
        await noteSuccess(trx, "arxiv", { now });
      });
      const isOld = papers.some(({ publishedAt }) => publishedAt !== undefined && publishedAt.getTime() < until);
      if (isOld || place.start + categoryPage >= total) break;
    }
  }
}

/** Asks for new versions of recent papers, and for what arXiv alone knows of papers that came from elsewhere. */
async function refreshPapers({ db, signal }: JobContext, sources: Sources) {
  const since = addDays(sources.now().toISOString().slice(0, 10), -refreshedDays);
  const rows = await db
    .selectFrom("paper")
    .select("id")
    .where((eb) => eb.or([eb("featured_on", ">=", since), eb("version", "is", null)]))
    .orderBy(sql`featured_on >= ${since}::date`, (order) => order.desc().nullsLast())
    .orderBy("featured_on", (order) => order.desc().nullsLast())
    .orderBy("id")
    .limit(mostRefreshed)
    .execute();
  for (let place = 0; place < rows.length; place += refreshedAtOnce) {
    const ids = rows.slice(place, place + refreshedAtOnce).map((row) => row.id);
    const papers = await arxivPapers(ids, { ...sources.arxiv, db, signal });
    const now = sources.now();
    await db.transaction().execute(async (trx) => {
      await upsertPapers(trx, papers, { source: "arxiv", now });
      await noteSuccess(trx, "arxiv", { now });
    });
  }
}

/** Notes a failure for the admin, and says to the queue whether and when another try makes sense. */
async function reported(
  name: string,
  { db, signal }: { db: Kysely<Database>; signal: AbortSignal },
  now: () => Date,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (signal.aborted) throw error;
    await noteFailure(db, name, { now: now(), error });
    if (error instanceof SourceUnavailableError && error.retryAfterMs !== undefined) {
      throw new RetryLaterError(new Date(now().getTime() + error.retryAfterMs), error.message);
    }
    if (error instanceof SourceRefusedError) throw new GiveUpError(error.message, { cause: error });
    throw error;
  }
}

/**
 * When a paper came into the feed of a day. The source mostly knows the day alone; for a reader who looks at noon it is
 * new when it comes in the afternoon.
 */
function arrivalOn(day: Day, now: Date, told: Date | undefined): Date {
  const begin = new Date(day);
  if (told !== undefined && told.getTime() % 86_400_000 !== 0) return told;
  return new Date(Math.min(now.getTime(), begin.getTime() + 86_399_000));
}

function addDays(day: Day, count: number): Day {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

function daysFrom(first: Day, last: Day): Day[] {
  const days: Day[] = [];
  for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
  return days;
}
