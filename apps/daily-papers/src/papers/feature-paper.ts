import { sql, type RawBuilder, type Transaction } from "kysely";
import type { Database, Day } from "../database/schema.ts";
import { sqlHotness } from "./ranking.ts";

export interface Feature {
  readonly paperId: string;
  readonly day: Day;
  readonly at: Date;
  /** Account that asked for it. */
  readonly submittedBy?: string | undefined;
}

/**
 * When a paper enters the feed here: now, if that is soon after its day began, since a source may know no more than the
 * day. Of a day long past, as in a dump, it is news to nobody.
 */
export function entering({ featuredAt, now }: { featuredAt: RawBuilder<unknown>; now: Date }): RawBuilder<Date | null> {
  return sql<Date | null>`case
    when ${featuredAt} between ${now}::timestamptz - interval '3 days' and ${now}::timestamptz then ${now}::timestamptz
    else ${featuredAt} end`;
}

/**
 * Puts a known paper into the feed of a day, behind those that are there; one that is there already stays. Its first day
 * counts for its rank.
 */
export async function featurePaper(trx: Transaction<Database>, feature: Feature): Promise<void> {
  const { paperId, day, at, submittedBy = null } = feature;
  const featuredAt = sql<Date>`least(paper.featured_at, ${at}::timestamptz)`;
  await sql`
    insert into featured_paper (day, paper_id, position)
    values (${day}, ${paperId}, coalesce((select max(position) + 1 from featured_paper where day = ${day}), 0))
    on conflict (day, paper_id) do nothing`.execute(trx);
  await sql`
    update paper set
      featured_on = least(featured_on, ${day}::date), featured_at = ${featuredAt},
      entered_at = coalesce(entered_at, ${entering({ featuredAt, now: at })}),
      submitted_by = coalesce(submitted_by, ${submittedBy}), hotness = ${sqlHotness({ featuredAt })},
      changed_at = ${at}::timestamptz
    where id = ${paperId}`.execute(trx);
}
