import { z } from "@hono/zod-openapi";
import { isDay } from "../look/dates.ts";
import { parseArxivId } from "../papers/arxiv-id.ts";
import { daysOfMonth, daysOfWeek } from "./periods.ts";
import type { PublishedCursor } from "./paper-list.queries.ts";

/** A whole number in the address, within bounds. */
function wholeNumber(least: number, most: number, whenAbsent: number, what: string) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .pipe(z.int().min(least, message).max(most, message))
    .optional()
    .default(whenAbsent)
    .openapi({ type: "integer", minimum: least, maximum: most, default: whenAbsent, description: what });
}

/** Beyond this page nobody reads; it bounds what the database must skip. */
const mostPages = 10_000;
const limit = wholeNumber(1, 100, 50, "How many at most.");

/** What `GET /api/daily_papers` is asked. */
export const dailyPapersQuery = z.object({
  p: wholeNumber(0, mostPages, 0, "Page, from 0; the last one has fewer papers than the limit."),
  limit,
  date: z
    .string()
    .refine(isStoredDay, "must be a day that exists, such as 2026-08-19")
    .optional()
    .openapi({ type: "string", format: "date", description: "Featured on this day.", example: "2026-08-19" }),
  week: z
    .string()
    .refine((text) => daysOfWeek(text) !== undefined, "must be an ISO week that exists, such as 2026-W34")
    .optional()
    .openapi({
      type: "string",
      pattern: String.raw`^[12]\d{3}-W(0[1-9]|[1-4]\d|5[0-3])$`,
      description: "Featured in this ISO week.",
    }),
  month: z
    .string()
    .refine((text) => daysOfMonth(text) !== undefined, "must be a month that exists, such as 2026-08")
    .optional()
    .openapi({
      type: "string",
      pattern: String.raw`^[12]\d{3}-(0[1-9]|1[0-2])$`,
      description: "Featured in this month.",
    }),
  submitter: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, "must be the name of an account")
    .optional()
    .openapi({ description: "Submitted by this account.", example: "ada" }),
  sort: z
    .enum(["publishedAt", "trending"])
    .default("publishedAt")
    .openapi({ description: "`publishedAt`: newest in the feed first; `trending`: hottest first." }),
});

/** What `GET /api/papers` is asked. */
export const papersQuery = z.object({
  cursor: z
    .string()
    .refine((text) => parseCursor(text) !== undefined, "must come from the Link header of the page before")
    .optional()
    .openapi({
      type: "string",
      maxLength: 64,
      pattern: String.raw`^\d{4}-\d{2}-\d{2}\.`,
      description: "From the `Link` header of the page before.",
    }),
  limit,
});

/** What `GET /api/papers/search` is asked. */
export const searchQuery = z.object({
  q: z
    .string()
    .max(250, "must have at most 250 characters")
    .refine((text) => !text.includes("\0"), "must not hold a null character")
    .openapi({
      type: "string",
      maxLength: 250,
      description: "Words, “a phrase”, an author, an arXiv id or link.",
      example: "mamba",
    }),
  limit: wholeNumber(1, 120, 50, "How many at most."),
});

/** The paper that a path names. */
export const paperParams = z.object({
  id: z
    .string()
    .max(64)
    .openapi({
      param: { name: "id", in: "path" },
      description: "arXiv id; a version is ignored.",
      example: "2409.19977",
    }),
});

/** Reads a cursor of `GET /api/papers`. */
export function parseCursor(text: string): PublishedCursor | undefined {
  const [, publishedOn, id] = /^(\d{4}-\d{2}-\d{2})\.(.{1,40})$/.exec(text) ?? [];
  if (publishedOn === undefined || id === undefined || !isStoredDay(publishedOn)) return undefined;
  return parseArxivId(id) === undefined ? undefined : { publishedOn, id };
}

export function writeCursor({ publishedOn, id }: PublishedCursor): string {
  return `${publishedOn}.${id}`;
}

/** A database knows no year 0. */
function isStoredDay(text: string): boolean {
  return isDay(text) && !text.startsWith("0000");
}
