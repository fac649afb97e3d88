import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { inTurn, postpone } from "../net/pace.ts";
import { FetchFailedError, safeFetch, type ResolveAll, type SafeAnswer } from "../net/safe-fetch.ts";
import { SourceRefusedError, SourceUnavailableError } from "./source-error.ts";

export interface RemoteOptions {
  readonly db: Kysely<Database>;
  /** Where the service is, e.g. `https://export.arxiv.org`; what an admin configured may be http and local. */
  readonly base: string;
  /** Who we are, with a contact: arXiv asks for it. */
  readonly userAgent: string;
  readonly signal?: AbortSignal | undefined;
  /** For tests: milliseconds between requests, for one request, and before the first further try. */
  readonly intervalMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly patienceMs?: number | undefined;
  readonly resolve?: ResolveAll | undefined;
  /** Told how each single request ended. */
  readonly onAsked?: ((service: string, outcome: Outcome) => void) | undefined;
}

/** How a request ended: well, with "not now", with something that we do not read, or not at all. */
export type Outcome = "answered" | "later" | "refused" | "failed";

export interface RemoteKind {
  /** One name for all endpoints of one operator: they share the pace. */
  readonly service: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Media types of an answer that we read. */
  readonly accepts: RegExp;
}

const mostTries = 4;
const firstPatienceMs = 3_000;
/** What a source asks us to wait longer than this is waited for by the job, not by the request. */
const longestWaitMs = 30_000;
/** Answers that say "not now". */
const notNow = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Asks a service until it answers well, at its pace, a few times at most. `read` turns the body into what is wanted; it
 * throws {@link FetchFailedError} for a body that came damaged, which is asked for again.
 * @throws {SourceUnavailableError} when it does not answer; `retryAfterMs` holds what it asked for.
 * @throws {SourceRefusedError} when it answers with something else than we read.
 */
export async function ask<T>(
  path: string,
  kind: RemoteKind,
  options: RemoteOptions,
  read: (body: Buffer) => T,
): Promise<T> {
  const { db, signal } = options;
  let last: SourceUnavailableError | undefined;
  for (let tries = 1; tries <= mostTries; tries += 1) {
    if (last !== undefined) await wait(last, tries, options);
    let outcome: Outcome = "failed";
    try {
      const answer = await inTurn(
        db,
        kind.service,
        {
          intervalMs: options.intervalMs ?? kind.intervalMs,
          leaseMs: 2 * (options.timeoutMs ?? kind.timeoutMs),
          signal,
        },
        () => get(path, kind, options),
      );
      if (!notNow.has(answer.status)) {
        outcome = "refused";
        const wanted = readAnswer(answer, path, kind, read);
        outcome = "answered";
        return wanted;
      }
      outcome = "later";
      const retryAfterMs = readRetryAfter(answer.headers["retry-after"]);
      if (retryAfterMs !== undefined) await postpone(db, kind.service, Math.min(retryAfterMs, longestWaitMs));
      last = new SourceUnavailableError(`${kind.service} answers ${answer.status} for now`, { retryAfterMs });
    } catch (cause) {
      if (!(cause instanceof FetchFailedError)) throw cause;
      outcome = "failed";
      last = new SourceUnavailableError(`${kind.service} cannot be read: ${cause.message}`, { cause });
    } finally {
      options.onAsked?.(kind.service, outcome);
    }
    if ((last.retryAfterMs ?? 0) > longestWaitMs) break;
  }
  throw last ?? new SourceUnavailableError(`${kind.service} was not asked`);
}

function readAnswer<T>(answer: SafeAnswer, path: string, kind: RemoteKind, read: (body: Buffer) => T): T {
  const type = answer.headers["content-type"] ?? "";
  if (answer.status === 404) throw new SourceRefusedError(`${kind.service} has no ${path}`);
  if (answer.status !== 200 && !kind.accepts.test(type)) {
    throw new SourceRefusedError(`${kind.service} answers ${answer.status} to ${path}`);
  }
  if (!kind.accepts.test(type)) {
    throw new SourceRefusedError(`${kind.service} answers ${path} with ${JSON.stringify(type)}, which is not read`);
  }
  return read(answer.body);
}

function get(path: string, kind: RemoteKind, options: RemoteOptions): Promise<SafeAnswer> {
  const base = new URL(options.base);
  const host = base.hostname.replace(/^\[|\]$/g, "");
  return safeFetch(new URL(path, base).href, {
    hosts: [host],
    // Plain http is only ever configured for something near; then it may be.
    localHosts: base.protocol === "http:" ? [host] : [],
    maxBytes: kind.maxBytes,
    timeoutMs: options.timeoutMs ?? kind.timeoutMs,
    headers: { "user-agent": options.userAgent },
    signal: options.signal,
    resolve: options.resolve,
  });
}

async function wait(last: SourceUnavailableError, tries: number, { patienceMs, signal }: RemoteOptions): Promise<void> {
  const ms = last.retryAfterMs ?? (patienceMs ?? firstPatienceMs) * 2 ** (tries - 2);
  await sleep(ms, undefined, signal === undefined ? {} : { signal });
}

/** `Retry-After`: seconds, or a date. */
function readRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,7}$/.test(text.trim())) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
