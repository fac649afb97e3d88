import { createHash } from "node:crypto";
import type { Context } from "hono";

/** How an answer may be kept and when it has changed. */
export interface Freshness {
  /** What the answer depends on: the same parts, the same answer. */
  readonly parts: readonly unknown[];
  readonly changedAt?: Date | undefined;
  /** Seconds that anybody may keep the answer without asking; undefined: only its reader keeps it, and asks each time. */
  readonly publicSeconds?: number;
}

/**
 * Answers 304 without a body to one who has the answer already, and makes it otherwise. The tag is weak: the same
 * content goes out zipped and plain.
 */
export async function answerFresh(
  c: Context,
  { parts, changedAt, publicSeconds }: Freshness,
  make: () => Response | Promise<Response>,
): Promise<Response> {
  const tag = tagOf(parts);
  c.header("ETag", tag);
  if (changedAt !== undefined) c.header("Last-Modified", changedAt.toUTCString());
  c.header(
    "Cache-Control",
    publicSeconds === undefined ? "private, no-cache" : `public, max-age=${publicSeconds}, stale-while-revalidate=60`,
  );
  return isKnown(c, tag, changedAt) ? c.body(null, 304) : make();
}

/** A weak entity tag of whatever can be written as JSON. */
function tagOf(parts: readonly unknown[]): string {
  return `W/"${createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22)}"`;
}

/** Whether the reader has this answer. As HTTP has it, a date counts only where no tag was sent. */
function isKnown(c: Context, tag: string, changedAt: Date | undefined): boolean {
  if (c.req.method !== "GET" && c.req.method !== "HEAD") return false;
  const tags = c.req.header("if-none-match");
  if (tags !== undefined) return knows(tags, tag);
  const since = Date.parse(c.req.header("if-modified-since") ?? "");
  return changedAt !== undefined && Math.floor(changedAt.getTime() / 1000) * 1000 <= since;
}

/** Whether a reader who sends these tags has the answer of this one. @param tags the header `If-None-Match`. */
export function knows(tags: string | undefined, tag: string): boolean {
  const opaque = (text: string) => text.trim().replace(/^W\//, "");
  return tags !== undefined && (tags.trim() === "*" || tags.split(",").some((known) => opaque(known) === opaque(tag)));
}
