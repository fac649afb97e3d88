import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { byteLines, decodeUtf8, MAX_DOCUMENT_BYTES, readBytes, wholeBytes, type ByteChunks } from "./byte-stream.ts";
import { parseRecord } from "./json-records.ts";
import { EmptyDataError, MalformedRecordError, UnreadableFileError } from "./errors.ts";

/** One document of a corpus and where it came from. */
export interface TextDocument {
  /** Line ends are `\n`. */
  readonly text: string;
  readonly file: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

export interface ReadTextsOptions {
  /** The field of a JSONL record that holds the text, default "text". */
  readonly field?: string | undefined;
  /** The most bytes of one document, default 256 MiB. */
  readonly maxDocumentBytes?: number | undefined;
}

/** What the name of a file says about its content. */
type TextFormat = "text" | "jsonl";

/**
 * The documents of text files (`.txt`, or any other name: one document a file) and JSONL files (`.jsonl`, `.ndjson`: one
 * document a line, blank lines skipped), each also as `.gz`. A folder stands for its `.txt`, `.jsonl` and `.ndjson` files,
 * sorted by name. At most one document is held in memory.
 * @throws {EmptyDataError} for a file without a document, {@link EncodingError} with the offset of the first byte that is
 *   no UTF-8, {@link TooLargeError}, {@link MalformedRecordError}, {@link UnreadableFileError}, {@link DamagedFileError}.
 */
export async function* readTexts(
  paths: readonly string[],
  options: ReadTextsOptions = {},
): AsyncGenerator<TextDocument> {
  for (const file of await filesOf(paths, textEnding)) yield* parseTexts(file, readBytes(file), options);
}

/** The documents in the bytes of one file, whose name tells the format. */
export async function* parseTexts(
  file: string,
  chunks: ByteChunks,
  { field = "text", maxDocumentBytes: limit = MAX_DOCUMENT_BYTES }: ReadTextsOptions = {},
): AsyncGenerator<TextDocument> {
  let documents = 0;
  if (formatOf(file) === "text") {
    const text = unixLines(decodeUtf8(file, await wholeBytes(file, chunks, limit)));
    if (text.trim() !== "") documents++;
    if (documents > 0) yield { text, file, line: 1 };
  } else {
    for await (const placed of byteLines(file, chunks, limit)) {
      const line = decodeUtf8(file, placed);
      if (line.trim() === "") continue;
      documents++;
      yield { text: unixLines(textOf(file, placed.line, line, field)), file, line: placed.line };
    }
  }
  if (documents === 0) throw new EmptyDataError(file, "the file is empty: it holds no text to train on");
}

/**
 * Files as they are, folders as their files with a fitting name, sorted.
 * @throws {UnreadableFileError | EmptyDataError}
 */
export async function filesOf(paths: readonly string[], ending: RegExp): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch((error: unknown) => {
      throw new UnreadableFileError(path, "it does not exist", error);
    });
    if (!found.isDirectory()) {
      files.push(path);
      continue;
    }
    const names = (await readdir(path)).filter((name) => ending.test(name)).toSorted();
    if (names.length === 0)
      throw new EmptyDataError(path, `no file of the folder has a name that fits ${ending.source}`);
    files.push(...names.map((name) => join(path, name)));
  }
  return files;
}

const textEnding = /\.(txt|jsonl|ndjson)(\.gz)?$/;

const formatOf = (file: string): TextFormat => (/\.(jsonl|ndjson)(\.gz)?$/.test(file) ? "jsonl" : "text");

const unixLines = (text: string) => (text.includes("\r") ? text.replaceAll("\r\n", "\n") : text);

function textOf(file: string, line: number, json: string, field: string): string {
  const record = parseRecord(file, line, json);
  const text = record[field];
  if (typeof text === "string") return text;
  const came = Object.keys(record).slice(0, 8).join(", ") || "none";
  throw new MalformedRecordError(
    file,
    line,
    `wanted the document's text in the field "${field}"; the record has ${came}. Name the right field`,
  );
}
