/** SentencePiece with a unigram model: the most probable way to cut a text into pieces. Kudo 2018 (arXiv:1804.10959). */

/** A piece of text and its log-probability; the id is its place in the vocabulary. */
export type Piece = readonly [text: string, score: number | null];

/** Ids below this are the unknown piece and control symbols, which no text becomes. */
const reserved = 6;
const unknown = 0;
/** What stands for a space inside of pieces. */
const space = "▁";

interface Node {
  readonly next: Map<string, Node>;
  id: number;
}

/** Text to the ids of its pieces. */
export interface PieceTokenizer {
  encode(text: string): number[];
}

/**
 * The tokenizer of Universal Sentence Encoder lite. Ids are those of its TensorFlow.js port; before it, white space and control
 * characters are treated as SentencePiece does, where the port gives an unknown piece for each line break.
 */
export function pieceTokenizer(vocabulary: readonly Piece[]): PieceTokenizer {
  const root = trieOf(vocabulary);
  // Nine pieces with colons have lost their scores in the published vocabulary; its readers have always counted them as 0.
  const scores = Float64Array.from(vocabulary, ([, score]) => score ?? 0);
  return {
    encode(text) {
      const characters = Array.from(normalized(text));
      const best = new Float64Array(characters.length + 1);
      const last = new Int32Array(characters.length + 1); // the id of the last piece up to here
      const from = Int32Array.from(best, (_, end) => end - 1); // where it begins
      for (let start = 0; start < characters.length; start++) {
        let node: Node | undefined = root;
        for (let end = start + 1; end <= characters.length; end++) {
          node = node.next.get(characters[end - 1] ?? "");
          if (!node) break;
          if (node.id === unknown) continue;
          const score = (best[start] ?? 0) + (scores[node.id] ?? 0);
          // A best score of 0 is none yet: no piece ends here, and the character before is unknown.
          if (best[end] !== 0 && score < (best[end] ?? 0)) continue;
          best[end] = score;
          last[end] = node.id;
          from[end] = start;
        }
      }
      const ids: number[] = [];
      for (let end = characters.length; end > 0; end = from[end] ?? 0) {
        const id = last[end] ?? unknown;
        if (id !== unknown || ids.at(-1) !== unknown) ids.push(id); // unknown characters in a row are one piece
      }
      return ids.toReversed();
    },
  };
}

/** Unicode's compatible composition, control characters gone, white space as single `▁`, one of them in front. */
function normalized(text: string): string {
  const words = text
    .normalize("NFKC")
    .replace(/(?!\s)\p{Cc}/gu, "")
    .split(/\s+/u)
    .filter((word) => word !== "");
  return words.map((word) => space + word).join("");
}

function trieOf(vocabulary: readonly Piece[]): Node {
  const root: Node = { next: new Map(), id: unknown };
  for (const [id, [text]] of vocabulary.entries()) {
    if (id < reserved) continue;
    let node = root;
    for (const character of text) {
      const next: Node = node.next.get(character) ?? { next: new Map(), id: unknown };
      node.next.set(character, next);
      node = next;
    }
    node.id = id;
  }
  return root;
}
