import { sql, type Kysely, type RawBuilder, type SqlBool } from "kysely";
import type { Database, Day } from "../database/schema.ts";
import { sqlMatches, type SearchFilters } from "../search/search.queries.ts";
import { useIndexes } from "../search/use-indexes.ts";

/** A paper with what a list of another program tells of it. */
export interface ListedPaper {
  readonly id: string;
  readonly title: string;
  readonly abstract: string;
  readonly authors: readonly string[];
  readonly publishedAt: Date;
  readonly featuredAt: Date | undefined;
  readonly codeUrl: string | undefined;
  readonly codeStars: number | undefined;
  readonly projectUrl: string | undefined;
  readonly organization: string | undefined;
  readonly summary: string | undefined;
  readonly keywords: readonly string[];
  readonly categories: readonly string[];
  readonly withdrawnAt: Date | undefined;
  readonly votes: number;
  readonly votesElsewhere: number;
  readonly comments: number;
  readonly commentsElsewhere: number;
  readonly implementation: string | undefined;
  /** Name of the account that submitted it here. */
  readonly submitter: string | undefined;
}

/** Which papers of the feed are wanted; what is left out does not matter. */
export interface PaperFilter {
  /** Featured on one of these days, both included. */
  readonly days?: { readonly from: Day; readonly to: Day };
  /** Name of an account. */
  readonly submitter?: string;
  /** In whatever case. */
  readonly keyword?: string;
}

/** What is looked for among all papers, in the feed or not: the text and the filters of the page's search. */
export interface PaperSearch {
  readonly text: string;
  readonly filters: SearchFilters;
}

/** `featured`: newest day of the feed first, then by votes; `trending`: hottest first; `voted`: most votes first. */
type PaperOrder = "featured" | "trending" | "voted";

export interface PaperPage {
  readonly order: PaperOrder;
  readonly limit: number;
  readonly offset: number;
}

/** Papers of the feed. */
export async function listPapers(
  db: Kysely<Database>,
  filter: PaperFilter,
  { order, limit, offset }: PaperPage,
): Promise<ListedPaper[]> {
  let query = selectListed(db).where(matches(filter));
  if (order === "trending") query = query.orderBy("paper.hotness", "desc");
  if (order === "featured") query = query.orderBy("paper.featured_on", "desc");
  if (order !== "trending") query = query.orderBy(sql`paper.votes + paper.votes_elsewhere`, "desc");
  const rows = await query
    .orderBy("paper.published_on", "desc")
    .orderBy("paper.id")
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(toListed);
}

/** Where a list by publication goes on. */
export interface PublishedCursor {
  readonly publishedOn: Day;
  readonly id: string;
}

/** All papers, featured or not, newest publication first, from after the cursor. */
export async function listPublished(
  db: Kysely<Database>,
  { after, limit }: { after: PublishedCursor | undefined; limit: number },
): Promise<{ papers: ListedPaper[]; next: PublishedCursor | undefined }> {
  let query = selectListed(db).select("paper.published_on");
  if (after !== undefined) {
    // Days fall and ids rise, so the pair cannot be compared as a row.
    query = query.where((eb) =>
      eb.or([
        eb("paper.published_on", "<", after.publishedOn),
        eb.and([eb("paper.published_on", "=", after.publishedOn), eb("paper.id", ">", after.id)]),
      ]),
    );
  }
  const rows = await query
    .orderBy("paper.published_on", "desc")
    .orderBy("paper.id")
    .limit(limit + 1)
    .execute();
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    papers: shown.map(toListed),
    next: rows.length > limit && last !== undefined ? { publishedOn: last.published_on, id: last.id } : undefined,
  };
}

/** The papers with these ids, in the order of the ids; unknown ones are left out. */
export async function listByIds(db: Kysely<Database>, ids: readonly string[]): Promise<ListedPaper[]> {
  if (ids.length === 0) return [];
  const rows = await selectListed(db).where("paper.id", "in", ids).execute();
  const papers = new Map(rows.map((row) => [row.id, toListed(row)]));
  return ids.flatMap((id) => papers.get(id) ?? []);
}

/** Where a list by the time of coming in goes on. */
export interface ArrivalCursor {
  readonly arrivedAt: Date;
  readonly id: string;
}

/** A part of a list by the time of coming in. */
export interface Arrivals {
  readonly papers: ListedPaper[];
  readonly next: ArrivalCursor | undefined;
}

interface ArrivalPage {
  readonly after: ArrivalCursor | undefined;
  readonly limit: number;
}

