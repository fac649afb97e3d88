import { pino, type DestinationStream, type Logger } from "pino";
import { DailyPapersError, errorCode } from "../errors.ts";

/** What the server says of itself. Neither addresses nor tokens nor texts of readers are ever given to it. */
export interface Log {
  /** One answered request. */
  readonly request: (facts: RequestFacts) => void;
  /** Something happened that an admin wants to know. */
  readonly info: (message: string, facts?: Readonly<Record<string, string | number>>) => void;
  /** Something went wrong that no reader could be told. */
  readonly error: (error: unknown) => void;
}

interface RequestFacts {
  /** The same as in the answer's `X-Request-Id`. */
  readonly id: string;
  readonly method: string;
  /** The pattern of the address, not the address: tokens of mails are parts of addresses. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** Lines of JSON for a collector; what looks like an address, a token or a password is taken out of messages first. */
export function jsonLog(destination: DestinationStream): Log {
  const logger: Logger = pino(
    { base: { app: "offprint-daily-papers", pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  );
  return {
    request: ({ milliseconds, ...facts }) =>
      logger.info({ ...facts, ms: Math.round(milliseconds * 10) / 10 }, "request"),
    info: (message, facts) => logger.info(facts ?? {}, redact(message)),
    error: (error) => logger.error({ code: codeOf(error), stack: stackOf(error) }, redact(messageOf(error))),
  };
}

/** Quiet lines for a person at a terminal: what happened and what went wrong, not each request. */
export function plainLog(write: (text: string) => void): Log {
  return {
    request: () => undefined,
    info: (message) => write(`${redact(message)}\n`),
    error: (error) => write(`offprint: ${redact(stackOf(error) ?? messageOf(error))}\n`),
  };
}

/**
 * A message without what could be a reader's or an admin's: mail addresses, passwords in addresses of servers, and words
 * that are long and random enough to be tokens.
 */
export function redact(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, "$1[redacted]@")
    .replaceAll(/[^\s@<>"'(),:;=/]+@[^\s@<>"'(),:;=/]+\.[a-z]{2,}/gi, "[mail address]")
    .replaceAll(/\bv1\.\d+\.[\w-]+\.[\w-]{20,}/g, "[token]")
    .replaceAll(/(?<![\w/.-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{30,}(?![\w/.-])/g, "[token]");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof DailyPapersError ? error.code : errorCode(error);
}

/** Where it came from, for what only a developer can mend. */
function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof DailyPapersError) return undefined;
  return redact(error.stack ?? error.message);
}
