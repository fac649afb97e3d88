import { sql, type Kysely, type SqlBool } from "kysely";
import { z } from "zod";
import type { Database, Day } from "../database/schema.ts";
import { papersOfDay, selectPapers, toPaper } from "../papers/paper.queries.ts";
import type { Paper } from "../papers/paper.ts";
import { periodOf, type Period } from "./period.ts";

/** One day of the feed, with the neighbouring days that have papers. */
export interface FeedDay {
  readonly day: Day;
  readonly papers: readonly Paper[];
  readonly earlier: Day | undefined;
  readonly later: Day | undefined;
}

/**
 * The newest day with papers at or before `day`; without `day`, the newest of all. Days without papers (weekends,
 * holidays) fall back to the one before.
 */
export async function feedOfDay(db: Kysely<Database>, day?: Day): Promise<FeedDay | undefined> {
  const shown = await papersDay(db, day);
  if (shown === undefined) return undefined;
  const neighbours = await db
    .selectNoFrom([
      sql<Day | null>`(select max(day) from featured_paper where day < ${shown})`.as("earlier"),
      sql<Day | null>`(select min(day) from featured_paper where day > ${shown})`.as("later"),
    ])
    .executeTakeFirstOrThrow();
  return {
    day: shown,
    papers: await papersOfDay(db, shown),
    earlier: neighbours.earlier ?? undefined,
    later: neighbours.later ?? undefined,
  };
}

/** The newest day with papers at or before `day`; without `day`, the newest of all. */
export async function papersDay(db: Kysely<Database>, day?: Day): Promise<Day | undefined> {
  const days = db.selectFrom("featured_paper").select("day").orderBy("day", "desc").limit(1);
  const newest = await (day === undefined ? days : days.where("day", "<=", day)).executeTakeFirst();
  return newest?.day;
}

/** The weeks or months with papers beside one. */
export async function neighboursOf(
  db: Kysely<Database>,
  { kind, from, to }: Period,
): Promise<{ readonly earlier: Period | undefined; readonly later: Period | undefined }> {
  const { earlier, later } = await db
    .selectNoFrom([
      sql<Day | null>`(select max(featured_on) from paper where featured_on < ${from})`.as("earlier"),
      sql<Day | null>`(select min(featured_on) from paper where featured_on > ${to})`.as("later"),
    ])
    .executeTakeFirstOrThrow();
  return {
    earlier: earlier === null ? undefined : periodOf(kind, earlier),
    later: later === null ? undefined : periodOf(kind, later),
  };
}

/** A part of a list that goes on. */
export interface PaperList {
  readonly papers: readonly Paper[];
  /** Where the next part begins; undefined at the end. */
  readonly next: string | undefined;
}

/** How many papers a page of a list has. */
const listed = 30;

/** Papers that entered the feed in a period, most votes first; ties by publication, newest first, then by id. */
export function papersOfPeriod(db: Kysely<Database>, { from, to }: Period, after?: string): Promise<PaperList> {
  return list(db, sql`paper.featured_on between ${from} and ${to}`, points, after);
}

/** The hottest papers of the feed by the published formula. */
export function trendingPapers(db: Kysely<Database>, after?: string): Promise<PaperList> {
  return list(db, sql`paper.featured_on is not null`, sql<number>`paper.hotness`, after);
}

/** Papers that entered the feed here after a moment, newest first. */
export function newPapers(db: Kysely<Database>, since: Date, after?: string): Promise<PaperList> {
  const arrived = sql<number>`(extract(epoch from paper.entered_at) * 1000)::float8`;
  return list(db, sql`paper.featured_on is not null and paper.entered_at > ${since}::timestamptz`, arrived, after);
}

const points = sql<number>`(paper.votes + paper.votes_elsewhere)`;

/**
 * A part of a list, most of `score` first. It begins behind a paper and not after a number of papers, so that a list
 * that moves meanwhile neither repeats nor leaves out one that did not move.
 */
async function list(
  db: Kysely<Database>,
  condition: ReturnType<typeof sql>,
  score: ReturnType<typeof sql<number>>,
  after: string | undefined,
): Promise<PaperList> {
  const place = after === undefined ? undefined : readPlace(after);
  let query = selectPapers(db)
    .select(score.as("score"))
    .where(sql<SqlBool>`${condition}`)
    .orderBy(score, "desc")
    .orderBy("paper.published_on", "desc")
    .orderBy("paper.id")
    .limit(listed + 1);
  if (place !== undefined) {
    const [at, day, id] = place;
    query = query.where(
      sql<SqlBool>`(${score} < ${at}::float8 or (${score} = ${at}::float8
        and (paper.published_on < ${day}::date or (paper.published_on = ${day}::date and paper.id > ${id}))))`,
    );
  }
  const rows = await query.execute();
  const shown = rows.slice(0, listed);
  const last = shown.at(-1);
  return {
    papers: shown.map(toPaper),
    next:
      rows.length <= listed || last === undefined ? undefined : writePlace([last.score, last.published_on, last.id]),
  };
}

const placeSchema = z.tuple([z.number(), z.iso.date(), z.string().max(40)]);
type Place = z.infer<typeof placeSchema>;

function writePlace(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** The place that a page's address names; undefined for one that we did not write: the list begins anew. */
function readPlace(text: string): Place | undefined {
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
  } catch {
    return undefined;
  }
}

/** Changes with every paper, vote and comment: what is made from the papers may be kept as long as this is the same. */
export async function feedVersion(
  db: Kysely<Database>,
): Promise<{ readonly version: string; readonly changedAt: Date }> {
  const { version, at } = await db
    .selectFrom("paper")
    .select([
      sql<string>`coalesce(max(changed_at)::text, '')`.as("version"),
      sql<Date | null>`max(changed_at)`.as("at"),
    ])
    .executeTakeFirstOrThrow();
  return { version, changedAt: at ?? new Date(0) };
}
