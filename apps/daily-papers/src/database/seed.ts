import { readFile } from "node:fs/promises";
import { sql, type Kysely } from "kysely";
import { z } from "zod";
import { featurePaper } from "../papers/feature-paper.ts";
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

/**
 * Makes the page that the project starts from, whatever papers are there before: its papers run. One of them that came
 * from elsewhere keeps what is known of it, and learns what runs it.
 */
export async function seed(db: Kysely<Database>): Promise<void> {
  const { papers } = seedSchema.parse(JSON.parse(await readFile(new URL("./seed-page.json", import.meta.url), "utf8")));
  const ids = papers.map((paper) => paper.id);
  await db.transaction().execute(async (trx) => {
    // Several processes may begin at once.
    await sql`select pg_advisory_xact_lock(${seedLock})`.execute(trx);
    const known = await trx.selectFrom("paper").select("id").where("id", "in", ids).execute();
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
        })),
      )
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet((eb) => ({
            implementation: eb.ref("excluded.implementation"),
            code_url: eb.fn.coalesce("paper.code_url", "excluded.code_url"),
          }))
          .where("paper.implementation", "is", null),
      )
      .execute();
    const added = ids.filter((id) => !known.some((paper) => paper.id === id));
    for (const paperId of added) await featurePaper(trx, { paperId, day: seedDay, at: new Date(seedDay) });
    await rememberWords(trx, added);
  });
}
