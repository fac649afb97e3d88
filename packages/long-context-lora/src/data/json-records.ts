import { byteLines, decodeUtf8, type ByteChunks, type PlacedBytes } from "./byte-stream.ts";
import { EmptyDataError, MalformedRecordError, TooLargeError } from "./errors.ts";

/** A JSON object of a file and where it begins. */
export interface PlacedRecord {
  readonly record: Readonly<Record<string, unknown>>;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/**
 * The objects of a file that holds one JSON object a line, or of one that holds a JSON array of objects; the first sign
 * tells which. One object is held at a time, so that the size of the file does not matter.
 * @throws {MalformedRecordError | TooLargeError | EncodingError | EmptyDataError}
 */
export async function* jsonRecords(file: string, chunks: ByteChunks, limit: number): AsyncGenerator<PlacedRecord> {
  const { isArray, all } = await peek(file, chunks, limit);
  let records = 0;
  for await (const placed of isArray ? arrayElements(file, all, limit) : byteLines(file, all, limit)) {
    const json = decodeUtf8(file, placed);
    if (json.trim() === "") continue;
    records++;
    yield { record: parseRecord(file, placed.line, json), file, line: placed.line };
  }
  if (records === 0) throw new EmptyDataError(file, "the file is empty: it holds no record");
}

/** One JSON object. @throws {MalformedRecordError} with the line. */
export function parseRecord(file: string, line: number, json: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MalformedRecordError(file, line, `no JSON: ${reason.slice(0, 120)}; wanted an object`, error);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new MalformedRecordError(file, line, `wanted a JSON object; ${json.slice(0, 40)} came`);
}

/**
 * Whether the first sign that is no space opens an array; the chunks are given back whole.
 * @throws {TooLargeError} when there is none within `limit` bytes: few packed bytes can be gigabytes of spaces.
 */
async function peek(
  file: string,
  chunks: ByteChunks,
  limit: number,
): Promise<{ readonly isArray: boolean; readonly all: ByteChunks }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let seenBytes = 0;
  let first: number | undefined;
  while (first === undefined) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    seen.push(value);
    seenBytes += value.length;
    if (seenBytes > limit) throw new TooLargeError(file, "the space before the first record", limit);
    first = value.find((byte) => byte > 0x20 && !byteOrderMark.includes(byte));
  }
  async function* all(): ByteChunks {
    yield* seen;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { isArray: first === 0x5b, all: all() };
}

const byteOrderMark = [0xef, 0xbb, 0xbf];

/** Bytes with a meaning in JSON's nesting. */
const signs = { quote: 0x22, escape: 0x5c, comma: 0x2c, open: [0x7b, 0x5b], close: [0x7d, 0x5d], newline: 10 } as const;

/** The elements of an array, unread: from one comma of the outermost level to the next. */
async function* arrayElements(file: string, chunks: ByteChunks, limit: number): AsyncGenerator<PlacedBytes> {
  let [depth, inString, escaped] = [0, false, false];
  let [at, line] = [0, 1];
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let begin: { offset: number; line: number } | undefined; // of the element in hand
  for await (const chunk of chunks) {
    let from = 0;
    const hold = (to: number) => {
      held.push(chunk.subarray(from, to));
      heldBytes += to - from;
      if (heldBytes > limit) throw new TooLargeError(file, "a record", limit, begin?.line ?? line);
    };
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === signs.newline) line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === signs.escape) escaped = true;
        else if (byte === signs.quote) inString = false;
        continue;
      }
      const closes = byte === signs.close[0] || byte === signs.close[1];
      if (closes) depth--;
      if ((depth === 1 && byte === signs.comma) || (depth === 0 && closes)) {
        if (begin) hold(i);
        if (begin) yield { bytes: Buffer.concat(held, heldBytes), ...begin };
        held = [];
        heldBytes = 0;
        begin = undefined;
        if (depth === 0) return;
        continue;
      }
      if (depth > 0 && begin === undefined && byte > 0x20) {
        begin = { offset: at + i, line };
        from = i;
      }
      if (byte === signs.quote) inString = true;
      else if (byte === signs.open[0] || byte === signs.open[1]) depth++;
    }
    if (begin) hold(chunk.length);
    at += chunk.length;
  }
  throw new MalformedRecordError(file, line, "the array is not closed: the file ends too early; get it again");
}
