import { type BadLine, MalformedLineError } from "./errors.ts";

/** Lines that could not be read: how many, and the first hundred of them. */
export interface BadLineReport {
  readonly count: number;
  readonly lines: readonly BadLine[];
}

const LISTED = 100;
const EXCERPT_CHARACTERS = 96;

/** Decides what happens to a bad line: an error, or, when skipping, an entry in the report. */
export class BadLines implements BadLineReport {
  readonly skip: boolean;
  readonly lines: BadLine[] = [];
  count = 0;
  constructor(skip: boolean) {
    this.skip = skip;
  }

  /** @throws {MalformedLineError} unless bad lines are skipped. */
  report(file: string, line: number, reason: string, text: string): void {
    const bad = { file, line, reason, excerpt: excerpt(text) };
    if (!this.skip) throw new MalformedLineError(bad);
    this.count++;
    if (this.lines.length < LISTED) this.lines.push(bad);
  }
}

/** The start of `text` in quotes, with tabs and other control characters made visible. */
function excerpt(text: string): string {
  const start = text.slice(0, EXCERPT_CHARACTERS);
  return JSON.stringify(start) + (start.length < text.length ? "…" : "");
}
