import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { keyedHash, secretOf } from "../secrets.ts";

/** As many papers are looked at, the newest ones: what is kept of each in memory and on disk is a few kilobytes. */
export const mostPapers = 20_000;
/** With fewer, nothing is worked out in advance: the words of the few are compared when a page is asked for. */
export const leastPapers = 50;
/** A paper counts as liked for others only from so many readers on: no list rests on one other reader's vote. */
export const leastLikes = 3;
/** Beyond these a paper's facts tell little of each: a survey by three hundred people is not near to all their papers. */
const mostAuthors = 40;
const mostKeywords = 20;

/** What recommendations know of a paper. */
export interface GraphPaper {
  readonly id: string;
  readonly title: string;
  readonly abstract: string;
  readonly authors: readonly string[];
  readonly keywords: readonly string[];
  readonly categories: readonly string[];
  readonly organization?: string | undefined;
}

/** A reader's vote. The reader is a keyed hash, which only this installation can tell again. */
interface Like {
  readonly reader: string;
  readonly paperId: string;
}

export interface KnowledgeGraph {
  /** Newest first. */
  readonly papers: readonly GraphPaper[];
  readonly likes: readonly Like[];
}

/** Relations of the graph. The head is always a paper, but for `likes`, whose head is a reader. */
export const relations = {
  author: "written by",
  keyword: "about",
  category: "in category",
  organization: "from",
} as const;
export type FactKind = keyof typeof relations;
const likes = "likes";

/** Something that a paper has in common with others. */
export interface Fact {
  readonly kind: FactKind;
  /** As it is written on the paper. */
  readonly name: string;
  /** The entity in the graph: the same for all ways to write it. */
  readonly label: string;
}

/** Head, relation and tail. */
export type Triple = readonly [head: string, relation: string, tail: string];

/** The newest papers with what is known of them, and the votes for those that several readers like. */
export async function readGraph(db: Kysely<Database>, most = mostPapers): Promise<KnowledgeGraph> {
  const rows = await db
    .selectFrom("paper")
    .select(["id", "title", "abstract", "authors", "keywords", "categories", "organization"])
    .where("withdrawn_at", "is", null)
    .orderBy("published_on", "desc")
    .orderBy("id")
    .limit(most)
    .execute();
  const known = new Set(rows.map(({ id }) => id));
  const key = await secretOf(db, "recommendations");
  const votes = await db
    .selectFrom("vote")
    .innerJoin("paper", "paper.id", "vote.paper_id")
    .select(["vote.account_id", "vote.paper_id"])
    .where("paper.votes", ">=", leastLikes)
    .orderBy("vote.paper_id")
    .orderBy("vote.account_id")
    .execute();
  return {
    papers: rows.map(({ organization, ...paper }) => ({ ...paper, organization: organization ?? undefined })),
    likes: votes
      .filter(({ paper_id }) => known.has(paper_id))
      .map(({ account_id, paper_id }) => ({ reader: keyedHash(key, account_id).slice(0, 16), paperId: paper_id })),
  };
}

/** What a paper may share with others, each once. */
export function factsOf({ authors, keywords, categories, organization }: GraphPaper): Fact[] {
  const facts = [
    ...authors.slice(0, mostAuthors).map((name) => factNamed("author", name)),
    ...keywords.slice(0, mostKeywords).map((name) => factNamed("keyword", name)),
    ...categories.map((name) => factNamed("category", name)),
    ...(organization === undefined ? [] : [factNamed("organization", organization)]),
  ];
  const byLabel = new Map(facts.map((fact) => [fact.label, fact]));
  return [...byLabel.values()];
}

function factNamed(kind: FactKind, name: string): Fact {
  return { kind, name, label: `${kind}:${kind === "category" ? name : unified(name, kind)}` };
}

/** One spelling for `Large Language Models (LLMs)` and `large-language models`. */
function unified(name: string, kind: FactKind): string {
  const words = name.normalize("NFKC").toLowerCase();
  const core = kind === "keyword" ? words.replace(/\([^)]*\)/g, " ").replace(/[-_/]+/g, " ") : words;
  return core.replace(/\s+/g, " ").trim() || words.replace(/\s+/g, " ").trim();
}

/** More than this share of all papers says little: "large language models". */
const mostShare = 0.05;

/**
 * The graph as triples, in a fixed order. An entity that only one paper has connects nothing and is left out; so is
 * what every twentieth paper has, but for categories, of which each paper has a few.
 */
export function triplesOf({ papers, likes: liked }: KnowledgeGraph): Triple[] {
  const facts = papers.map(factsOf);
  const counts = new Map<string, number>();
  for (const { label } of facts.flat()) counts.set(label, (counts.get(label) ?? 0) + 1);
  const most = Math.max(20, mostShare * papers.length);
  const triples = papers.flatMap(({ id }, index) =>
    (facts[index] ?? []).flatMap(({ kind, label }): Triple[] => {
      const count = counts.get(label) ?? 0;
      const tells = count > 1 && (kind === "category" || count <= most);
      return tells ? [[paperLabel(id), relations[kind], label]] : [];
    }),
  );
  for (const { reader, paperId } of liked) triples.push([`reader:${reader}`, likes, paperLabel(paperId)]);
  return triples;
}

/** The entity that a paper is in the graph. */
export function paperLabel(id: string): string {
  return `paper:${id}`;
}
