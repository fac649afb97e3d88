import { KgeError } from "../errors.ts";

/** Where in the data a fault lies, for {@link KgeDataError}. */
interface Place {
  readonly file?: string | undefined;
  /** Counted from 1. */
  readonly line?: number | undefined;
  readonly cause?: unknown;
}

/** Base of every error about a graph's data: `code` is stable, `file` and `line` say where, as far as known. */
export abstract class KgeDataError extends KgeError {
  readonly file: string | undefined;
  readonly line: number | undefined;
  constructor(message: string, { file, line, cause }: Place = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.file = file;
    this.line = line;
  }
}

/** A line that is no triple. `reason` and a bounded `excerpt` say what came instead. */
export class MalformedLineError extends KgeDataError {
  override readonly name = "MalformedLineError";
  readonly code = "MALFORMED_LINE";
  readonly reason: string;
  readonly excerpt: string;
  constructor({ file, line, reason, excerpt }: BadLine) {
    super(`${file}:${line}: ${reason}; the line is ${excerpt}. Mend it, or skip bad lines (--skip-bad-lines)`, {
      file,
      line,
    });
    this.reason = reason;
    this.excerpt = excerpt;
  }
}

/** One line that could not be read. */
export interface BadLine {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  /** The start of the line, quoted, at most about a hundred characters. */
  readonly excerpt: string;
}

/** The file or folder cannot be opened or read to its end (absent, forbidden, a device fault). */
export class UnreadableFileError extends KgeDataError {
  override readonly name = "UnreadableFileError";
  readonly code = "UNREADABLE_FILE";
  constructor(file: string, reason: string, cause?: unknown) {
    super(`${file}: cannot be read: ${reason}`, { file, cause });
  }
}

/** A compressed file that ends early or is damaged. `line` counts the lines read before. */
export class DamagedFileError extends KgeDataError {
  override readonly name = "DamagedFileError";
  readonly code = "DAMAGED_FILE";
  constructor(file: string, line: number, reason: string, cause?: unknown) {
    super(`${file}: ${reason} (after ${line} whole lines); get the file again, or compress it again`, {
      file,
      line,
      cause,
    });
  }
}

/** Text in another encoding than UTF-8 as a whole (single bad lines are malformed lines). */
export class EncodingError extends KgeDataError {
  override readonly name = "EncodingError";
  readonly code = "ENCODING";
  constructor(file: string, found: string) {
    super(`${file}: looks like ${found}; wanted UTF-8 text. Convert the file, or name it by what it is`, {
      file,
      line: 1,
    });
  }
}

/** A file or folder that holds no triples where some are needed. */
export class EmptyDataError extends KgeDataError {
  override readonly name = "EmptyDataError";
  readonly code = "EMPTY_DATA";
  constructor(file: string, detail: string) {
    super(`${file}: no triples; ${detail}. Wanted one "head<TAB>relation<TAB>tail" a line`, { file });
  }
}

/** Too few triples to set some aside for validation and test. */
export class TooFewTriplesError extends KgeDataError {
  override readonly name = "TooFewTriplesError";
  readonly code = "TOO_FEW_TRIPLES";
  readonly triples: number;
  constructor(file: string, triples: number) {
    super(
      `${file}: ${triples} distinct ${triples === 1 ? "triple" : "triples"}; at least 3 are needed to set one aside for ` +
        `validation and one for test. Add triples, or give a folder with train, valid and test`,
      { file },
    );
    this.triples = triples;
  }
}

/** A folder or file whose names do not say what is in it. */
export class LayoutError extends KgeDataError {
  override readonly name = "LayoutError";
  readonly code = "LAYOUT";
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`, { file });
  }
}

/** A label that the vocabulary does not hold; `matches` are the closest ones. */
export class UnknownLabelError extends KgeDataError {
  override readonly name = "UnknownLabelError";
  readonly code = "UNKNOWN_LABEL";
  readonly kind: string;
  readonly label: string;
  readonly matches: readonly string[];
  constructor(kind: string, label: string, matches: readonly { readonly label: string; readonly name: string }[]) {
    const close = matches.map((match) => (match.name === match.label ? match.label : `${match.label} (${match.name})`));
    super(
      `no ${kind} is called ${JSON.stringify(label)}; ` +
        (close.length > 0 ? `close ones: ${close.join(", ")}` : `nothing comes close`),
    );
    this.kind = kind;
    this.label = label;
    this.matches = matches.map((match) => match.label);
  }
}

/** A name that several labels bear; `matches` are those labels. */
export class AmbiguousLabelError extends KgeDataError {
  override readonly name = "AmbiguousLabelError";
  readonly code = "AMBIGUOUS_LABEL";
  readonly kind: string;
  readonly label: string;
  readonly matches: readonly string[];
  constructor(kind: string, label: string, matches: readonly string[]) {
    super(`more than one ${kind} is called ${JSON.stringify(label)}: give one of ${matches.join(", ")}`);
    this.kind = kind;
    this.label = label;
    this.matches = matches;
  }
}

/** Neither an existing path nor a known name. */
export class UnknownDatasetError extends KgeDataError {
  override readonly name = "UnknownDatasetError";
  readonly code = "UNKNOWN_DATASET";
  readonly matches: readonly string[];
  constructor(asked: string, matches: readonly string[], known: readonly string[]) {
    super(
      `no file, folder or dataset is called ${JSON.stringify(asked)}; ` +
        (matches.length > 0 ? `did you mean ${matches.join(" or ")}? ` : "") +
        `Known names: ${known.join(", ")}. Or give a folder with train, valid and test`,
    );
    this.matches = matches;
  }
}

/** Content that is not what its published checksum or counts say. */
export class IntegrityError extends KgeDataError {
  override readonly name = "IntegrityError";
  readonly code = "INTEGRITY";
  readonly wanted: string;
  readonly came: string;
  constructor(file: string, wanted: string, came: string, advice: string) {
    super(`${file}: wanted ${wanted}, came ${came}; ${advice}`, { file });
    this.wanted = wanted;
    this.came = came;
  }
}

/** A stored vocabulary that does not hold what one must. */
export class DamagedVocabularyError extends KgeDataError {
  override readonly name = "DamagedVocabularyError";
  readonly code = "DAMAGED_VOCABULARY";
  constructor(file: string, reason: string, cause?: unknown) {
    super(`${file}: not a vocabulary: ${reason}; restore the file from where it was trained`, { file, cause });
  }
}
