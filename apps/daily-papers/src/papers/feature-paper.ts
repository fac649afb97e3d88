import { sql, type Transaction } from "kysely";
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
      submitted_by = coalesce(submitted_by, ${submittedBy}), hotness = ${sqlHotness({ featuredAt })},
      changed_at = ${at}::timestamptz
    where id = ${paperId}`.execute(trx);
}
