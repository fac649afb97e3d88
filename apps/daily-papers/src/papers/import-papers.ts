import type { Kysely } from "kysely";
import { z } from "zod";
import { refreshStatistics } from "../database/refresh-statistics.ts";
import type { Database } from "../database/schema.ts";
import { readDailyPapers } from "../sources/hugging-face.ts";
import type { NewPaper } from "./paper.ts";
import { checkPaper, PaperUnusableError, upsertPapers } from "./save-papers.ts";

export interface ImportProgress {
  /** Lines that were read, empty ones left out. */
  readonly lines: number;
  readonly bytes: number;
  readonly added: number;
  readonly changed: number;
  /** Lines that are no paper; they are left out, and the others are kept. */
  readonly broken: number;
}

export interface BrokenLine {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
}

export interface ImportOptions {
  /** Called after each batch that was kept. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly onBroken?: ((line: BrokenLine) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Papers that are kept in one transaction: all of them or none. */
const batchSize = 500;
/** A line that is longer is no paper. */
const mostCharacters = 2_000_000;

/**
 * Keeps papers of a dump, one JSON object a line. Stopped anywhere, it can be called again with the same lines: what is
 * known already is not changed.
 */
export async function importPapers(
  db: Kysely<Database>,
  lines: AsyncIterable<string>,
  { onProgress, onBroken, signal }: ImportOptions = {},
): Promise<ImportProgress> {
  let progress: ImportProgress = { lines: 0, bytes: 0, added: 0, changed: 0, broken: 0 };
  let [number, read, bytes, broken] = [0, 0, 0, 0];
  let batch: NewPaper[] = [];
  const keep = async () => {
    signal?.throwIfAborted();
    const saved = await db.transaction().execute((trx) => upsertPapers(trx, batch, { source: "import" }));
    batch = [];
    const [added, changed] = [progress.added + saved.added.length, progress.changed + saved.changed.length];
    progress = { lines: read, bytes, added, changed, broken };
    onProgress?.(progress);
  };
  for await (const line of lines) {
    number += 1;
    bytes += Buffer.byteLength(line) + 1;
    if (line.trim() === "") continue;
    read += 1;
    const paper = readLine(line);
    if (typeof paper === "string") {
      broken += 1;
      onBroken?.({ line: number, reason: paper });
    } else batch.push(paper);
    if (batch.length === batchSize) await keep();
  }
  await keep();
  await refreshStatistics(db);
  return progress;
}

const words = z.string().optional().catch(undefined);
const count = z.int().nonnegative().optional().catch(undefined);
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .optional()
  .catch(undefined);
const names = z.array(z.string());
const lineSchema = z.looseObject({
  id: z.string(),
  title: z.string(),
  abstract: z.string(),
  authors: names,
  publishedAt: z.string().regex(/^\d{4}-\d{2}-\d{2}/),
  day: z.iso.date().optional(),
  upvotes: count,
  numComments: count,
  submittedOnDailyAt: time,
  ai_summary: words,
  ai_keywords: names.optional().catch(undefined),
  githubRepo: words,
  githubStars: count,
  projectPage: words,
  organization: words,
  categories: names.optional().catch(undefined),
  version: z.int().positive().optional().catch(undefined),
  revisedAt: time,
  doi: words,
  journalRef: words,
  comment: words,
  license: words,
  withdrawnAt: time,
  // What a dump of a site like this one says of that site alone.
  votes: count,
  implementation: words,
});

/** The paper of a line, in our own words or as Hugging Face tells of it; otherwise why it is none. */
function readLine(line: string): NewPaper | string {
  if (line.length > mostCharacters) return "it is too long";
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return "it is not JSON";
  }
  try {
    const paper = toPaper(json);
    if (typeof paper !== "string") checkPaper(paper);
    return paper;
  } catch (error) {
    if (error instanceof PaperUnusableError) return error.message;
    throw error;
  }
}

function toPaper(json: unknown): NewPaper | string {
  if (typeof json === "object" && json !== null && "paper" in json) {
    const { papers, unusable } = readDailyPapers([json]);
    return papers[0] ?? unusable[0] ?? "it holds no paper";
  }
  const read = lineSchema.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    return issue === undefined ? "it is no paper" : `${issue.path.join(".") || "the line"}: ${issue.message}`;
  }
  const { data } = read;
  const published = new Date(data.publishedAt);
  return {
    id: data.id,
    title: data.title,
    abstract: data.abstract,
    authors: data.authors,
    publishedOn: data.publishedAt.slice(0, 10),
    publishedAt: Number.isNaN(published.getTime()) ? undefined : published,
    revisedAt: data.revisedAt,
    version: data.version,
    categories: data.categories,
    journalRef: data.journalRef,
    doi: data.doi,
    authorComment: data.comment,
    license: data.license,
    summary: data.ai_summary,
    keywords: data.ai_keywords,
    codeUrl: data.githubRepo,
    codeStars: data.githubStars,
    projectUrl: data.projectPage,
    organization: data.organization,
    votesElsewhere: data.upvotes,
    commentsElsewhere: data.numComments,
    withdrawnAt: data.withdrawnAt,
    featuredOn: data.day,
    ...(data.submittedOnDailyAt?.toISOString().slice(0, 10) === data.day && { featuredAt: data.submittedOnDailyAt }),
    extra: Object.fromEntries(Object.entries(data).filter(([name]) => !(name in lineSchema.shape))),
  };
}
