import { sql, type Kysely, type RawBuilder, type SqlBool } from "kysely";
import type { Database, Day } from "../database/schema.ts";
import { selectPapers, toPaper } from "../papers/paper.queries.ts";
import type { Paper } from "../papers/paper.ts";
import { readSearch, sqlSearch, writeSearch, type SearchTerm } from "./search-text.ts";
import { useIndexes } from "./use-indexes.ts";
import { plainLetters } from "./plain-letters.ts";
import { nearestWords } from "./words.ts";

export interface SearchFilters {
  /** Days of publication, both included. */
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
  /** An arXiv category or a keyword. */
  readonly category?: string | undefined;
  /** Names of packages: only papers that one of them runs. */
  readonly implementations?: readonly string[] | undefined;
}

interface Found {
  /** What was looked for: the reader's text, or what it was taken for. */
  readonly text: string;
  readonly papers: readonly Paper[];
  /** How many papers match, at most {@link mostRanked}. */
  readonly count: number;
  /** Whether older matches were left out of the ranking. */
  readonly isCut: boolean;
  /** Whether a page follows. */
  readonly hasNext: boolean;
}

export interface SearchResult extends Found {
  /** Spelt like this, the words are known. */
  readonly suggestion: string | undefined;
  /** Whether what is shown was found by the suggestion, because the text itself finds nothing. */
  readonly corrected: boolean;
}

/** Older matches past this number are neither counted nor ranked: words that are everywhere stay cheap. */
export const mostRanked = 500;
export const pageSize = 20;
/** With fewer matches, the words may be misspelt. */
const fewMatches = 3;

/**
 * Papers that hold what a text asks for, best first; with no text, the newest that pass the filters. When nothing is
 * found, what the words were probably meant to be is looked for instead.
 * @param page from 1.
 */
export async function searchPapers(
  db: Kysely<Database>,
  text: string,
  filters: SearchFilters = {},
  page = 1,
): Promise<SearchResult> {
  const terms = readSearch(text);
  if (isWordless(text, terms)) {
    return { text, papers: [], count: 0, isCut: false, hasNext: false, suggestion: undefined, corrected: false };
  }
  const found = await find(db, terms, filters, page);
  if (found.count >= fewMatches || page > 1) return { ...found, suggestion: undefined, corrected: false };
  const meant = await correct(db, terms);
  if (meant === undefined) return { ...found, suggestion: undefined, corrected: false };
  const other = await find(db, meant, filters, 1);
  if (other.count <= found.count) return { ...found, suggestion: undefined, corrected: false };
  const corrected = found.count === 0;
  return { ...(corrected ? other : found), suggestion: writeSearch(meant), corrected };
}

async function find(
  db: Kysely<Database>,
  terms: readonly SearchTerm[],
  filters: SearchFilters,
  page: number,
): Promise<Found> {
  const query = sqlSearch(terms);
  const rank = query === undefined ? sql`0::float8` : sql`ts_rank_cd('{0.05, 0.2, 0.5, 1}', search, ${query})`;
  const where = allOf(terms, filters);
  const rows = await useIndexes(db, async (trx) => {
    const ranked = await sql<{ id: string | null; count: number }>`
      with matches as materialized (
        select id, published_on, search from paper where ${where}
        order by published_on desc, id limit ${mostRanked + 1}
      ),
      ranked as (
        select id from (select * from matches order by published_on desc, id limit ${mostRanked}) as newest
        order by ${rank} desc, published_on desc, id limit ${pageSize + 1} offset ${(page - 1) * pageSize}
      )
      select id, (select count(*)::int from matches) as count from ranked
      union all select null, (select count(*)::int from matches)`.execute(trx);
    return ranked.rows;
  });
  const ids = rows.flatMap((row) => row.id ?? []);
  const count = rows[0]?.count ?? 0;
  return {
    text: writeSearch(terms),
    papers: await papersByIds(db, ids.slice(0, pageSize)),
    count: Math.min(count, mostRanked),
    isCut: count > mostRanked,
    hasNext: ids.length > pageSize,
  };
}

/** `2409.199`, when that is all that was typed: the papers whose ids begin like this. */
function beginningOfId([first, ...others]: readonly SearchTerm[]): string | undefined {
  const isBeginning = first !== undefined && others.length === 0 && !first.excluded && first.field === undefined;
  return isBeginning && /^\d{4}\.\d{1,5}$/.test(first.text) ? first.text : undefined;
}

/** How arXiv writes a category that somebody types: `CS.cl` is `cs.CL`, while keywords are small. */
function categoryNames(text: string): string[] {
  const small = text.toLowerCase();
  return [...new Set([text, small, small.replace(/\.[a-z]{2}$/, (subject) => subject.toUpperCase())])];
}

/** What a search asks of a row of `paper`, as it is typed: nothing is corrected. */
export function sqlMatches(text: string, filters: SearchFilters): RawBuilder<unknown> {
  const terms = readSearch(text);
  return isWordless(text, terms) ? sql`false` : allOf(terms, filters);
}

/** Whether somebody looks for signs alone, which are not searched. */
function isWordless(text: string, terms: readonly SearchTerm[]): boolean {
  return terms.length === 0 && text.trim() !== "";
}

function allOf(terms: readonly SearchTerm[], filters: SearchFilters): RawBuilder<unknown> {
  const query = sqlSearch(terms);
  const conditions = conditionsOf(filters);
  const beginning = beginningOfId(terms);
  if (beginning !== undefined) conditions.push(sql`starts_with(paper.id, ${beginning})`);
  else if (query !== undefined) conditions.push(sql`paper.search @@ ${query}`);
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

/** What filters ask of a row of `paper`. */
function conditionsOf({ from, to, category, implementations }: SearchFilters): ReturnType<typeof sql>[] {
  const conditions: ReturnType<typeof sql>[] = [];
  if (from !== undefined) conditions.push(sql`published_on >= ${from}::date`);
  if (to !== undefined) conditions.push(sql`published_on <= ${to}::date`);
  if (category !== undefined) {
    const spellings = categoryNames(category);
    conditions.push(sql`(categories && ${spellings}::text[] or keywords && ${spellings}::text[])`);
  }
  if (implementations !== undefined) conditions.push(sql`implementation = any(${implementations}::text[])`);
  return conditions;
}

/** Papers in the order of their ids. */
async function papersByIds(db: Kysely<Database>, ids: readonly string[]): Promise<Paper[]> {
  if (ids.length === 0) return [];
  const rows = await selectPapers(db)
    .where(sql<SqlBool>`paper.id = any(${ids}::text[])`)
    .orderBy(sql`array_position(${ids}::text[], paper.id)`)
    .execute();
  return rows.map(toPaper);
}

/** The terms with words that nobody wrote replaced by the nearest ones that somebody did; undefined when none is. */
async function correct(db: Kysely<Database>, terms: readonly SearchTerm[]): Promise<SearchTerm[] | undefined> {
  const words = terms.filter(({ excluded }) => !excluded).flatMap(({ text }) => wordsIn(text).map(known));
  const nearest = await nearestWords(db, words);
  if (nearest.size === 0) return undefined;
  return terms.map((term) => ({
    ...term,
    text: wordsIn(term.text)
      .map((word) => nearest.get(known(word)) ?? word)
      .join(" "),
  }));
}

const wordsIn = (text: string) => text.split(" ");
/** A word as {@link rememberWords} keeps it. */
const known = (word: string) => plainLetters(word).toLowerCase();
