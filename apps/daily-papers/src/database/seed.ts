import { readFile } from "node:fs/promises";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import { hotness } from "../papers/ranking.ts";
import { rememberWords } from "../search/words.ts";
import type { Database } from "./schema.ts";

const seedSchema = z.object({
  papers: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      abstract: z.string(),
      authors: z.array(z.string()),
      publishedAt: z.iso.date(),
      package: z.string(),
      code: z.url(),
    }),
  ),
});

/** The page calls its day "Dec 10"; its newest paper is of September 2024, so this is the 10 December that follows. */
const seedDay = "2024-12-10";

/** Any number will do, as long as every process asks for the same one. */
const seedLock = 7_204_242;

/** Fills an empty database with the page that the project starts from; one that has papers is left as it is. */
export async function seed(db: Kysely<Database>): Promise<void> {
  const { papers } = seedSchema.parse(JSON.parse(await readFile(new URL("./seed-page.json", import.meta.url), "utf8")));
  await db.transaction().execute(async (trx) => {
    // Several processes may begin at once.
    await sql`select pg_advisory_xact_lock(${seedLock})`.execute(trx);
    if ((await trx.selectFrom("paper").select("id").limit(1).executeTakeFirst()) !== undefined) return;
    await trx
      .insertInto("paper")
      .values(
        papers.map((paper) => ({
          id: paper.id,
          title: paper.title,
          abstract: paper.abstract,
          authors: JSON.stringify(paper.authors),
          published_on: paper.publishedAt,
          code_url: paper.code,
          implementation: paper.package,
          featured_on: seedDay,
          featured_at: new Date(seedDay),
          hotness: hotness({ votes: 0, votesElsewhere: 0, featuredAt: new Date(seedDay) }),
        })),
      )
      .execute();
    await trx
      .insertInto("featured_paper")
      .values(papers.map((paper, position) => ({ day: seedDay, paper_id: paper.id, position })))
      .execute();
    await rememberWords(
      trx,
      papers.map((paper) => paper.id),
    );
  });
}
