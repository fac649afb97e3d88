import type { TextTokens } from "./model.ts";

/** Tokens of a row: each length is a program of its own, compiled when it is first needed. */
export const rowLengths = [32, 128, 256] as const;
const longest = rowLengths[rowLengths.length - 1] ?? 0;

/** Places that a row has for texts: few where they are long, as each costs something. */
const placesIn = (tokens: number, texts: number): number => (texts <= tokens / 4 ? tokens / 4 : tokens / 2);

/** A row of tokens with some texts, in the order in which they were given. */
export interface PackedTexts {
  /** The first text's place among all. */
  readonly first: number;
  readonly count: number;
  /** Places for texts, `count` or more. */
  readonly places: number;
  readonly tokens: TextTokens<Int32Array>;
}

/**
 * Lays texts side by side in as few rows as their order allows.
 * @param texts ids of each, none longer than the longest row.
 */
export function* packTexts(texts: readonly (readonly number[])[]): Generator<PackedTexts> {
  for (let first = 0; first < texts.length;) {
    let [end, used] = [first, 0];
    while (end < texts.length && end - first < longest / 2 && used + (texts[end]?.length ?? 0) <= longest) {
      used += texts[end++]?.length ?? 0;
    }
    const row = texts.slice(first, end);
    const length = rowLengths.find((tokens) => tokens >= used && tokens / 2 >= row.length) ?? longest;
    yield { first, count: row.length, places: placesIn(length, row.length), tokens: rowOf(row, length) };
    first = end;
  }
}

function rowOf(texts: readonly (readonly number[])[], length: number): TextTokens<Int32Array> {
  const row = {
    ids: new Int32Array(length),
    positions: new Int32Array(length),
    texts: new Int32Array(length).fill(-1),
  };
  let at = 0;
  for (const [text, ids] of texts.entries()) {
    for (const [position, id] of ids.entries()) {
      row.ids[at] = id;
      row.positions[at] = position;
      row.texts[at++] = text;
    }
  }
  return row;
}
