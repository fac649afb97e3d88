import type { Kysely } from "kysely";
import type { Database, Day, PaperRow } from "../database/schema.ts";
import { isArxivId, type Paper } from "./paper.ts";

/** The paper with this id, or undefined; ids of any form may be asked for. */
export async function findPaper(db: Kysely<Database>, id: string): Promise<Paper | undefined> {
  if (!isArxivId(id)) return undefined;
  const row = await db.selectFrom("paper").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toPaper(row);
}

/** The papers of one day, in the day's order. */
export async function papersOfDay(db: Kysely<Database>, day: Day): Promise<Paper[]> {
  const rows = await db
    .selectFrom("featured_paper")
    .innerJoin("paper", "paper.id", "featured_paper.paper_id")
    .selectAll("paper")
    .where("day", "=", day)
    .orderBy("position")
    .orderBy("id")
    .execute();
  return rows.map(toPaper);
}

/** The days on which a paper was featured, newest first. */
export async function daysOfPaper(db: Kysely<Database>, id: string): Promise<Day[]> {
  const rows = await db
    .selectFrom("featured_paper")
    .select("day")
    .where("paper_id", "=", id)
    .orderBy("day", "desc")
    .execute();
  return rows.map((row) => row.day);
}

function toPaper(row: PaperRow): Paper {
  return {
    id: row.id,
    title: row.title,
    abstract: row.abstract,
    authors: row.authors,
    publishedOn: row.published_on,
    codeUrl: row.code_url ?? undefined,
    implementation: row.implementation ?? undefined,
  };
}
