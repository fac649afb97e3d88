import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CsvError, parse } from "csv-parse";
import { ToxicityDataError } from "./errors.ts";

/** A row of a file of texts. */
export interface TextRecord {
  /** From 1. */
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A row that is of no use, and why. Its text is not repeated: it may be offensive. */
export interface BrokenLine {
  readonly line: number;
  readonly reason: string;
}

/** Longest line, UTF-16 units; longer ones count as broken. */
const longestLine = 2 ** 20;

/**
 * Reads the rows of a file one after another: JSON objects, one a line, or `.csv` with a header row; each also as `.gz`. Broken rows
 * are told to `broken` and passed over.
 * @throws {ToxicityDataError} when the file cannot be read or unpacked.
 */
export async function* readRecords(file: string, broken: (line: BrokenLine) => void): AsyncGenerator<TextRecord> {
  try {
    yield* /\.csv(\.gz)?$/i.test(file) ? csvRecords(file) : jsonRecords(file, broken);
  } catch (error) {
    throw describeFault(file, error);
  }
}

function openText(file: string): Readable {
  const bytes = createReadStream(file);
  return file.endsWith(".gz") ? pipeline(bytes, createGunzip(), () => undefined) : bytes;
}

async function* csvRecords(file: string): AsyncGenerator<TextRecord> {
  const rows = openText(file).pipe(
    parse({ bom: true, columns: true, skip_empty_lines: true, info: true, relax_column_count: true }),
  );
  for await (const row of rows) {
    const { record, info } = row as { record: Record<string, string>; info: { lines: number } };
    yield { line: info.lines, values: record };
  }
}

async function* jsonRecords(file: string, broken: (line: BrokenLine) => void): AsyncGenerator<TextRecord> {
  for await (const { line, text } of linesOf(openText(file), broken)) {
    if (text.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      broken({ line, reason: "it is no JSON" });
      continue;
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      yield { line, values: value as Record<string, unknown> };
    else broken({ line, reason: "it is no JSON object" });
  }
}

/** The lines of UTF-8 bytes; what is too long is passed over without being held. */
async function* linesOf(
  bytes: Readable,
  broken: (line: BrokenLine) => void,
): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  const decoder = new TextDecoder();
  let [open, line, tooLong] = ["", 1, false];
  const take = (piece: string) => {
    if (!tooLong) open += piece;
    if (open.length <= longestLine) return;
    tooLong = true;
    open = "";
    broken({ line, reason: `it is longer than ${longestLine} characters` });
  };
  for await (const chunk of bytes) {
    const pieces = decoder.decode(chunk as Uint8Array, { stream: true }).split("\n");
    for (const [i, piece] of pieces.entries()) {
      take(piece);
      if (i === pieces.length - 1) break;
      if (!tooLong) yield { line, text: open };
      [open, tooLong] = ["", false];
      line++;
    }
  }
  take(decoder.decode());
  if (open !== "" && !tooLong) yield { line, text: open };
}

/** What stands at a path of names with points between: "prompt.text"; a column may itself have a point in its name. */
export function valueAt(values: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(values, path)) return values[path];
  return path.split(".").reduce<unknown>((at, name) => {
    return typeof at === "object" && at !== null && Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined;
  }, values);
}

/** Rows that may be broken before a file counts as something else: ten, or a tenth of all. */
export const tolerated = (rows: number): number => Math.max(10, Math.floor(rows / 10));

/** "3 of 120 rows are broken: line 4 (it is no JSON), line 9 (…), …" */
export function brokenText(broken: readonly BrokenLine[], rows: number): string {
  const shown = broken.slice(0, 5).map(({ line, reason }) => `line ${line} (${reason})`);
  const more = broken.length > shown.length ? ", …" : "";
  return `${broken.length} of ${rows} rows ${broken.length === 1 ? "is" : "are"} of no use: ${shown.join(", ")}${more}`;
}

function describeFault(file: string, error: unknown): unknown {
  if (error instanceof CsvError) return new ToxicityDataError(`${file} is no CSV: ${error.message.split("\n")[0]}`);
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return new ToxicityDataError(`${file} does not exist; name a file of texts`, { cause: error });
  if (code?.startsWith("Z_"))
    return new ToxicityDataError(`${file} is damaged: ${message}; get it again`, { cause: error });
  if (code !== undefined) return new ToxicityDataError(`${file} cannot be read: ${message}`, { cause: error });
  return error;
}
