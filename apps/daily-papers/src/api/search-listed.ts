import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { parseArxivId } from "../papers/arxiv-id.ts";
import { searchPapers } from "../search/search.queries.ts";
import { listByIds, type ListedPaper } from "./paper-list.queries.ts";

/** The papers that a text finds, best first: the one that it names, or what the page's search finds, page by page. */
export async function searchListed(db: Kysely<Database>, text: string, limit: number): Promise<ListedPaper[]> {
  const named = parseArxivId(text)?.id;
  if (named !== undefined) return listByIds(db, [named]);
  if (!/[\p{L}\p{N}]/u.test(text)) return [];
  const ids: string[] = [];
  let asked = text;
  for (let page = 1; ids.length < limit; page += 1) {
    const found = await searchPapers(db, asked, {}, page);
    ids.push(...found.papers.map(({ id }) => id));
    if (!found.hasNext) break;
    // Misspelt words go on as what they were taken for.
    asked = found.text;
  }
  return listByIds(db, ids.slice(0, limit));
}
