import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { similarPapers as similarByText, type SimilarPaper as SimilarByText } from "../papers/similar-papers.ts";
import { pairsNear } from "./neighbour.queries.ts";
import { beginning, writeLink, writeSpread } from "./reason.ts";

/** A paper like another one, what makes it so, and how sure the model is where there is one. */
export interface SimilarPaper extends SimilarByText {
  readonly spread?: string | undefined;
}

/** The papers most like one: as they were worked out in the background, or else by their words. */
export async function similarPapers(db: Kysely<Database>, id: string, most: number): Promise<SimilarPaper[]> {
  const nearest = (await pairsNear(db, [id]))
    .map(({ neighbour }) => neighbour)
    .toSorted((a, b) => b.closeness - a.closeness || (a.id < b.id ? -1 : 1))
    .slice(0, most);
  if (nearest.length === 0) return similarByText(db, id, most);
  const rows = await db
    .selectFrom("paper")
    .select(["id", "title", "published_on"])
    .where(
      "id",
      "in",
      nearest.map((one) => one.id),
    )
    .where("withdrawn_at", "is", null)
    .execute();
  const papers = new Map(rows.map((row) => [row.id, row]));
  return nearest.flatMap((neighbour) => {
    const paper = papers.get(neighbour.id);
    if (paper === undefined) return [];
    const { title, published_on: publishedOn } = paper;
    const spread = neighbour.spread === undefined ? {} : { spread: writeSpread(neighbour.spread) };
    return [{ id: paper.id, title, publishedOn, reason: beginning(writeLink(neighbour)), ...spread }];
  });
}