/** Papers of the feed by the time that they came in, newest first, from after the cursor. Votes change nothing in it. */
export function listFeatured(db: Kysely<Database>, filter: PaperFilter, page: ArrivalPage): Promise<Arrivals> {
  return listArrivals(db, sql`${matches(filter)} and paper.featured_at is not null`, sql`paper.featured_at`, page);
}

/** All papers that a search finds, by the time that they came in, newest first; one that is in no feed, by its publication. */
export function listFound(db: Kysely<Database>, { text, filters }: PaperSearch, page: ArrivalPage): Promise<Arrivals> {
  return useIndexes(db, (trx) => listArrivals(trx, sqlMatches(text, filters), arrivedAt, page));
}

/** The same as {@link arrivalOf}. */
const arrivedAt = sql`coalesce(paper.featured_at, paper.published_at, paper.published_on::timestamp at time zone 'UTC')`;

async function listArrivals(
  db: Kysely<Database>,
  condition: RawBuilder<unknown>,
  arrived: RawBuilder<unknown>,
  { after, limit }: ArrivalPage,
): Promise<Arrivals> {
  let query = selectListed(db).where(sql<SqlBool>`${condition}`);
  if (after !== undefined) {
    // Times fall and ids rise, so the pair cannot be compared as a row.
    query = query.where(
      sql<SqlBool>`(${arrived} < ${after.arrivedAt} or (${arrived} = ${after.arrivedAt} and paper.id > ${after.id}))`,
    );
  }
  const rows = await query
    .orderBy(arrived, "desc")
    .orderBy("paper.id")
    .limit(limit + 1)
    .execute();
  const papers = rows.slice(0, limit).map(toListed);
  const last = rows.length > limit ? papers.at(-1) : undefined;
  return { papers, next: last === undefined ? undefined : { arrivedAt: arrivalOf(last), id: last.id } };
}

/** When a paper came in: into the feed, or, where it never did, into the world. */
export function arrivalOf({ featuredAt, publishedAt }: Pick<ListedPaper, "featuredAt" | "publishedAt">): Date {
  return featuredAt ?? publishedAt;
}

/** What the filter asks of a row of `paper` joined with the `account` that submitted it. */
function matches({ days, submitter, keyword }: PaperFilter): RawBuilder<boolean> {
  const conditions = [sql<boolean>`paper.featured_on is not null`];
  if (days !== undefined) {
    conditions.push(
      sql`paper.id in (select paper_id from featured_paper where day between ${days.from} and ${days.to})`,
    );
  }
  if (submitter !== undefined) conditions.push(sql`lower(account.name) = ${submitter.toLowerCase()}`);
  if (keyword !== undefined) {
    conditions.push(
      sql`exists (select from unnest(paper.keywords) as word where lower(word) = ${keyword.toLowerCase()})`,
    );
  }
  return sql`${sql.join(conditions, sql` and `)}`;
}

/** Papers with their submitters; without `search`, which is long and means nothing outside the database. */
function selectListed(db: Kysely<Database>) {
  return db
    .selectFrom("paper")
    .leftJoin("account", "account.id", "paper.submitted_by")
    .select([
      "paper.id",
      "paper.title",
      "paper.abstract",
      "paper.authors",
      "paper.published_on",
      "paper.published_at",
      "paper.featured_at",
      "paper.code_url",
      "paper.code_stars",
      "paper.project_url",
      "paper.organization",
      "paper.summary",
      "paper.keywords",
      "paper.categories",
      "paper.withdrawn_at",
      "paper.votes",
      "paper.votes_elsewhere",
      "paper.comments",
      "paper.comments_elsewhere",
      "paper.implementation",
      "account.name as submitter",
    ]);
}

type ListedRow = Awaited<ReturnType<ReturnType<typeof selectListed>["execute"]>>[number];

function toListed(row: ListedRow): ListedPaper {
  return {
    id: row.id,
    title: row.title,
    abstract: row.abstract,
    authors: row.authors,
    publishedAt: row.published_at ?? new Date(`${row.published_on}T00:00:00Z`),
    featuredAt: row.featured_at ?? undefined,
    codeUrl: row.code_url ?? undefined,
    codeStars: row.code_stars ?? undefined,
    projectUrl: row.project_url ?? undefined,
    organization: row.organization ?? undefined,
    summary: row.summary ?? undefined,
    keywords: row.keywords,
    categories: row.categories,
    withdrawnAt: row.withdrawn_at ?? undefined,
    votes: row.votes,
    votesElsewhere: row.votes_elsewhere,
    comments: row.comments,
    commentsElsewhere: row.comments_elsewhere,
    implementation: row.implementation ?? undefined,
    submitter: row.submitter ?? undefined,
  };
}
