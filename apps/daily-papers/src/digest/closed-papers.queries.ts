import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { selectPapers, toPaper } from "../papers/paper.queries.ts";
import { addDays, newestClosedDay } from "./open-day.ts";
import type { ClosedPaper } from "./selection.ts";

/** Any number will do, as long as every process asks for the same one. */
const closingLock = 7_204_244;
/** A paper that comes later than this after its day, as from an import of old days, is no news. */
const newsDays = 14;

/**
 * Numbers the papers of days that are closed, each once. Numbers follow the order of the transactions that give them, so
 * that "after number n" never leaves out a paper that came late.
 */
export async function closeDays(db: Kysely<Database>, now: Date): Promise<void> {
  const last = newestClosedDay(now);
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${closingLock})`.execute(trx);
    await sql`
      insert into digest_paper (paper_id, day, closed_at)
      select paper_id, min(day), ${now} from featured_paper
      where day between ${addDays(last, -newsDays)} and ${last}
        and not exists (select 1 from digest_paper known where known.paper_id = featured_paper.paper_id)
      group by paper_id
      order by min(day), min(position), paper_id`.execute(trx);
  });
}

/** The papers of closed days that an issue may hold. */
export async function closedPapers(db: Kysely<Database>, now: Date): Promise<ClosedPaper[]> {
  const rows = await selectPapers(db)
    .innerJoin("digest_paper", "digest_paper.paper_id", "paper.id")
    .select(["digest_paper.number", "digest_paper.day"])
    .where("digest_paper.day", ">=", addDays(newestClosedDay(now), -newsDays))
    .orderBy("digest_paper.number")
    .execute();
  return rows.map((row) => ({ paper: toPaper(row), number: Number(row.number), day: row.day }));
}
