import { XMLParser, XMLValidator } from "fast-xml-parser";
import { z } from "zod";
import { parseArxivId } from "../papers/arxiv-id.ts";
import { cleanText } from "../papers/clean-text.ts";
import type { NewPaper } from "../papers/paper.ts";
import { FetchFailedError } from "../net/safe-fetch.ts";
import { SourceRefusedError } from "./source-error.ts";

export interface ArxivPage {
  readonly papers: readonly NewPaper[];
  /** How many results the query has on all pages. */
  readonly total: number;
  readonly start: number;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  // No entity is ever expanded by the parser, neither a document's own nor HTML's; see `decode` for XML's five.
  processEntities: false,
  isArray: (name) => ["entry", "author", "category", "link"].includes(name),
});

// An element with attributes is an object, one without is its text, an empty one is "".
const text = z.union([z.string(), z.looseObject({ "#text": z.string() }).transform((element) => element["#text"])]);
const optionalText = text.optional().catch(undefined);
const term = z.looseObject({ "@term": z.string() });
const entrySchema = z.looseObject({
  id: text,
  title: text,
  summary: optionalText,
  published: optionalText,
  updated: optionalText,
  author: z.array(z.looseObject({ name: optionalText })).default([]),
  category: z.array(term).default([]),
  primary_category: term.optional().catch(undefined),
  comment: optionalText,
  journal_ref: optionalText,
  doi: optionalText,
});
const feedSchema = z.looseObject({
  feed: z.looseObject({
    totalResults: optionalText,
    startIndex: optionalText,
    entry: z.array(z.unknown()).default([]),
  }),
});

/**
 * A page of arXiv's query interface. Entries that are no paper are left out.
 * @throws {FetchFailedError} when the document came damaged.
 * @throws {SourceRefusedError} when it declares entities or is arXiv's way to say that the query is wrong.
 */
export function readArxivFeed(body: Buffer): ArxivPage {
  const xml = body.toString("utf8");
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) throw new SourceRefusedError("arXiv's answer declares a document type");
  if (XMLValidator.validate(xml) !== true) throw new FetchFailedError("arXiv's answer is not whole");
  const { feed } = orRefuse(feedSchema.safeParse(parser.parse(xml)));
  const entries = feed.entry.flatMap((entry) => {
    const read = entrySchema.safeParse(entry);
    return read.success ? [read.data] : [];
  });
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && isError(first)) {
    throw new SourceRefusedError(`arXiv refuses the query: ${clean(first.summary) ?? "it does not say why"}`);
  }
  return {
    papers: entries.flatMap(toPaper),
    total: wholeNumber(feed.totalResults),
    start: wholeNumber(feed.startIndex),
  };
}

/** arXiv answers a wrong query with a feed of one entry that tells of it. */
function isError({ id, title }: { id: string; title: string }): boolean {
  return id.includes("/api/errors") || clean(title)?.toLowerCase() === "error";
}

function orRefuse<T>(read: z.ZodSafeParseResult<T>): T {
  if (!read.success) throw new SourceRefusedError("arXiv answers with XML that is no feed");
  return read.data;
}

function toPaper(entry: z.output<typeof entrySchema>): NewPaper[] {
  const named = parseArxivId(decode(entry.id));
  const publishedAt = readTime(entry.published);
  const title = clean(entry.title);
  if (named === undefined || publishedAt === undefined || title === undefined) return [];
  const primary = entry.primary_category?.["@term"];
  const terms = entry.category.map((category) => category["@term"]);
  const comment = clean(entry.comment);
  const abstract = clean(entry.summary) ?? "";
  const revisedAt = readTime(entry.updated);
  return [
    {
      id: named.id,
      title,
      abstract,
      authors: entry.author.flatMap((author) => clean(author.name) ?? []),
      publishedOn: publishedAt.toISOString().slice(0, 10),
      publishedAt,
      revisedAt,
      version: named.version,
      categories: [...new Set(primary === undefined ? terms : [primary, ...terms])].map(decode),
      journalRef: clean(entry.journal_ref),
      doi: clean(entry.doi),
      authorComment: comment,
      withdrawnAt: isWithdrawn(comment ?? "", abstract) ? revisedAt : undefined,
    },
  ];
}

const withdrawn = String.raw`(?:paper|article|submission|manuscript|preprint|work) (?:has been|is|was)(?: \w+)? withdrawn\b`;
const saysWithdrawn = new RegExp(
  String.raw`\b(?:this|the) ${withdrawn}|^(?:arxiv admin note: )?(?:${withdrawn}|withdrawn\b)`,
  "i",
);
const beginsWithdrawn = new RegExp(String.raw`^(?:this|the) ${withdrawn}`, "i");

/** arXiv has no field for it: authors and admins say it in the comment, or in the abstract's place. */
function isWithdrawn(comment: string, abstract: string): boolean {
  return saysWithdrawn.test(comment) || beginsWithdrawn.test(abstract);
}

function clean(value: string | undefined): string | undefined {
  return cleanText(decode(value ?? "")) || undefined;
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The five entities of XML and characters by number; whatever else begins with an ampersand stays as it is. */
function decode(value: string): string {
  return value.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,4}));/gi, (whole, decimal, hex, name) => {
    if (typeof name === "string") return named[name] ?? whole;
    const code = typeof decimal === "string" ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\uFFFD";
  });
}

function readTime(value: string | undefined): Date | undefined {
  const time = new Date(value ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function wholeNumber(value: string | undefined): number {
  return /^\d{1,9}$/.test(value ?? "") ? Number(value) : 0;
}
