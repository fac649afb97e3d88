/** What a text is to the n-gram model: hashed counts of words, pairs of words and letters in a row. */
export interface FeatureOptions {
  /** Words in a row: 1 … this many. */
  readonly words: number;
  /** Characters in a row, from … to, within one word and the spaces around it. */
  readonly characters: readonly [from: number, to: number];
  /** There are 2^bits places for words and as many for characters; no word itself is kept. */
  readonly bits: number;
}

export const defaultFeatures: FeatureOptions = { words: 1, characters: [2, 5], bits: 18 };

/** Places of one text, ascending, words before characters, and how much each counts: 1 + ln(occurrences). */
export interface FeatureCounts {
  readonly places: Int32Array;
  readonly values: Float32Array;
  /** So many of the places belong to words. */
  readonly words: number;
}

/** All places of a feature space. */
export const placesOf = ({ bits }: FeatureOptions): number => 2 * 2 ** bits;

/** Longest text that is looked at, UTF-16 units; what follows is not counted. */
const longestText = 100_000;

/** Counts the features of a text; an empty one has none. */
export function countFeatures(text: string, options: FeatureOptions): FeatureCounts {
  const plain = text.slice(0, longestText).normalize("NFKC").toLowerCase();
  const counts = new Map<number, number>();
  const count = (place: number) => counts.set(place, (counts.get(place) ?? 0) + 1);
  const room = 2 ** options.bits;

  const words = plain.match(/[\p{L}\p{N}]+/gu) ?? [];
  for (let at = 0; at < words.length; at++) {
    let gram = "";
    for (let n = 0; n < options.words && at + n < words.length; n++) {
      gram += `${n === 0 ? "" : " "}${words[at + n]}`;
      count(hash(gram, 0, gram.length) & (room - 1));
    }
  }
  const [from, to] = options.characters;
  for (const word of plain.split(/\s+/u)) {
    if (word === "") continue;
    const padded = ` ${word} `;
    for (let n = from; n <= to && n <= padded.length; n++)
      for (let at = 0; at + n <= padded.length; at++) count(room + (hash(padded, at, at + n) & (room - 1)));
  }
  const places = Int32Array.from(counts.keys()).toSorted();
  return {
    places,
    values: Float32Array.from(places, (place) => 1 + Math.log(counts.get(place)!)),
    words: places.reduce((sum, place) => sum + (place < room ? 1 : 0), 0),
  };
}

/** FNV-1a over the UTF-16 units of a stretch, mixed at the end so that the low bits are good. */
function hash(text: string, from: number, to: number): number {
  let h = 0x811c9dc5;
  for (let at = from; at < to; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** ln((1 + n) / (1 + texts with the feature)) + 1 of each place; as scikit-learn smooths it. */
export function inverseFrequencies(texts: readonly FeatureCounts[], places: number): Float32Array {
  const seen = new Int32Array(places);
  for (const text of texts) for (const place of text.places) seen[place]!++;
  return Float32Array.from(seen, (count) => Math.log((1 + texts.length) / (1 + count)) + 1);
}

/** Rows of numbers most of which are 0: the entries of row i stand at starts[i] … starts[i + 1]. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly starts: Int32Array;
  readonly places: Int32Array;
  readonly values: Float32Array;
}

/** Counts times inverse frequencies; the words of a row and its characters have length 1 each. */
export function weightedRows(texts: readonly FeatureCounts[], frequencies: Float32Array): SparseMatrix {
  const starts = new Int32Array(texts.length + 1);
  for (const [row, { places }] of texts.entries()) starts[row + 1] = starts[row]! + places.length;
  const places = new Int32Array(starts[texts.length]!);
  const values = new Float32Array(places.length);
  for (const [row, text] of texts.entries()) {
    const start = starts[row]!;
    places.set(text.places, start);
    for (const [from, to] of [
      [0, text.words],
      [text.words, text.places.length],
    ] as const) {
      let squares = 0;
      for (let i = from; i < to; i++) {
        const value = text.values[i]! * frequencies[text.places[i]!]!;
        values[start + i] = value;
        squares += value * value;
      }
      const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
      for (let i = from; i < to; i++) values[start + i]! *= scale;
    }
  }
  return { rows: texts.length, columns: frequencies.length, starts, places, values };
}
