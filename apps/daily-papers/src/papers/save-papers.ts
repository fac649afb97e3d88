import { sql, type Transaction } from "kysely";
import type { Database, PaperSource } from "../database/schema.ts";
import { DailyPapersError } from "../errors.ts";
import { isArxivId } from "./arxiv-id.ts";
import { entering } from "./feature-paper.ts";
import { rememberWords } from "../search/words.ts";
import { cleanText, cleanUrl, storableJson } from "./clean-text.ts";
import type { NewPaper } from "./paper.ts";
import { sqlHotness } from "./ranking.ts";

/** A paper that cannot be kept: its id, title or date is missing or of no known form. */
export class PaperUnusableError extends DailyPapersError {
  override readonly name = "PaperUnusableError";
  readonly code = "PAPER_UNUSABLE";
  readonly paperId: string;
  constructor(paperId: string, wanted: string, came: string) {
    super(`paper ${JSON.stringify(paperId.slice(0, 60))}: wanted ${wanted}; got ${JSON.stringify(came.slice(0, 60))}`);
    this.paperId = paperId;
  }
}

export interface SaveOptions {
  /** Who tells of the papers; a paper keeps the source that told of it first. */
  readonly source: PaperSource;
  readonly now?: Date;
}

export interface Saved {
  /** Ids of papers that were not known. */
  readonly added: readonly string[];
  /** Ids of papers of which something was not known. */
  readonly changed: readonly string[];
}

/** Any number will do, as long as every process asks for the same one: two savers would wait for each other's rows. */
const saveLock = 7_204_242;
const mostAuthors = 10_000;
const mostWords = 200;

/**
 * How each column of a known paper `p` changes by what a source tells, `t`. Text follows the newest version; what is
 * known is never replaced by nothing.
 */
const telling = sql`case when t.version is null then p.version is null else t.version >= coalesce(p.version, 0) end`;
const merged = {
  title: sql`case when ${telling} then t.title else p.title end`,
  abstract: sql`case when ${telling} and t.abstract <> '' then t.abstract else p.abstract end`,
  authors: sql`case when ${telling} and t.authors <> '[]' then t.authors else p.authors end`,
  published_on: sql`case when ${telling} then t.published_on else p.published_on end`,
  published_at: sql`case when ${telling} then coalesce(t.published_at, p.published_at) else p.published_at end`,
  revised_at: sql`greatest(p.revised_at, t.revised_at)`,
  version: sql`greatest(p.version, t.version)`,
  categories: sql`case when ${telling} then coalesce(t.categories, p.categories) else p.categories end`,
  journal_ref: sql`coalesce(t.journal_ref, p.journal_ref)`,
  doi: sql`coalesce(t.doi, p.doi)`,
  author_comment: sql`case when ${telling} then coalesce(t.author_comment, p.author_comment) else p.author_comment end`,
  license: sql`coalesce(t.license, p.license)`,
  summary: sql`coalesce(t.summary, p.summary)`,
  keywords: sql`coalesce(t.keywords, p.keywords)`,
  code_url: sql`coalesce(t.code_url, p.code_url)`,
  code_stars: sql`coalesce(t.code_stars, p.code_stars)`,
  project_url: sql`coalesce(t.project_url, p.project_url)`,
  organization: sql`coalesce(t.organization, p.organization)`,
  votes_elsewhere: sql`coalesce(t.votes_elsewhere, p.votes_elsewhere)`,
  comments_elsewhere: sql`coalesce(t.comments_elsewhere, p.comments_elsewhere)`,
  featured_on: sql`least(p.featured_on, t.featured_on)`,
  featured_at: sql`least(p.featured_at, t.featured_at)`,
  submitted_by: sql`coalesce(p.submitted_by, t.submitted_by)`,
  // A version that comes after a withdrawal takes it back.
  withdrawn_at: sql`case when t.version > p.version then t.withdrawn_at else coalesce(t.withdrawn_at, p.withdrawn_at) end`,
  extra: sql`p.extra || t.extra`,
};
const columns = Object.keys(merged);

/** The papers as a table, from one JSON parameter. */
const incoming = (json: string) => sql`jsonb_to_recordset(${json}::jsonb) as t(
  id text, title text, abstract text, authors jsonb, published_on date, published_at timestamptz,
  revised_at timestamptz, version int, categories text[], journal_ref text, doi text, author_comment text, license text,
  summary text, keywords text[], code_url text, code_stars int, project_url text, organization text,
  votes_elsewhere int, comments_elsewhere int, featured_on date, featured_at timestamptz, submitted_by text,
  withdrawn_at timestamptz, extra jsonb, place int)`;

/**
 * Writes papers and their days in the feed: new ones are added, known ones learn what they did not know. The same call
 * again changes nothing. Counts of this site are left alone; an older version never replaces a newer one.
 * @throws {PaperUnusableError} naming the first paper that cannot be kept; see {@link checkPaper}.
 */
