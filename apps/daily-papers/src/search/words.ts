import { sql, type Kysely, type Transaction } from "kysely";
import type { Database } from "../database/schema.ts";
import { useIndexes } from "./use-indexes.ts";

/** Adds the words of papers' titles, authors and keywords to those that a search knows how to spell. */
export async function rememberWords(trx: Transaction<Database>, paperIds: readonly string[]): Promise<void> {
  if (paperIds.length === 0) return;
  await sql`
    insert into search_word (word)
    select distinct lexeme
    from paper, unnest(to_tsvector('simple',
      plain_letters(title || ' ' || (authors #>> '{}') || ' ' || array_to_string(keywords, ' '))))
    where id = any(${paperIds}::text[]) and lexeme ~ '^[[:alpha:]]{3,40}$'
      and not exists (select 1 from search_word known where known.word = lexeme)
    order by lexeme
    on conflict do nothing`.execute(trx);
}

/** Shorter words have too many neighbours. */
const leastCharacters = 4;
const mostWords = 6;
/** Words with fewer groups of three letters in common are not looked at; more than so many are not compared. */
const leastSimilarity = 0.2;
const mostCompared = 60;
/** Of words as near as one another, so many are looked up, each in so many papers at most. */
const mostLookedUp = 8;
const mostPapers = 1_000;

/**
 * For each word that no title, author or keyword has, the one that it was probably meant to be: the fewest slips of the
 * finger away, and of several the one that most papers have. Words that are known, or like none, are left out.
 */
export async function nearestWords(
  db: Kysely<Database>,
  words: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const asked = [...new Set(words)].filter((word) => word.length >= leastCharacters).slice(0, mostWords);
  if (asked.length === 0) return new Map();
  return useIndexes(db, async (trx) => {
    await sql`select set_config('pg_trgm.similarity_threshold', ${String(leastSimilarity)}, true)`.execute(trx);
    const { rows: candidates } = await sql<{ word: string; known: string }>`
      select asked.word, near.word as known
      from unnest(${asked}::text[]) as asked (word), lateral (
        select known.word from search_word known where known.word % asked.word
        order by similarity(known.word, asked.word) desc, known.word limit ${mostCompared}
      ) as near
      where not exists (select 1 from search_word known where known.word = asked.word)`.execute(trx);
    const nearest = new Map<string, string>();
    for (const word of asked) {
      const near = nearestOf(
        word,
        candidates.filter((row) => row.word === word).map((row) => row.known),
      );
      const [only] = near;
      if (only !== undefined) nearest.set(word, near.length === 1 ? only : await commonest(trx, near));
    }
    return nearest;
  });
}

/** The candidates with the fewest slips, if these are few for the word's length. */
function nearestOf(word: string, candidates: readonly string[]): string[] {
  const distances = candidates.map((candidate) => ({ candidate, distance: slips(word, candidate) }));
  const least = Math.min(...distances.map(({ distance }) => distance));
  if (least > Math.max(1, Math.floor(word.length / 3))) return [];
  return distances
    .filter(({ distance }) => distance === least)
    .map(({ candidate }) => candidate)
    .slice(0, mostLookedUp);
}

async function commonest(db: Kysely<Database>, words: readonly string[]): Promise<string> {
  const { rows } = await sql<{ word: string }>`
    select word from unnest(${words}::text[]) with ordinality as near (word, place)
    order by (
      select count(*) from (
        select 1 from paper where search @@ to_tsquery('english', quote_literal(word)) limit ${mostPapers}
      ) as matches
    ) desc, place limit 1`.execute(db);
  return rows[0]?.word ?? words[0] ?? "";
}

/**
 * How many slips of the finger lie between two words: a letter too many, too few, another, or two that changed places
 * (Damerau 1964, in the form that touches each letter once).
 */
export function slips(left: string, right: string): number {
  const [a, b] = [Array.from(left), Array.from(right)];
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
