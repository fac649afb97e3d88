import type { Day } from "../database/schema.ts";

/** An arXiv paper as the site knows it. */
export interface Paper {
  /** arXiv id without version, e.g. `2409.19977`. */
  readonly id: string;
  /** Plain text with TeX in it; so is the abstract. */
  readonly title: string;
  readonly abstract: string;
  readonly authors: readonly string[];
  readonly publishedOn: Day;
  readonly codeUrl: string | undefined;
  /** Name of the package that runs this paper. */
  readonly implementation: string | undefined;
}

const arxivId = /^\d{4}\.\d{4,5}$/;

/** Whether a text is an arXiv id of the new style, without version. */
export function isArxivId(text: string): boolean {
  return arxivId.test(text);
}
