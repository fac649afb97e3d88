import { sql, type Kysely } from "kysely";
import type { Database, Day } from "../database/schema.ts";
import type { Paper } from "../papers/paper.ts";
import { papersOfDay } from "../papers/paper.queries.ts";

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
  const days = db.selectFrom("featured_paper").select("day").orderBy("day", "desc").limit(1);
  const newest = await (day === undefined ? days : days.where("day", "<=", day)).executeTakeFirst();
  if (newest === undefined) return undefined;
  const shown = newest.day;
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
