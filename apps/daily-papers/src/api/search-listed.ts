import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { parseArxivId } from "../papers/arxiv-id.ts";
import { listByIds, type ListedPaper } from "./paper-list.queries.ts";

/** Past this many of the newest matches a search does not rank: words that are everywhere stay cheap. */
const mostRanked = 500;

/** The papers that a text finds, best first: the one that it names, or those that hold its words. */
export async function searchListed(db: Kysely<Database>, text: string, limit: number): Promise<ListedPaper[]> {
  const named = parseArxivId(text)?.id;
  if (named !== undefined) return listByIds(db, [named]);
  const { rows } = await sql<{ id: string }>`
    with asked as (select websearch_to_tsquery('english', ${text}) as words),
    newest as (
      select id, title, search, published_on from paper, asked where search @@ words
      order by published_on desc, id limit ${mostRanked}
    )
    select id from newest, asked
    order by ts_rank_cd(search, words) desc, published_on desc, id limit ${limit}`.execute(db);
  return listByIds(
    db,
    rows.map((row) => row.id),
  );
}
