import { sql, type Kysely, type Transaction } from "kysely";
import type { Database } from "../database/schema.ts";

/** Adds the words of papers' titles, authors and keywords to those that a search knows how to spell. */
export async function rememberWords(trx: Transaction<Database>, paperIds: readonly string[]): Promise<void> {
  if (paperIds.length === 0) return;
  await sql`
    insert into search_word (word)
    select distinct lexeme
    from paper, unnest(to_tsvector('simple', title || ' ' || (authors #>> '{}') || ' ' || array_to_string(keywords, ' ')))
    where id = any(${paperIds}::text[]) and lexeme ~ '^[[:alpha:]]{3,40}$'
    order by lexeme
    on conflict do nothing`.execute(trx);
}

/** Shorter words have too many neighbours. */
const leastCharacters = 4;
const mostWords = 6;

/**
 * For each word that no title, author or keyword has, the one most like it that some have, by common groups of three
 * letters. Words that are known, or like none, are left out.
 */
export async function nearestWords(
  db: Kysely<Database>,
  words: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const asked = [...new Set(words)].filter((word) => word.length >= leastCharacters).slice(0, mostWords);
  if (asked.length === 0) return new Map();
  const { rows } = await sql<{ word: string; nearest: string | null }>`
    select asked.word, (
      select known.word from search_word known where known.word % asked.word
      order by similarity(known.word, asked.word) desc, abs(length(known.word) - length(asked.word)), known.word limit 1
    ) as nearest
    from unnest(${asked}::text[]) as asked (word)
    where not exists (select 1 from search_word known where known.word = asked.word)`.execute(db);
  return new Map(rows.flatMap(({ word, nearest }) => (nearest === null ? [] : [[word, nearest] as const])));
}
