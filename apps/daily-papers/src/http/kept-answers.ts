import type { Context, MiddlewareHandler, Next } from "hono";
import { routePath } from "hono/route";
import type { AppEnv } from "../app-env.ts";
import { knows } from "./etag.ts";

/** An answer as it goes out, packed where the reader takes that. */
interface Kept {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  /** The pattern of the address that made it. */
  readonly route: string;
  readonly tag: string;
  readonly until: number;
}

export interface KeptAnswersOptions {
  /**
   * Which of several answers everybody of a kind gets from an address, as long as the papers stay as they are; undefined:
   * each reader has an own one.
   */
  readonly variantOf: (c: Context<AppEnv>) => string | undefined;
  /** What the answers depend on. */
  readonly versionOf: () => Promise<string>;
  /** Milliseconds that a version is believed. */
  readonly believedMs?: number;
  /** Bytes of all answers that are kept; the oldest make room. */
  readonly mostBytes?: number;
}

const longestAddress = 300;
/** Milliseconds after which an answer is made anew whatever the version: some of it, as "today", goes by the clock. */
const keptMs = 20_000;
/** What belongs to one answer alone. */
const passing = /^(?:transfer-encoding|ratelimit.*|retry-after|x-request-id)$/i;

/**
 * Keeps whole answers, packed, for readers who are not signed in: most readers of a busy page, who all get the same bytes. A
 * change of the papers shows after a second at most; who is signed in never gets a kept answer. Stands before whatever adds
 * headers or refuses: a kept answer has been through all of it, for the same address with the same host.
 */
export function keptAnswers({
  variantOf,
  versionOf,
  believedMs = 1000,
  mostBytes = 32 * 2 ** 20,
}: KeptAnswersOptions): MiddlewareHandler<AppEnv> {
  const answers = new Map<string, Kept>();
  const making = new Map<string, Promise<unknown>>();
  let bytes = 0;
  let version = "";
  let believedUntil = 0;
  let asking: Promise<void> | undefined;

  const refresh = async (): Promise<void> => {
    const found = await versionOf();
    if (found !== version) {
      answers.clear();
      bytes = 0;
      version = found;
    }
    believedUntil = performance.now() + believedMs;
  };

  const remove = (key: string): void => {
    bytes -= answers.get(key)?.body.length ?? 0;
    answers.delete(key);
  };

  const give = (c: Context<AppEnv>, key: string): Response | undefined => {
    const known = answers.get(key);
    if (known === undefined || known.until <= performance.now()) return undefined;
    c.set("keptRoute", known.route);
    // Headers of a plain object, and none set afterwards: so they go out as they are.
    const own = { "x-request-id": c.var.requestId };
    if (!knows(c.req.header("if-none-match"), known.tag))
      return new Response(known.body, { headers: { ...known.headers, ...own } });
    const headers = Object.entries(known.headers).filter(([name]) => !name.startsWith("content-"));
    return new Response(null, { status: 304, headers: { ...Object.fromEntries(headers), ...own } });
  };

  /** Makes the answer, and keeps it if everybody may have it. */
  const make = async (c: Context<AppEnv>, key: string, next: Next): Promise<void> => {
    const asked = version;
    await next();
    const { headers, status } = c.res;
    const tag = headers.get("etag");
    if (status !== 200 || tag === null || headers.has("set-cookie")) return;
    const body = new Uint8Array(await c.res.arrayBuffer());
    c.res = new Response(body, { status, headers: [...headers].filter(([name]) => name !== "transfer-encoding") });
    if (asked !== version || body.length > mostBytes) return;
    remove(key);
    for (const oldest of answers.keys()) {
      if (bytes + body.length <= mostBytes) break;
      remove(oldest);
    }
    bytes += body.length;
    const kept = Object.fromEntries([...headers].filter(([name]) => !passing.test(name)));
    answers.set(key, { headers: kept, body, tag, route: routePath(c), until: performance.now() + keptMs });
  };

  return async (c, next) => {
    const { method, url } = c.req;
    if (method !== "GET" || url.length > longestAddress) return next();
    const variant = variantOf(c);
    if (variant === undefined) return next();
    if (performance.now() >= believedUntil) {
      await (asking ??= refresh().finally(() => (asking = undefined)));
    }
    const key = [variant, c.req.header("accept-encoding"), c.req.header("accept"), url].join(" ");
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
