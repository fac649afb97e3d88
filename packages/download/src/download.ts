import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Checksum, checksumOf } from "./checksum.ts";
import { DownloadError } from "./errors.ts";

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Tries for each address; a later one goes on where the connection broke. Default 4. */
  readonly attempts?: number | undefined;
  /** Longest wait for the next bytes, in ms. Default 30,000. */
  readonly idleTimeout?: number | undefined;
  /** Wait before the second try, in ms; doubled for each further one. Default 500. */
  readonly retryDelay?: number | undefined;
  /** A larger file is refused. Default 512 MiB. */
  readonly maxBytes?: number | undefined;
  /** Sent with each request; a redirect to another host does not get `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Told as bytes arrive; `total` where the server says it. */
  readonly onProgress?: ((progress: { file: string; bytes: number; total: number | undefined }) => void) | undefined;
}

export interface Download {
  /** Where the same content can be had, tried in order. */
  readonly urls: readonly string[];
  /** Where it goes. Bytes gather in `<target>.part`, which a later call continues. */
  readonly target: string;
  readonly checksum: Checksum;
  /** For the error: what to do instead. */
  readonly advice: string;
}

/** A fault after which another try of the same address is of no use. */
class PermanentFault extends Error {}

/**
 * Downloads one file, verified before it gets its name: under that name there is the whole file or none.
 * @throws {DownloadError} with each address and reason, when all tries are spent; the signal's reason when aborted.
 */
export async function downloadFile(download: Download, options: DownloadOptions = {}): Promise<void> {
  const { urls, target, checksum, advice } = download;
  const { signal, attempts = 4, retryDelay = 500 } = options;
  await mkdir(dirname(target), { recursive: true });
  const shared = `${target}.part`;
  // Renaming takes the partial file for this call alone, should another process be downloading the same.
  const part = `${target}.${process.pid}-${randomUUID().slice(0, 8)}.part`;
  await rename(shared, part).catch(() => undefined);
  const tried: string[] = [];
  let lastError: unknown;
  try {
    for (const url of urls) {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        try {
          await fetchInto(part, url, options);
          const came = await checksumOf(part, checksum);
          if (came === checksum) {
            await rename(part, target);
            return;
          }
          await rm(part);
          throw new Error(`the content is not the published one: wanted ${checksum}, came ${came}`);
        } catch (error) {
          signal?.throwIfAborted();
          lastError = error;
          tried.push(`${url}: ${reasonOf(error)}`);
          if (error instanceof PermanentFault) break;
          if (attempt < attempts) await delay(retryDelay * 2 ** (attempt - 1), undefined, { signal });
        }
      }
    }
  } finally {
    await rename(part, shared).catch(() => undefined);
  }
  throw new DownloadError(target, tried, advice, lastError);
}

/** Appends to `part` what is missing of it. */
async function fetchInto(part: string, url: string, options: DownloadOptions): Promise<void> {
  const { signal, idleTimeout = 30_000, maxBytes = 512 * 2 ** 20, headers = {}, onProgress } = options;
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(new Error(`no bytes for ${idleTimeout / 1000} s`)), idleTimeout);
  try {
    const have = await stat(part).then(
      (file) => file.size,
      () => 0,
    );
    const response = await fetch(url, {
      signal: signal === undefined ? idle.signal : AbortSignal.any([signal, idle.signal]),
      // Compressed transfers have no stable byte positions to continue at.
      headers: { ...headers, "accept-encoding": "identity", ...(have > 0 && { range: `bytes=${have}-` }) },
    });
    const start = response.headers.get("content-range")?.match(/^bytes (\d+)-/)?.[1];
    const continues = response.status === 206 && Number(start) === have;
    if (response.status === 416) {
      // The partial file is as long as the whole or longer: its checksum decides.
      await response.body?.cancel();
      return;
    }
    if (response.body === null || !(response.status === 200 || continues)) {
      await response.body?.cancel();
      const sentence = `HTTP ${response.status} ${response.statusText}`.trim();
      const passing = response.status >= 500 || [408, 425, 429].includes(response.status);
      throw passing ? new Error(sentence) : new PermanentFault(sentence);
    }
    const length = response.headers.get("content-length");
    let bytes = continues ? have : 0;
    const total = length === null ? undefined : bytes + Number(length);
    if (total !== undefined && total > maxBytes) throw new PermanentFault(tooLarge(maxBytes));
    await using file = await open(part, continues ? "a" : "w");
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      timer.refresh();
      bytes += chunk.length;
      if (bytes > maxBytes) throw new PermanentFault(tooLarge(maxBytes));
      await file.write(chunk);
      onProgress?.({ file: url, bytes, total });
    }
    await file.sync();
  } finally {
    clearTimeout(timer);
  }
}

const tooLarge = (maxBytes: number) => `larger than ${Math.floor(maxBytes / 2 ** 20)} MiB`;

/** The sentence of an error; fetch hides the real one in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0].message;
  return cause instanceof Error && cause.message !== "" ? `${error.message}: ${cause.message}` : error.message;
}
