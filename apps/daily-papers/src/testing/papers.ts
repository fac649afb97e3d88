import type { Paper } from "../papers/paper.ts";

/** A paper with the given fields; the others are those of a paper of which little is known. */
export function examplePaper(fields: Partial<Paper> = {}): Paper {
  return {
    id: "2409.19977",
    title: "A Paper",
    abstract: "What it says.",
    authors: ["Ada Example"],
    publishedOn: "2024-09-30",
    codeUrl: undefined,
    implementation: undefined,
    source: "arxiv",
    publishedAt: undefined,
    revisedAt: undefined,
    version: undefined,
    categories: [],
    journalRef: undefined,
    doi: undefined,
    authorComment: undefined,
    license: undefined,
    summary: undefined,
    keywords: [],
    projectUrl: undefined,
    organization: undefined,
    codeStars: undefined,
    votesElsewhere: 0,
    commentsElsewhere: 0,
    votes: 0,
    comments: 0,
    hotness: 0,
    featuredOn: undefined,
    featuredAt: undefined,
    submittedBy: undefined,
    withdrawnAt: undefined,
    changedAt: new Date("2026-01-01T00:00:00Z"),
    ...fields,
  };
}
