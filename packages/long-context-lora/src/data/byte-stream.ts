import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DamagedFileError, EncodingError, LongLoraDataError, TooLargeError, UnreadableFileError } from "./errors.ts";

/** Bytes of a file, unpacked where its name ends in `.gz`. */
export type ByteChunks = AsyncIterable<Uint8Array>;

/** Some bytes of a file with the place where they begin. */
export interface PlacedBytes {
  readonly bytes: Uint8Array;
  /** From 0. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
}

/** The most bytes that are read as one document or record: text beyond it would not fit a JavaScript string's neighbours. */
export const MAX_DOCUMENT_BYTES = 256 << 20;

const CHUNK_BYTES = 1 << 18;
const NEWLINE = 10;

/** @throws {UnreadableFileError | DamagedFileError} while reading. */
export async function* readBytes(file: string): ByteChunks {
  try {
    yield* openBytes(file);
  } catch (error) {
    throw describeFault(file, error);
  }
}

function openBytes(file: string): Readable {
  const bytes = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  if (!file.endsWith(".gz")) return bytes;
  // The callback is where a fault of either stream ends; both also reach the reader of the last stream.
  return pipeline(bytes, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined);
}

/** All bytes at once. @throws {TooLargeError} beyond `limit`, before more is held. */
export async function wholeBytes(file: string, chunks: ByteChunks, limit: number): Promise<PlacedBytes> {
  const held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limit) throw new TooLargeError(file, "a text file, which is one document,", limit);
    held.push(chunk);
  }
  return { bytes: Buffer.concat(held, length), offset: 0, line: 1 };
}

/** The lines without their ends. @throws {TooLargeError} at a line beyond `limit`, before more of it is held. */
export async function* byteLines(file: string, chunks: ByteChunks, limit: number): AsyncGenerator<PlacedBytes> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let [offset, line] = [0, 1];
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      const newline = chunk.indexOf(NEWLINE, start);
      const piece = chunk.subarray(start, newline < 0 ? chunk.length : newline);
      heldBytes += piece.length;
      if (heldBytes > limit) throw new TooLargeError(file, "a line", limit, line);
      held.push(piece);
      start += piece.length + 1;
      if (newline < 0) break;
      yield { bytes: Buffer.concat(held, heldBytes), offset, line };
      offset += heldBytes + 1;
      line++;
      held = [];
      heldBytes = 0;
    }
  }
  if (heldBytes > 0) yield { bytes: Buffer.concat(held, heldBytes), offset, line };
}

/**
 * The text of bytes. A byte order mark at the start of a file is dropped.
 * @throws {EncodingError} with the first byte that is no UTF-8, or at a mark of UTF-16.
 */
export function decodeUtf8(file: string, { bytes, offset, line }: PlacedBytes): string {
  const start = Buffer.from(bytes.subarray(0, 3)).toString("hex");
  if (offset === 0 && (start.startsWith("fffe") || start.startsWith("feff")))
    throw new EncodingError(file, 0, "a byte order mark of UTF-16");
  if (offset === 0 && start.startsWith("1f8b"))
    throw new EncodingError(file, 0, "a gzip file (its name should end in .gz)");
  const text = offset === 0 && start === "efbbbf" ? bytes.subarray(3) : bytes;
  if (isUtf8(text)) return Buffer.from(text.buffer, text.byteOffset, text.length).toString("utf8");
  const at = firstBadByte(bytes);
  const found = `0x${bytes[at]!.toString(16).padStart(2, "0")} is no UTF-8 here`;
  throw new EncodingError(file, offset + at, found, line + linesBefore(bytes, at));
}

/** Where the first character begins that is none. */
function firstBadByte(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length + 1]; // a prefix of `good` bytes decodes, one of `bad` does not
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (mayBeginUtf8(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  while (!isUtf8(bytes.subarray(0, good))) good--; // the longest good prefix may end within a character
  return good;
}

function mayBeginUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function linesBefore(bytes: Uint8Array, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

function describeFault(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof LongLoraDataError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "Z_BUF_ERROR") return new DamagedFileError(file, "the gzip data ends too early", error);
  if (code.startsWith("Z_")) return new DamagedFileError(file, `damaged gzip data: ${error.message}`, error);
  if ("syscall" in error)
    return new UnreadableFileError(file, code === "ENOENT" ? "it does not exist" : error.message, error);
  return error;
}
