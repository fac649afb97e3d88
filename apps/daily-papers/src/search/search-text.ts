import { sql, type RawBuilder } from "kysely";
import { plainLetters } from "./plain-letters.ts";

/** Part of what a reader looks for. */
export interface SearchTerm {
  readonly text: string;
  /** Written in quotes: its words stand beside one another. */
  readonly phrase: boolean;
  /** Written with a star: the beginning of a word. */
  readonly prefix: boolean;
  /** Written with a minus: must not occur. */
  readonly excluded: boolean;
  /** Where it must stand; anywhere when undefined. */
  readonly field: "title" | "author" | undefined;
}

/** Longest text that is looked for, and most terms of it; more says nothing more. */
const mostCharacters = 250;
const mostTerms = 12;

const pattern = /(-?)(?:(title|author):)?(?:"([^"]*)"?|([^\s"]+))/giu;

/**
 * What a search field's text asks for: words, `"phrases"`, `begin*`, `-without`, `author:name` and `title:word`. Never
 * fails: whatever is typed is looked for as far as it has words.
 */
export function readSearch(input: string): SearchTerm[] {
  const terms: SearchTerm[] = [];
  for (const [, minus, field, quoted, word] of input.slice(0, mostCharacters).matchAll(pattern)) {
    const text = wordsOf(quoted ?? word ?? "");
    if (text === "") continue;
    const name = field?.toLowerCase();
    terms.push({
      text,
      // What a sign parted stands beside one another as well.
      phrase: quoted !== undefined || text.includes(" "),
      prefix: quoted === undefined && !text.includes(" ") && word?.endsWith("*") === true,
      excluded: minus === "-",
      field: name === "title" || name === "author" ? name : undefined,
    });
  }
  return terms.slice(0, mostTerms);
}

/** The terms as a search field would hold them. */
export function writeSearch(terms: readonly SearchTerm[]): string {
  return terms
    .map(({ text, phrase, prefix, excluded, field }) => {
      const word = phrase ? `"${text}"` : text + (prefix ? "*" : "");
      return (excluded ? "-" : "") + (field === undefined ? "" : `${field}:`) + word;
    })
    .join(" ");
}

/** Letters, digits and what may stand within a word. */
function wordsOf(text: string): string {
  return text
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{M}\p{N}\s.+#/_-]/gu, " ")
    .replaceAll(/\s+/g, " ")
    .replace(/^[\s.+#/_-]+/, "")
    .trim();
}

/** Letters that PostgreSQL gave the columns of a paper: see `paper.search`. */
const weights = { title: "A", author: "B" };

/** The terms as a query of full text, all of which must hold; undefined when there are none. */
export function sqlSearch(terms: readonly SearchTerm[]): RawBuilder<string> | undefined {
  if (terms.length === 0) return undefined;
  const parts = terms.map((term, index) => {
    // The word that one may still be typing finds what begins with it; short ones would find everything.
    const open = index === terms.length - 1 && !term.phrase && term.field === undefined && term.text.length >= 4;
    const query = sqlTerm(term, term.prefix || open);
    return term.excluded ? sql`!!(${query})` : query;
  });
  return sql<string>`(${sql.join(parts, sql` && `)})`;
}

/** What a term stands for, in any of the ways to write it. */
function sqlTerm({ text, field }: SearchTerm, prefix: boolean): RawBuilder<string> {
  const marks = (prefix ? "*" : "") + (field === undefined ? "" : weights[field]);
  const ways = spellings(plainLetters(text)).map((spelling) => sqlSpelling(spelling, marks, field));
  return sql<string>`(${sql.join(ways, sql` || `)})`;
}

/** `multi-modal` is found as `multi modal` and as `multimodal` too: authors do not agree on hyphens. */
function spellings(text: string): string[] {
  const parts = text.split(/(?<=[\p{L}\p{N}])-(?=[\p{L}\p{N}])/u);
  if (parts.length === 1) return [text];
  return [text, parts.join(" "), ...(parts.length === 2 ? [parts.join("")] : [])];
}

/** Words of titles and abstracts are known by their stems, names as they are. A word that says nothing is not asked for. */
function sqlSpelling(text: string, marks: string, field: SearchTerm["field"]): RawBuilder<string> {
  // Quotes and backslashes are gone already.
  const quoted = `'${text}'${marks === "" ? "" : `:${marks}`}`;
  const english = sql`to_tsquery('english', ${quoted})`;
  const simple = sql`to_tsquery('simple', ${quoted})`;
  if (field === "author") return sql<string>`${simple}`;
  return sql<string>`(case when numnode(${english}) = 0 then ${english} else ${english} || ${simple} end)`;
}
