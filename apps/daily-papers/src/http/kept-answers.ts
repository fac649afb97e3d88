import type { Context, MiddlewareHandler, Next } from "hono";
import type { AppEnv } from "../app-env.ts";
import { knows } from "./etag.ts";

/** An answer as it goes out, packed where the reader takes that. */
interface Kept {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  readonly tag: string;
  readonly until: number;
}

export interface KeptAnswersOptions {
  /** Whether everybody without a cookie gets the same from this path, as long as the papers stay as they are. */
  readonly isShared: (path: string) => boolean;
  /** What the answers depend on. */
  readonly versionOf: (c: Context<AppEnv>) => Promise<string>;
  /** Milliseconds that a version is believed. */
  readonly believedMs?: number;
}

const mostBytes = 32 * 2 ** 20;
const longestAddress = 300;
/** Milliseconds after which an answer is made anew whatever the version: some of it, as "today", goes by the clock. */
const keptMs = 20_000;
/** What belongs to one answer alone. */
const passing = /^(?:transfer-encoding|ratelimit.*|retry-after|x-request-id)$/i;

/**
 * Keeps whole answers, packed, for readers without a cookie: most readers of a busy page, who all get the same bytes. A
 * change of the papers shows after a second at most; who is signed in never gets a kept answer.
 */
export function keptAnswers({ isShared, versionOf, believedMs = 1000 }: KeptAnswersOptions): MiddlewareHandler<AppEnv> {
  const answers = new Map<string, Kept>();
  const making = new Map<string, Promise<unknown>>();
  let bytes = 0;
  let version = "";
  let believedUntil = 0;
  let asking: Promise<void> | undefined;

  const refresh = async (c: Context<AppEnv>): Promise<void> => {
    const found = await versionOf(c);
    if (found !== version) {
      answers.clear();
      bytes = 0;
      version = found;
    }
    believedUntil = performance.now() + believedMs;
  };

  const give = (c: Context<AppEnv>, key: string): Response | undefined => {
    const known = answers.get(key);
    if (known === undefined || known.until <= performance.now()) return undefined;
    const fresh = knows(c.req.header("if-none-match"), known.tag);
    return new Response(fresh ? null : known.body, {
      status: fresh ? 304 : 200,
      headers: known.headers.filter(([name]) => !fresh || !/^content-/i.test(name)) as [string, string][],
    });
  };

  /** Makes the answer, and keeps it if everybody may have it. */
  const make = async (c: Context<AppEnv>, key: string, next: Next): Promise<void> => {
    const asked = version;
    await next();
    const { headers, status } = c.res;
    const tag = headers.get("etag");
    if (status !== 200 || tag === null || headers.has("set-cookie")) return;
    const body = new Uint8Array(await c.res.arrayBuffer());
    const kept = [...headers].filter(([name]) => !passing.test(name));
    c.res = new Response(body, { status, headers: [...headers].filter(([name]) => name !== "transfer-encoding") });
    if (asked !== version || bytes + body.length > mostBytes) return;
    bytes += body.length - (answers.get(key)?.body.length ?? 0);
    answers.set(key, { headers: kept, body, tag, until: performance.now() + keptMs });
  };

  return async (c, next) => {
    const { method, url, path } = c.req;
    if (method !== "GET" || c.req.header("cookie") !== undefined || url.length > longestAddress || !isShared(path))
      return next();
    if (performance.now() >= believedUntil) {
      await (asking ??= refresh(c).finally(() => (asking = undefined)));
    }
    const key = `${c.req.header("accept-encoding") ?? ""} ${c.req.header("accept") ?? ""} ${url}`;
    // Of many who ask for the same at once, one has it made and the others wait for that.
    const others = making.get(key);
    if (others !== undefined) await others;
    const known = give(c, key);
    if (known !== undefined) {
      c.res = known;
      return undefined;
    }
    const made = make(c, key, next);
    if (!making.has(key)) {
      const settled = made.catch(() => undefined).finally(() => making.delete(key));
      making.set(key, settled);
    }
    return made;
  };
}
