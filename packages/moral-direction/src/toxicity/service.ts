import { createHash } from "node:crypto";
import { z } from "zod";
import { ToxicityServiceError } from "./errors.ts";
import type { ToxicityMeasure } from "./measure.ts";

export interface ServiceOptions {
  /** Texts of one request. */
  readonly batch?: number;
  /** Of one request, milliseconds. */
  readonly timeout?: number;
  /** Tries after the first; the pause before the n-th is 2^(n−1) · `pause`, or what the service asks for. */
  readonly retries?: number;
  readonly pause?: number;
  /** Longest answer, bytes. */
  readonly bodyLimit?: number;
}

const answerSchema = z.object({ scores: z.array(z.number().min(0).max(1)) });

/** Longest pause that a service may ask for, milliseconds. */
const longestPause = 60_000;

/**
 * A service that is sent `POST {"texts": ["…", …]}` and answers `{"scores": [0.1, …]}`: one number from 0 to 1 for each text, in their order.
 * Connections that fail, time-outs, and the statuses 408, 425, 429 and 5xx are tried again; other answers are not.
 * @param url http or https; user name and password in it are sent as basic authorization and never shown.
 */
export function toxicityService(url: string, options: ServiceOptions = {}): ToxicityMeasure {
  const { batch = 64, timeout = 30_000, retries = 4, pause = 500, bodyLimit = 2 ** 20 } = options;
  const { target, shown, headers } = addressOf(url);

  async function attempt(texts: readonly string[], signal: AbortSignal | undefined): Promise<Float64Array> {
    const limited = AbortSignal.timeout(timeout);
    const response = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...headers },
      body: JSON.stringify({ texts }),
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, limited]) : limited,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new StatusFault(response.status, Number(response.headers.get("retry-after")) * 1000 || 0);
    }
    const body = await bodyOf(response, bodyLimit, shown);
    const answer = answerSchema.safeParse(parseJson(body));
    if (!answer.success)
      throw new ToxicityServiceError(
        shown,
        'wanted {"scores": [numbers from 0 to 1]}, something else came; check the address',
      );
    const { scores } = answer.data;
    if (scores.length !== texts.length)
      throw new ToxicityServiceError(shown, `${texts.length} texts were sent, ${scores.length} scores came`);
    return Float64Array.from(scores);
  }

  async function insist(texts: readonly string[], signal: AbortSignal | undefined): Promise<Float64Array> {
    for (let failures = 0; ; failures++) {
      try {
        return await attempt(texts, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof ToxicityServiceError) throw error;
        const reason = faultText(error, timeout);
        if (!isPassing(error)) throw new ToxicityServiceError(shown, reason, { cause: error });
        if (failures >= retries) {
          const told = `${reason}, ${retries + 1} times; see whether it runs, and start again`;
          throw new ToxicityServiceError(shown, told, { cause: error });
        }
        const asked = error instanceof StatusFault ? error.retryAfter : 0;
        await sleep(Math.min(longestPause, Math.max(asked, pause * 2 ** failures)), signal);
      }
    }
  }

  return {
    name: shown,
    id: `service@${createHash("sha256").update(shown).digest("hex").slice(0, 16)}`,
    knownError: {
      against: "nothing that is known here",
      biases: ["A service may change from one day to the next; its rates cannot be repeated once it has."],
    },
    async rate(texts, signal) {
      const rates = new Float64Array(texts.length);
      for (let at = 0; at < texts.length; at += batch) rates.set(await insist(texts.slice(at, at + batch), signal), at);
      return rates;
    },
  };
}

/** An answer without scores. */
class StatusFault extends Error {
  readonly status: number;
  /** Milliseconds. */
  readonly retryAfter: number;
  constructor(status: number, retryAfter: number) {
    super(`status ${status}`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

function addressOf(url: string): { target: string; shown: string; headers: Record<string, string> } {
  const parsed = new URL(URL.canParse(url) ? url : "none:");
  if (!["http:", "https:"].includes(parsed.protocol))
    throw new ToxicityServiceError(url, "wanted an address that begins with http:// or https://");
  const { username, password } = parsed;
  parsed.username = parsed.password = "";
  const secret = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  return {
    target: parsed.href,
    shown: `${parsed.origin}${parsed.pathname}`,
    headers: username === "" ? {} : { authorization: `Basic ${secret}` },
  };
}

async function bodyOf(response: Response, limit: number, shown: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > limit) throw new ToxicityServiceError(shown, `the answer is longer than ${limit} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof StatusFault ? [408, 425, 429].includes(error.status) || error.status >= 500 : true;

function faultText(error: unknown, timeout: number): string {
  if (error instanceof StatusFault) return `it answered with status ${error.status}`;
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${timeout} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  return `the connection failed (${cause instanceof Error ? cause.message : String(error)})`;
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
