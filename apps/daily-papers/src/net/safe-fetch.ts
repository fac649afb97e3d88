import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { callbackify, promisify } from "node:util";
import { Agent, request, type Dispatcher } from "undici";
import { DailyPapersError } from "../errors.ts";
import { isPublicAddress } from "./public-address.ts";

/** An address that we do not ask: of another host, not by https, or inside somebody's network. */
export class FetchRefusedError extends DailyPapersError {
  override readonly name = "FetchRefusedError";
  readonly code = "FETCH_REFUSED";
  constructor(host: string, why: string) {
    super(`${host} is not asked: ${why}`);
  }
}

/** The other side could not be reached, broke off, was too slow or sent too much. */
export class FetchFailedError extends DailyPapersError {
  override readonly name = "FetchFailedError";
  readonly code = "FETCH_FAILED";
}

/** Finds all addresses of a name; tests give their own. */
export type ResolveAll = (
  hostname: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export interface SafeFetchOptions {
  /** Names of the hosts that may be asked, first and after a redirect. */
  readonly hosts: readonly string[];
  /** Those of them that may be reached by plain http, on any port and at a private address: what an admin configured so. */
  readonly localHosts?: readonly string[] | undefined;
  /** Most bytes of an answer's body. */
  readonly maxBytes: number;
  /** Milliseconds for everything: names, redirects and the whole body. */
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly resolve?: ResolveAll | undefined;
}

export interface SafeAnswer {
  readonly status: number;
  /** By lower-case name; of several with one name the first. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Address that answered in the end. */
  readonly url: string;
}

const mostRedirects = 3;
const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * Gets an address without being led astray: only named hosts, by https; every address of a name's DNS answer must be
 * public and the connection goes to one that was checked, so that a second answer changes nothing; each of at most three
 * redirects is checked likewise; time and bytes are bounded; nothing but the given headers is sent.
 * @throws {FetchRefusedError} @throws {FetchFailedError}
 */
export async function safeFetch(address: string, options: SafeFetchOptions): Promise<SafeAnswer> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  let url = checkUrl(address, options);
  for (let step = 0; ; step += 1) {
    const answer = await askOnce(url, options, signal).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      if (error instanceof DailyPapersError) throw error;
      const refusal = refusalIn(error);
      if (refusal !== undefined) throw refusal;
      const why = timeout.aborted ? `took longer than ${options.timeoutMs / 1000} s` : `broke off (${describe(error)})`;
      throw new FetchFailedError(`${url.hostname} ${why}`, { cause: error });
    });
    const target = redirects.has(answer.status) ? answer.headers["location"] : undefined;
    if (target === undefined) return answer;
    if (step === mostRedirects) throw new FetchRefusedError(url.hostname, `more than ${mostRedirects} redirects`);
    if (!URL.canParse(target, url)) throw new FetchRefusedError(url.hostname, "it redirects to no address");
    url = checkUrl(new URL(target, url).href, options);
  }
}

function checkUrl(address: string, { hosts, localHosts = [] }: SafeFetchOptions): URL {
  if (!URL.canParse(address)) throw new FetchRefusedError("the address", "it is none");
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!hosts.includes(host)) throw new FetchRefusedError(host, "it is none of the hosts that may be asked");
  if (url.username !== "" || url.password !== "") throw new FetchRefusedError(host, "its address holds a password");
  if (localHosts.includes(host)) {
    if (url.protocol === "http:" || url.protocol === "https:") return url;
    throw new FetchRefusedError(host, "only http and https are spoken");
  }
  if (url.protocol !== "https:") throw new FetchRefusedError(host, "only https is spoken");
  if (url.port !== "") throw new FetchRefusedError(host, "only the usual port is asked");
  // Numeric hosts are connected to without a look-up.
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new FetchRefusedError(host, "it is not a public address");
  return url;
}

async function askOnce(url: URL, options: SafeFetchOptions, signal: AbortSignal): Promise<SafeAnswer> {
  const local = options.localHosts?.includes(url.hostname.replace(/^\[|\]$/g, "")) ?? false;
  const agent = new Agent({
    connect: { lookup: lookupThrough(options.resolve ?? resolveBySystem, local) },
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    maxHeaderSize: 16_384,
    pipelining: 0,
  });
  try {
    const answer = await request(url, {
      dispatcher: agent,
      signal,
      // What is packed could unpack to anything.
      headers: { "accept-encoding": "identity", ...options.headers },
    });
    return {
      status: answer.statusCode,
      headers: headersOf(answer),
      body: await readBody(answer, options.maxBytes, url.hostname),
      url: url.href,
    };
  } finally {
    await agent.destroy();
  }
}

async function readBody(answer: Dispatcher.ResponseData, maxBytes: number, host: string): Promise<Buffer> {
  const encoding = headersOf(answer)["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw new FetchFailedError(`${host} sent a body packed by ${JSON.stringify(encoding)}`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new FetchFailedError(`${host} sent more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function headersOf({ headers }: Dispatcher.ResponseData): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name.toLowerCase(), first]];
    }),
  );
}

/**
 * The look-up of a connection. It gives no address when one of those found is not public: a name with one foot inside
 * somebody's network is not to be trusted.
 */
function lookupThrough(resolve: ResolveAll, local: boolean): LookupFunction {
  const find = callbackify(async (hostname: string): Promise<LookupAddress[]> => {
    const found = (await resolve(hostname)).map(({ address, family }) => ({ address, family }));
    if (found.length === 0) throw new FetchFailedError(`${hostname} has no address`);
    if (!local && !found.every(({ address }) => isPublicAddress(address))) {
      throw new FetchRefusedError(hostname, "its name leads to an address that is not public");
    }
    return found;
  });
  return (hostname, { all }, done) => {
    find(hostname, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) done(error, "", 0);
      else if (all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

const lookup = promisify(systemLookup);
const resolveBySystem: ResolveAll = (hostname) => lookup(hostname, { all: true });

/** Our own refusal, which comes out of the connection wrapped in other errors. */
function refusalIn(error: unknown): FetchRefusedError | undefined {
  if (error instanceof FetchRefusedError) return error;
  if (error instanceof AggregateError) return error.errors.map(refusalIn).find((found) => found !== undefined);
  return error instanceof Error && error.cause !== undefined ? refusalIn(error.cause) : undefined;
}

function describe(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "of itself";
}
