import { z } from "zod";
import type { Day } from "../database/schema.ts";
import { isArxivId } from "../papers/arxiv-id.ts";
import type { NewPaper } from "../papers/paper.ts";
import { FetchFailedError } from "../net/safe-fetch.ts";
import { ask, type RemoteKind, type RemoteOptions } from "./remote.ts";
import { SourceRefusedError } from "./source-error.ts";

/** 500 requests in five minutes are allowed without an account; we are content with less. */
const huggingFace: RemoteKind = {
  service: "huggingface",
  intervalMs: 1_000,
  timeoutMs: 30_000,
  maxBytes: 20_000_000,
  accepts: /^application\/json\b/,
};

const pageSize = 100;
const mostPages = 10;

export interface DailyPapers {
  readonly papers: readonly NewPaper[];
  /** What was left out, and why. */
  readonly unusable: readonly string[];
}

/**
 * The papers that Hugging Face featured on a day, in its order.
 * @throws {SourceUnavailableError} @throws {SourceRefusedError}
 */
export async function huggingFaceDay(day: Day, options: RemoteOptions): Promise<DailyPapers> {
  const items: unknown[] = [];
  for (let page = 0; page < mostPages; page += 1) {
    const query = new URLSearchParams({ date: day, limit: String(pageSize), p: String(page) });
    const some = await ask(`/api/daily_papers?${query}`, huggingFace, options, readItems);
    items.push(...some);
    if (some.length < pageSize) break;
  }
  const read = readDailyPapers(items, day);
  // For a day without papers it may show an earlier one: those papers belong to their own day.
  const own = readDailyPapers(items);
  const fellBack = own.papers.length > 0 && own.papers.every((paper) => (paper.featuredOn ?? day) < day);
  return fellBack ? own : read;
}

// A field of another kind than we know counts as not told; it is kept among the unknown ones.
const words = z.string().optional().catch(undefined);
const count = z.int().nonnegative().optional().catch(undefined);
const time = z.coerce.date().optional().catch(undefined);
const user = z.looseObject({ name: words, user: words }).optional().catch(undefined);
const organization = z.looseObject({ name: words, fullname: words }).optional().catch(undefined);
const paperSchema = z.looseObject({
  id: z.string(),
  title: z.string(),
  summary: words,
  authors: z.array(z.looseObject({ name: words, hidden: z.boolean().optional().catch(undefined) })).catch([]),
  publishedAt: z.coerce.date(),
  submittedOnDailyAt: time,
  submittedOnDailyBy: user,
  upvotes: count,
  ai_summary: words,
  ai_keywords: z.array(z.string()).optional().catch(undefined),
  githubRepo: words,
  githubStars: count,
  projectPage: words,
  organization,
  withdrawnAt: time,
});
const itemSchema = z.looseObject({ paper: paperSchema, numComments: count, submittedBy: user, organization });

/** Item fields that repeat the paper's, and accounts, which are nobody's business here. */
const known = new Set([...Object.keys(paperSchema.shape), ...Object.keys(itemSchema.shape), "title", "summary"]);

/** Reads items of `/api/daily_papers`; one that is no paper is told of, and the others are read. */
export function readDailyPapers(items: readonly unknown[], day?: Day): DailyPapers {
  const papers: NewPaper[] = [];
  const unusable: string[] = [];
  for (const [index, item] of items.entries()) {
    const read = itemSchema.safeParse(item);
    if (!read.success) unusable.push(`item ${index + 1}: ${z.prettifyError(read.error)}`);
    else if (!isArxivId(read.data.paper.id)) unusable.push(`item ${index + 1}: its id is none of arXiv's`);
    else papers.push(toPaper(read.data, day));
  }
  return { papers, unusable };
}

function toPaper(item: z.output<typeof itemSchema>, day: Day | undefined): NewPaper {
  const { paper } = item;
  const submitter = paper.submittedOnDailyBy ?? item.submittedBy;
  const organizationOf = paper.organization ?? item.organization;
  const featuredAt = paper.submittedOnDailyAt;
  const featuredOn = day ?? featuredAt?.toISOString().slice(0, 10);
  const submitterName = submitter?.user ?? submitter?.name;
  return {
    id: paper.id,
    title: paper.title,
    abstract: paper.summary ?? "",
    authors: paper.authors.flatMap(({ name, hidden }) => (name === undefined || hidden === true ? [] : [name])),
    publishedOn: paper.publishedAt.toISOString().slice(0, 10),
    publishedAt: paper.publishedAt,
    summary: paper.ai_summary,
    keywords: paper.ai_keywords,
    codeUrl: paper.githubRepo,
    codeStars: paper.githubStars,
    projectUrl: paper.projectPage,
    organization: organizationOf?.fullname ?? organizationOf?.name,
    votesElsewhere: paper.upvotes,
    commentsElsewhere: item.numComments,
    withdrawnAt: paper.withdrawnAt,
    featuredOn,
    // A paper that is looked for by day belongs to that day, whatever its own fields say.
    ...(featuredAt?.toISOString().slice(0, 10) === featuredOn && { featuredAt }),
    extra: {
      ...rest(item),
      ...rest(paper),
      ...(submitterName !== undefined && { submitterElsewhere: submitterName }),
    },
  };
}

function rest(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !known.has(name)));
}

function readItems(body: Buffer): unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new FetchFailedError("Hugging Face's answer is not whole", { cause });
  }
  if (Array.isArray(json)) return json;
  const refusal = z.looseObject({ error: z.string() }).safeParse(json);
  throw new SourceRefusedError(
    `Hugging Face answers with ${refusal.success ? JSON.stringify(refusal.data.error) : "something else than a list"}`,
  );
}
