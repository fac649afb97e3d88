import type { Day, PaperSource } from "../database/schema.ts";

/** An arXiv paper as the site knows it. What no source told is undefined, or empty where it is a list. */
export interface Paper {
  /** arXiv id without version, e.g. `2409.19977`. */
  readonly id: string;
  /** Plain text with TeX in it; so is the abstract. */
  readonly title: string;
  readonly abstract: string;
  /** Names in the order of the paper. */
  readonly authors: readonly string[];
  readonly publishedOn: Day;
  readonly codeUrl: string | undefined;
  /** Name of the package that runs this paper. */
  readonly implementation: string | undefined;

  /** Who told of it first. */
  readonly source: PaperSource;
  /** Time of the first version. */
  readonly publishedAt: Date | undefined;
  /** Time of the newest version. */
  readonly revisedAt: Date | undefined;
  /** Number of the newest version that we heard of. */
  readonly version: number | undefined;
  /** arXiv's categories, the primary one first. */
  readonly categories: readonly string[];
  readonly journalRef: string | undefined;
  readonly doi: string | undefined;
  /** arXiv's "comment" field. */
  readonly authorComment: string | undefined;
  /** Address of the licence. */
  readonly license: string | undefined;
  /** One sentence. */
  readonly summary: string | undefined;
  readonly keywords: readonly string[];
  readonly projectUrl: string | undefined;
  readonly organization: string | undefined;
  readonly codeStars: number | undefined;

  /** As an imported source counts. */
  readonly votesElsewhere: number;
  readonly commentsElsewhere: number;
  readonly votes: number;
  /** Comments that are shown. */
  readonly comments: number;
  readonly hotness: number;
  /** Its first day in the feed. */
  readonly featuredOn: Day | undefined;
  readonly featuredAt: Date | undefined;
  /** Name of the account that submitted it here. */
  readonly submittedBy: string | undefined;
  /** Name of who submitted it to the feed that it came from, on Hugging Face. */
  readonly submitterElsewhere: string | undefined;
  readonly withdrawnAt: Date | undefined;
  readonly changedAt: Date;
}

/** A paper as a source tells it. What it does not tell is left as it is known. */
export interface NewPaper {
  readonly id: string;
  readonly title: string;
  readonly abstract: string;
  readonly authors: readonly string[];
  readonly publishedOn: Day;
  readonly publishedAt?: Date | undefined;
  readonly revisedAt?: Date | undefined;
  readonly version?: number | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly journalRef?: string | undefined;
  readonly doi?: string | undefined;
  readonly authorComment?: string | undefined;
  readonly license?: string | undefined;
  readonly summary?: string | undefined;
  readonly keywords?: readonly string[] | undefined;
  readonly codeUrl?: string | undefined;
  readonly codeStars?: number | undefined;
  readonly projectUrl?: string | undefined;
  readonly organization?: string | undefined;
  readonly votesElsewhere?: number | undefined;
  readonly commentsElsewhere?: number | undefined;
  readonly withdrawnAt?: Date | undefined;
  /** The day whose feed it enters. */
  readonly featuredOn?: Day | undefined;
  /** When it entered; the day's beginning where only the day is known. */
  readonly featuredAt?: Date | undefined;
  /** Id of the account that submitted it. */
  readonly submittedBy?: string | undefined;
  /** Fields of the source that this version does not know, by their names there. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}
