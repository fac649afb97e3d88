import { LongLoraError } from "../errors.ts";

/** Where in the data a fault lies, for {@link LongLoraDataError}. */
interface Place {
  readonly file?: string | undefined;
  /** Counted from 1. */
  readonly line?: number | undefined;
  readonly cause?: unknown;
}

/** Base of every error about training data: `file` and `line` say where, as far as known. */
export abstract class LongLoraDataError extends LongLoraError {
  readonly file: string | undefined;
  readonly line: number | undefined;
  constructor(message: string, { file, line, cause }: Place = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.file = file;
    this.line = line;
  }
}

/** The file or folder cannot be opened or read to its end. */
export class UnreadableFileError extends LongLoraDataError {
  override readonly name = "UnreadableFileError";
  readonly code = "UNREADABLE_FILE";
  constructor(file: string, reason: string, cause?: unknown) {
    super(`${file}: cannot be read: ${reason}`, { file, cause });
  }
}

/** A compressed file that ends early or is damaged. */
export class DamagedFileError extends LongLoraDataError {
  override readonly name = "DamagedFileError";
  readonly code = "DAMAGED_FILE";
  constructor(file: string, reason: string, cause?: unknown) {
    super(`${file}: ${reason}; get the file again, or compress it again`, { file, cause });
  }
}

/** Bytes that are no UTF-8; `offset` counts from 0, in the unpacked bytes of a compressed file. */
export class EncodingError extends LongLoraDataError {
  override readonly name = "EncodingError";
  readonly code = "ENCODING";
  readonly offset: number;
  constructor(file: string, offset: number, found: string, line?: number) {
    const where = line === undefined ? "" : `, line ${line}`;
    super(`${file}: byte ${offset}${where}: ${found}; wanted UTF-8 text. Convert the file (iconv -t UTF-8)`, {
      file,
      line,
    });
    this.offset = offset;
  }
}

/** A document, record or line beyond the bound that keeps memory in hand. */
export class TooLargeError extends LongLoraDataError {
  override readonly name = "TooLargeError";
  readonly code = "TOO_LARGE";
  readonly limit: number;
  constructor(file: string, what: string, limit: number, line?: number) {
    super(
      `${file}${line === undefined ? "" : `:${line}`}: ${what} is longer than ${limit} bytes, the most that is read as one; ` +
        `split it into several files or records`,
      { file, line },
    );
    this.limit = limit;
  }
}

/** A record that does not hold what one must. */
export class MalformedRecordError extends LongLoraDataError {
  override readonly name = "MalformedRecordError";
  readonly code = "MALFORMED_RECORD";
  constructor(file: string, line: number, problem: string, cause?: unknown) {
    super(`${file}:${line}: ${problem}`, { file, line, cause });
  }
}

/** Nothing to read where something is needed. */
export class EmptyDataError extends LongLoraDataError {
  override readonly name = "EmptyDataError";
  readonly code = "EMPTY_DATA";
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`, { file });
  }
}

/** Data that can be read, but on which training would learn nothing or fail. */
export class UntrainableDataError extends LongLoraDataError {
  override readonly name = "UntrainableDataError";
  readonly code = "UNTRAINABLE_DATA";
}
