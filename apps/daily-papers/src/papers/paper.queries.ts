import { sql, type Kysely } from "kysely";
import type { Database, Day, PaperRow } from "../database/schema.ts";
import { isArxivId } from "./arxiv-id.ts";
import type { Paper } from "./paper.ts";

/** All that a {@link Paper} is made of: neither the search vector, which is long, nor the fields that nobody reads. */
const paperColumns = [
  "paper.id",
  "paper.title",
  "paper.abstract",
  "paper.authors",
  "paper.published_on",
  "paper.code_url",
  "paper.implementation",
  "paper.source",
  "paper.published_at",
  "paper.revised_at",
  "paper.version",
  "paper.categories",
  "paper.journal_ref",
  "paper.doi",
  "paper.author_comment",
  "paper.license",
  "paper.summary",
  "paper.keywords",
  "paper.project_url",
  "paper.organization",
  "paper.code_stars",
  "paper.votes_elsewhere",
  "paper.comments_elsewhere",
  "paper.votes",
  "paper.comments",
  "paper.hotness",
  "paper.featured_on",
  "paper.featured_at",
  "paper.withdrawn_at",
  "paper.changed_at",
] as const;

/** What {@link toPaper} reads. */
export type StoredPaper = Omit<PaperRow, "search" | "extra" | "submitted_by" | "entered_at"> & {
  readonly submitter: string | null;
  readonly submitter_elsewhere: string | null;
};

/** Papers with the names of their submitters: the beginning of every query whose rows become a {@link Paper}. */
export function selectPapers(db: Kysely<Database>) {
  return db
    .selectFrom("paper")
    .select(paperColumns)
    .select([
      sql<string | null>`(select account.name from account where account.id = paper.submitted_by)`.as("submitter"),
      sql<string | null>`left(paper.extra ->> 'submitterElsewhere', 60)`.as("submitter_elsewhere"),
    ]);
}

/** The paper with this id, or undefined; ids of any form may be asked for. */
export async function findPaper(db: Kysely<Database>, id: string): Promise<Paper | undefined> {
  if (!isArxivId(id)) return undefined;
  const row = await selectPapers(db).where("paper.id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toPaper(row);
}

/** The papers of one day: most votes first, then in the order in which they came. */
export async function papersOfDay(db: Kysely<Database>, day: Day): Promise<Paper[]> {
  const rows = await selectPapers(db)
    .innerJoin("featured_paper", "featured_paper.paper_id", "paper.id")
    .where("featured_paper.day", "=", day)
    .orderBy(sql`paper.votes + paper.votes_elsewhere`, "desc")
    .orderBy("featured_paper.position")
    .orderBy("paper.id")
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

/** The domain's paper of a row that {@link selectPapers} gave. */
export function toPaper(row: StoredPaper): Paper {
  return {
    id: row.id,
    title: row.title,
    abstract: row.abstract,
    authors: row.authors,
    publishedOn: row.published_on,
    codeUrl: row.code_url ?? undefined,
    implementation: row.implementation ?? undefined,
    source: row.source,
    publishedAt: row.published_at ?? undefined,
    revisedAt: row.revised_at ?? undefined,
    version: row.version ?? undefined,
    categories: row.categories,
    journalRef: row.journal_ref ?? undefined,
    doi: row.doi ?? undefined,
    authorComment: row.author_comment ?? undefined,
    license: row.license ?? undefined,
    summary: row.summary ?? undefined,
    keywords: row.keywords,
    projectUrl: row.project_url ?? undefined,
    organization: row.organization ?? undefined,
    codeStars: row.code_stars ?? undefined,
    votesElsewhere: row.votes_elsewhere,
    commentsElsewhere: row.comments_elsewhere,
    votes: row.votes,
    comments: row.comments,
    hotness: row.hotness,
    featuredOn: row.featured_on ?? undefined,
    featuredAt: row.featured_at ?? undefined,
    submittedBy: row.submitter ?? undefined,
    submitterElsewhere: row.submitter_elsewhere ?? undefined,
    withdrawnAt: row.withdrawn_at ?? undefined,
    changedAt: row.changed_at,
  };
}
