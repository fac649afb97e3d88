import { isDay } from "../look/dates.ts";
import type { Fields } from "../look/form.ts";
import type { SearchFilters } from "./search.queries.ts";

/** What the form of a search holds; empty where nothing was chosen. */
export interface SearchFields {
  readonly q: string;
  readonly from: string;
  readonly to: string;
  readonly category: string;
  readonly runs: boolean;
}

/** Reads a search from an address, the page's or the feed's. What is no day is left out. */
export function readSearchFields({ q = "", from = "", to = "", category = "", runs }: Fields): SearchFields {
  return {
    q: plainText(q, 250),
    from: isDay(from) ? from : "",
    to: isDay(to) ? to : "",
    category: plainText(category, 80),
    runs: runs !== undefined,
  };
}

/** Whether anything is looked for at all. */
export function isSearch({ q, from, to, category, runs }: SearchFields): boolean {
  return q !== "" || from !== "" || to !== "" || category !== "" || runs;
}

/** What the filters ask for. @param names of the packages that run papers here. */
export function filtersOf({ from, to, category, runs }: SearchFields, names: readonly string[]): SearchFilters {
  return {
    from: from || undefined,
    to: to || undefined,
    category: category || undefined,
    implementations: runs ? names : undefined,
  };
}

/** The address of a page of results. */
export function searchPath(fields: SearchFields, page: number): string {
  return `/search?${queryOf(fields)}${page > 1 ? `&page=${page}` : ""}`;
}

/** The address of the feed of a search. */
export function searchFeedPath(fields: SearchFields): string {
  return `/feeds/search/papers.atom?${queryOf(fields)}`;
}

/** A search in words, as the title of its feed says it: `“lora”, cs.CL, from 2026-01-01`. */
export function writeSearchFields({ q, from, to, category, runs }: SearchFields): string {
  return [
    ...(q === "" ? [] : [`“${q}”`]),
    ...(category === "" ? [] : [category]),
    ...(from === "" ? [] : [`from ${from}`]),
    ...(to === "" ? [] : [`to ${to}`]),
    ...(runs ? ["that run here"] : []),
  ].join(", ");
}

function queryOf({ q, from, to, category, runs }: SearchFields): string {
  const query = new URLSearchParams({ q });
  for (const [name, value] of Object.entries({ from, to, category })) if (value !== "") query.set(name, value);
  if (runs) query.set("runs", "on");
  return query.toString();
}

/** One line without control characters; a character of two halves is not cut in two. */
function plainText(value: string, most: number): string {
  return value
    .replaceAll(/\p{Cc}/gu, " ")
    .trim()
    .slice(0, most)
    .replace(/[\uD800-\uDBFF]$/, "");
}
