/** A feed, before it is written in one of its three forms. Texts are plain; TeX in them stays TeX. */
export interface FeedDocument {
  /** Never changes. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** The page that shows the same to people. */
  readonly page: string;
  readonly self: string;
  /** The page of the feed with older entries. */
  readonly next: string | undefined;
  /** Of the newest entry; undefined where there is none. */
  readonly updated: Date | undefined;
  readonly entries: readonly FeedEntry[];
}

export interface FeedEntry {
  /** Never changes, and is the same in every feed. */
  readonly id: string;
  readonly title: string;
  readonly url: string;
  /** When it came in. Votes, comments and corrections do not change it: nobody is shown an entry twice. */
  readonly date: Date;
  readonly authors: readonly string[];
  readonly summary: string;
  /** Our own HTML, its texts escaped. */
  readonly html: string;
  readonly tags: readonly string[];
  /** Where the thing itself is, outside this site. */
  readonly related?: string | undefined;
}

export type FeedFormat = "atom" | "rss" | "json";

export const feedTypes: Readonly<Record<FeedFormat, string>> = {
  atom: "application/atom+xml",
  rss: "application/rss+xml",
  json: "application/feed+json",
};

/** What an empty feed says of its time; a feed must say something. */
export const beginning = new Date("2026-01-01T00:00:00Z");
