import { DailyPapersError } from "../errors.ts";

/** A source answered, but not with what was asked for: asking again in the same way will not help. */
export class SourceRefusedError extends DailyPapersError {
  override readonly name = "SourceRefusedError";
  readonly code = "SOURCE_REFUSED";
}

/** A source cannot be had for now. */
export class SourceUnavailableError extends DailyPapersError {
  override readonly name = "SourceUnavailableError";
  readonly code = "SOURCE_UNAVAILABLE";
  /** Milliseconds that it asks us to wait, where it says so. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, { retryAfterMs, cause }: { retryAfterMs?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}
