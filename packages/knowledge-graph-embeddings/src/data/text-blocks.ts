import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { BadLines } from "./bad-lines.ts";
import { DamagedFileError, EncodingError, KgeDataError, UnreadableFileError } from "./errors.ts";

/** Some whole lines of a file. */
export interface TextBlock {
  /** Lines with their line ends; only a file's last line may lack one. */
  readonly text: string;
  /** Number of the first line, from 1. */
  readonly firstLine: number;
}

/** A longer line is not a triple but a mistake; with it the memory for one file is bounded. */
export const MAX_LINE_BYTES = 1 << 20;
const CHUNK_BYTES = 1 << 18;
const NEWLINE = 10;

/**
 * A UTF-8 text file, `.gz` or plain, in blocks of whole lines. A byte order mark is dropped. Lines that are too long or
 * not UTF-8 go to `badLines` and come out blank, so that the numbering stays.
 * @throws {UnreadableFileError | DamagedFileError | EncodingError | MalformedLineError}
 */
export async function* textBlocks(file: string, badLines: BadLines): AsyncGenerator<TextBlock> {
  let line = 1;
  try {
    for await (const lines of wholeLines(openBytes(file))) {
      if (lines === "too long") {
        badLines.report(file, line, `longer than ${MAX_LINE_BYTES} bytes`, "");
        line++;
        continue;
      }
      const bytes = line === 1 ? withoutMark(file, lines) : lines;
      yield {
        text: isUtf8(bytes) ? bytes.toString("utf8") : blankBadLines(file, line, bytes, badLines),
        firstLine: line,
      };
      line += count(lines, NEWLINE);
    }
  } catch (error) {
    throw describeFault(file, line - 1, error);
  }
}

function openBytes(file: string): Readable {
  const bytes = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  if (!file.endsWith(".gz")) return bytes;
  // The callback is where a fault of either stream ends; both also reach the reader of the last stream.
  return pipeline(bytes, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined);
}

/** Cuts a stream at line ends. A line beyond the bound is dropped and told of. */
async function* wholeLines(stream: Readable): AsyncGenerator<Buffer | "too long"> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let dropping = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let rest = chunk;
    const firstEnd = rest.indexOf(NEWLINE) + 1;
    if (dropping || heldBytes + (firstEnd || rest.length) > MAX_LINE_BYTES) {
      held = [];
      heldBytes = 0;
      dropping = firstEnd === 0;
      if (dropping) continue;
      yield "too long";
      rest = rest.subarray(firstEnd);
    }
    const end = rest.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield Buffer.concat([...held, rest.subarray(0, end)]);
      held = [];
      heldBytes = 0;
    }
    if (end < rest.length) {
      held.push(rest.subarray(end));
      heldBytes += rest.length - end;
    }
  }
  if (dropping) yield "too long";
  if (heldBytes > 0) yield Buffer.concat(held);
}

/** The first block without a UTF-8 byte order mark; other encodings are told apart by theirs. */
function withoutMark(file: string, bytes: Buffer): Buffer {
  const start = bytes.toString("hex", 0, 3);
  if (start === "efbbbf") return bytes.subarray(3);
  if (start.startsWith("fffe") || start.startsWith("feff")) throw new EncodingError(file, "UTF-16");
  if (start.startsWith("1f8b")) throw new EncodingError(file, "a gzip file (its name should end in .gz)");
  return bytes;
}

function blankBadLines(file: string, firstLine: number, block: Buffer, badLines: BadLines): string {
  const lines: string[] = [];
  for (let start = 0; start < block.length;) {
    const end = block.indexOf(NEWLINE, start) + 1 || block.length;
    const bytes = block.subarray(start, end);
    if (isUtf8(bytes)) {
      lines.push(bytes.toString("utf8"));
    } else {
      badLines.report(file, firstLine + lines.length, "not UTF-8", bytes.toString("latin1").trimEnd());
      lines.push("\n");
    }
    start = end;
  }
  return lines.join("");
}

function count(bytes: Buffer, value: number): number {
  let found = 0;
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, at + 1)) found++;
  return found;
}

function describeFault(file: string, linesBefore: number, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof KgeDataError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "Z_BUF_ERROR") return new DamagedFileError(file, linesBefore, "the gzip data ends too early", error);
  if (code.startsWith("Z_"))
    return new DamagedFileError(file, linesBefore, `damaged gzip data: ${error.message}`, error);
  if (error.constructor.name === "Error" && "syscall" in error) {
    return new UnreadableFileError(file, code === "ENOENT" ? "it does not exist" : error.message, error);
  }
  return error;
}
