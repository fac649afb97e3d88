import type { Tokenizer } from "@offprint/language-model";
import { UntrainableDataError } from "./errors.ts";
import { readTexts, type ReadTextsOptions, type TextDocument } from "./text-files.ts";
import type { TokenRows } from "./token-rows.ts";

/** A document as tokens, those at its borders included. */
export interface TokenDocument {
  readonly ids: Int32Array;
  readonly file: string;
  readonly line: number;
}

/** A stretch of one document: tokens `start` up to `end`. */
interface Piece {
  readonly document: number;
  readonly start: number;
  readonly end: number;
}

export interface PackOptions {
  /** Tokens of a row: the context to train on. */
  readonly length: number;
  /** A piece with fewer tokens is left out; default 2, since a single token predicts nothing. */
  readonly shortest?: number | undefined;
  /** Stands where no token does; default 0. It is never supervised, so that it may be any token. */
  readonly padding?: number | undefined;
}

/** Documents in rows, and what became of them. */
export interface PackedRows extends TokenRows {
  readonly facts: PackFacts;
}

export interface PackFacts {
  readonly documents: number;
  /** Of all documents, those left out included. */
  readonly tokens: number;
  /** Tokens that are to be predicted in one epoch. */
  readonly supervised: number;
  readonly rows: number;
  /** Rows that hold more than one document. */
  readonly mixedRows: number;
  /** Positions that hold no token. */
  readonly padding: number;
  /** Documents that were cut because they are longer than a row. */
  readonly cutDocuments: number;
  readonly longestDocument: number;
  /** Pieces too short to be worth a place, and the tokens in them. */
  readonly dropped: { readonly pieces: number; readonly tokens: number };
}

/**
 * The tokens of a document between the tokens that mark its borders: before it what the tokenizer itself puts before a text
 * (the beginning of sequence, for Llama), after it the end of sequence where there is one.
 */
export function tokenizeDocument(tokenizer: Tokenizer, { text, file, line }: TextDocument): TokenDocument {
  const ids = tokenizer.encode(text, { special: false });
  const before = beginningOf(tokenizer);
  const after = tokenizer.eos === undefined || text === "" ? [] : [tokenizer.eos];
  const all = new Int32Array(before.length + ids.length + after.length);
  all.set(before);
  all.set(ids, before.length);
  all.set(after, before.length + ids.length);
  return { ids: all, file, line };
}

/** Every document of text files as tokens; see {@link readTexts}. */
export async function readDocuments(
  paths: readonly string[],
  tokenizer: Tokenizer,
  { signal, ...options }: ReadTextsOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<TokenDocument[]> {
  const documents: TokenDocument[] = [];
  for await (const document of readTexts(paths, options)) {
    signal?.throwIfAborted();
    documents.push(tokenizeDocument(tokenizer, document));
  }
  return documents;
}

/** What a tokenizer puts before every text of its own accord: the beginning of sequence, or nothing. */
export function beginningOf(tokenizer: Tokenizer): readonly number[] {
  const { bos } = tokenizer;
  return bos !== undefined && tokenizer.encode("a")[0] === bos ? [bos] : [];
}

/**
 * Puts documents into rows without mixing their contexts. A document longer than a row fills whole rows, in order; its rest,
 * like each shorter document, stays in one piece and shares a row with others where they fit (the longest first, each where
 * it leaves the least room). Each token stands in exactly one row and is predicted exactly once, the first of a document
 * excepted: the last position of a row predicts the token that begins the document's next one.
 *
 * Positions run through a row without starting again at each document. Rotary attention sees only how far apart two tokens
 * are, and no token sees another document's, so the numbers at which a document begins change nothing. Learned positions
 * (GPT-2) do tell: a document that stands second in its row is read at the numbers that follow the first one's. All of them
 * are within the table, and it is used that way on long texts too, so rows are packed alike; whoever wants each document to
 * begin at 0 gives each a row of its own.
 * @throws {UntrainableDataError} when nothing is left to predict.
 */
export function packDocuments(
  documents: readonly TokenDocument[],
  { length, shortest = 2, padding = 0 }: PackOptions,
): PackedRows {
  const rows: Piece[][] = [];
  const rests: Piece[] = [];
  const dropped = { pieces: 0, tokens: 0 };
  for (const [document, { ids }] of documents.entries()) {
    let start = 0;
    for (; start + length <= ids.length; start += length) rows.push([{ document, start, end: start + length }]);
    const rest = ids.length - start;
    if (rest >= shortest) {
      rests.push({ document, start, end: ids.length });
    } else if (rest > 0) {
      dropped.pieces++;
      dropped.tokens += rest;
    }
  }
  rows.push(...shareRows(rests, length));
  const lengths = documents.map(({ ids }) => ids.length);
  const tokens = sum(lengths);
  const held = rows.flat();
  const supervised = sum(held.map((piece) => labelsIn(piece, lengths[piece.document]!)));
  if (supervised === 0) throw new UntrainableDataError(nothingToPredict(documents, length));
  return {
    count: rows.length,
    length,
    padding,
    lengthOf: () => length,
    mixed: (row) => rows[row]!.length > 1,
    write(row, ids, labels, numbers) {
      let at = 0;
      for (const [number, { document, start, end }] of rows[row]!.entries()) {
        const source = documents[document]!.ids;
        ids.set(source.subarray(start, end), at);
        labels.set(source.subarray(start + 1, end + 1), at);
        numbers?.fill(number, at, at + end - start);
        at += end - start;
      }
      numbers?.fill(rows[row]!.length, at); // padding is a document of its own
    },
    facts: {
      documents: documents.length,
      tokens,
      supervised,
      rows: rows.length,
      mixedRows: rows.filter((row) => row.length > 1).length,
      padding: rows.length * length - sum(held.map(({ start, end }) => end - start)),
      cutDocuments: lengths.filter((one) => one > length).length,
      longestDocument: lengths.reduce((a, b) => Math.max(a, b), 0),
      dropped,
    },
  };
}

/** Best fit, longest first. */
function shareRows(pieces: readonly Piece[], length: number): Piece[][] {
  const rows: Piece[][] = [];
  const byRoom = Array.from({ length: length + 1 }, (): Piece[][] => []);
  for (const piece of pieces.toSorted((a, b) => b.end - b.start - (a.end - a.start))) {
    const size = piece.end - piece.start;
    let room = size;
    while (room < length && byRoom[room]!.length === 0) room++;
    const row = byRoom[room]!.pop() ?? [];
    if (row.length === 0) rows.push(row);
    row.push(piece);
    byRoom[room - size]!.push(row);
  }
  return rows;
}

/** A document's last token has nothing after it to predict. */
const labelsIn = ({ start, end }: Piece, documentLength: number) => Math.min(end, documentLength - 1) - start;

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

function nothingToPredict(documents: readonly TokenDocument[], length: number): string {
  const tokens = sum(documents.map(({ ids }) => ids.length));
  const where = documents[0] === undefined ? "" : `, the first at ${documents[0].file}:${documents[0].line}`;
  return (
    `nothing to train on: ${documents.length} documents with ${tokens} tokens in all${where}, none long enough to predict a ` +
    `token of (rows have ${length}); give longer text`
  );
}