export async function upsertPapers(
  trx: Transaction<Database>,
  papers: readonly NewPaper[],
  { source, now = new Date() }: SaveOptions,
): Promise<Saved> {
  if (papers.length === 0) return { added: [], changed: [] };
  const rows = new Map(papers.map((paper, place) => [paper.id, toRow(paper, place)]));
  const json = storableJson([...rows.values()]);
  await sql`select pg_advisory_xact_lock(${saveLock})`.execute(trx);
  const added = await sql<{ id: string }>`
    insert into paper (id, source, changed_at, entered_at, hotness, ${sql.join(columns.map((name) => sql.ref(name)))})
    select t.id, ${source}, ${now}::timestamptz, ${entering({ featuredAt: sql`t.featured_at`, now })}, ${sqlHotness({
      votes: sql<number>`0`,
      votesElsewhere: sql<number>`coalesce(t.votes_elsewhere, 0)`,
      featuredAt: sql<Date | null>`t.featured_at`,
    })}, ${sql.join(columns.map(initial))}
    from ${incoming(json)} order by t.id
    on conflict (id) do nothing returning id`.execute(trx);
  const known = new Set(added.rows.map((row) => row.id));
  const others = [...rows.values()].filter((row) => !known.has(row.id));
  const changed = others.length === 0 ? [] : await updateKnown(trx, storableJson(others), now);
  await enterFeed(trx, json);
  await rememberWords(trx, [...known, ...changed]);
  return { added: [...known], changed };
}

/**
 * Whether a paper can be kept.
 * @throws {PaperUnusableError} when not.
 */
export function checkPaper(paper: NewPaper): void {
  if (!isArxivId(paper.id)) throw new PaperUnusableError(paper.id, "an arXiv id without version", paper.id);
  if (cleanText(paper.title) === "") throw new PaperUnusableError(paper.id, "a title", paper.title);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(paper.publishedOn) || Number.isNaN(Date.parse(paper.publishedOn))) {
    throw new PaperUnusableError(paper.id, "a day of publication", paper.publishedOn);
  }
}

async function updateKnown(trx: Transaction<Database>, json: string, now: Date): Promise<string[]> {
  const names = columns.map((name) => sql.ref(name));
  const { rows } = await sql<{ id: string }>`
    update paper set
      ${sql.join(names.map((name) => sql`${name} = m.${name}`))},
      changed_at = ${now}::timestamptz,
      entered_at = coalesce(paper.entered_at, ${entering({ featuredAt: sql`m.featured_at`, now })}),
      hotness = ${sqlHotness({
        votesElsewhere: sql<number>`m.votes_elsewhere`,
        featuredAt: sql<Date | null>`m.featured_at`,
      })}
    from (
      select p.id, ${sql.join(Object.entries(merged).map(([name, value]) => sql`${value} as ${sql.ref(name)}`))}
      from paper p join ${incoming(json)} on t.id = p.id
    ) m
    where paper.id = m.id
      and (${sql.join(names.map((name) => sql`paper.${name}`))})
        is distinct from (${sql.join(names.map((name) => sql`m.${name}`))})
    returning paper.id`.execute(trx);
  return rows.map((row) => row.id);
}

/** Puts the papers into the feed of their days, behind those that are there. */
async function enterFeed(trx: Transaction<Database>, json: string): Promise<void> {
  await sql`
    insert into featured_paper (day, paper_id, position)
    select t.featured_on, t.id,
      coalesce((select max(position) + 1 from featured_paper where day = t.featured_on), 0)
        + row_number() over (partition by t.featured_on order by t.place) - 1
    from ${incoming(json)} where t.featured_on is not null
    on conflict (day, paper_id) do nothing`.execute(trx);
}

/** Columns that may not be null, with what stands for "not told". */
const absent: Readonly<Record<string, ReturnType<typeof sql>>> = {
  categories: sql`'{}'::text[]`,
  keywords: sql`'{}'::text[]`,
  votes_elsewhere: sql`0`,
  comments_elsewhere: sql`0`,
};

function initial(name: string) {
  const otherwise = absent[name];
  const told = sql`t.${sql.ref(name)}`;
  return otherwise === undefined ? told : sql`coalesce(${told}, ${otherwise})`;
}

function toRow(paper: NewPaper, place: number) {
  checkPaper(paper);
  const featuredAt = paper.featuredAt ?? (paper.featuredOn === undefined ? undefined : new Date(paper.featuredOn));
  return {
    id: paper.id,
    title: cleanText(paper.title),
    abstract: cleanText(paper.abstract),
    authors: words(paper.authors, mostAuthors) ?? [],
    published_on: paper.publishedOn,
    published_at: paper.publishedAt,
    revised_at: paper.revisedAt,
    version: paper.version,
    categories: words(paper.categories, mostWords),
    journal_ref: text(paper.journalRef),
    doi: text(paper.doi),
    author_comment: text(paper.authorComment),
    license: text(paper.license),
    summary: text(paper.summary),
    keywords: words(paper.keywords, mostWords),
    code_url: cleanUrl(paper.codeUrl),
    code_stars: count(paper.codeStars),
    project_url: cleanUrl(paper.projectUrl),
    organization: text(paper.organization),
    votes_elsewhere: count(paper.votesElsewhere),
    comments_elsewhere: count(paper.commentsElsewhere),
    featured_on: paper.featuredOn,
    featured_at: featuredAt,
    submitted_by: paper.submittedBy,
    withdrawn_at: paper.withdrawnAt,
    extra: paper.extra ?? {},
    place,
  };
}

/** Nothing said is nothing known: an empty text is no text. */
function text(value: string | undefined): string | undefined {
  return cleanText(value ?? "") || undefined;
}

function words(values: readonly string[] | undefined, most: number): string[] | undefined {
  const texts = values?.map(cleanText).filter((value) => value !== "");
  return texts === undefined || texts.length === 0 ? undefined : texts.slice(0, most);
}

function count(value: number | undefined): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31 ? value : undefined;
}
