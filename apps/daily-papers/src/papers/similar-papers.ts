import { sql, type Kysely } from "kysely";
import type { Database, Day } from "../database/schema.ts";

/** A paper like another one, and what makes it so. */
export interface SimilarPaper {
  readonly id: string;
  readonly title: string;
  readonly publishedOn: Day;
  /** In words, for readers: `knowledge graphs, link prediction`. */
  readonly reason: string;
}

/** Newest papers that share a keyword, and newest that share a word of the title: those are compared, and no others. */
const mostCompared = 300;
const mostReasons = 3;

/** The papers most like one, by common keywords and by the words of its title. */
export async function similarPapers(db: Kysely<Database>, id: string, most: number): Promise<SimilarPaper[]> {
  const { rows } = await sql<{ id: string; title: string; published_on: Day; keywords: string[]; words: string[] }>`
    with this as materialized (
      select keywords, array(select lexeme from unnest(to_tsvector('english', plain_letters(title))) where length(lexeme) > 2) as words,
        (select string_agg(quote_literal(lexeme), ' | ') from unnest(to_tsvector('english', plain_letters(title)))
         where length(lexeme) > 2)::tsquery as query
      from paper where id = ${id}
    ),
    -- What few papers are about says more than what most are about.
    rare as materialized (
      select word, 1 / ln(2 + (select count(*) from paper where paper.keywords @> array[word]))::float8 as weight
      from (select distinct unnest(keywords) as word from this) as words
    ),
    candidates as (
      (select paper.id from paper, this where paper.keywords && this.keywords and paper.id <> ${id}
       order by published_on desc, paper.id limit ${mostCompared})
      union
      (select paper.id from paper, this where search @@ query and paper.id <> ${id}
       order by published_on desc, paper.id limit ${mostCompared})
    ),
    scored as (
      select paper.id, paper.title, paper.published_on, shared.keywords,
        shared.weight * 0.4 + coalesce(ts_rank('{0.02, 0.02, 0.1, 1}', paper.search, query, 2 | 8), 0)
          as score
      from candidates join paper on paper.id = candidates.id, this,
        lateral (
          select coalesce(sum(weight), 0) as weight, coalesce(array_agg(word order by weight desc, word), '{}') as keywords
          from rare where word = any (paper.keywords)
        ) as shared
      order by score desc, paper.published_on desc, paper.id limit ${most}
    )
    select id, title, published_on, keywords,
      array(select lexeme from unnest(to_tsvector('english', plain_letters(title))) where lexeme = any (select unnest(words) from this))
        as words
    from scored order by score desc, published_on desc, id`.execute(db);
  return rows.flatMap((row) => {
    const reason = reasonOf(row.keywords, row.words, row.title);
    return reason === undefined ? [] : [{ id: row.id, title: row.title, publishedOn: row.published_on, reason }];
  });
}

/** Undefined where a single word of the title is all that two papers share: that says nothing. */
function reasonOf(keywords: readonly string[], stems: readonly string[], title: string): string | undefined {
  if (keywords.length > 0) return `Both on ${keywords.slice(0, mostReasons).join(", ")}`;
  // A stem is no word: the title's word that begins with it is shown.
  const words = title.split(/[^\p{L}\p{N}]+/u);
  const shared = stems.flatMap((stem) => words.find((word) => word.toLowerCase().startsWith(stem.slice(0, -1))) ?? []);
  return shared.length > 1 ? `Both titles have ${shared.slice(0, mostReasons).join(", ")}` : undefined;
}
