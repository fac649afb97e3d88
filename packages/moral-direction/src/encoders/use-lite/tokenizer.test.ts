import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Piece, pieceTokenizer } from "./tokenizer.ts";

const control: readonly Piece[] = ["�", "<s>", "</s>", "x1", "x2", "x3"].map((text) => [text, 0]);
const vocabulary: readonly Piece[] = [
  ...control,
  ["▁", -3],
  ["a", -2.5],
  ["b", -2.75],
  ["▁a", -3.25],
  ["ab", -4],
  ["▁ab", -7.5],
  ["ba", -5.125],
];
const tokenizer = pieceTokenizer(vocabulary);
const piecesOf = (text: string): string[] => tokenizer.encode(text).map((id) => vocabulary[id]?.[0] ?? "");

/** The best score of all ways to cut a text, by trying them all. */
function bestScore(text: string): number {
  if (text === "") return 0;
  const firsts = vocabulary.slice(control.length).filter(([piece]) => text.startsWith(piece));
  return Math.max(...firsts.map(([piece, score]) => (score ?? 0) + bestScore(text.slice(piece.length))));
}

describe("pieceTokenizer", () => {
  it("cuts words into the pieces with the highest score together", () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 6 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(words, (words) => {
        const ids = tokenizer.encode(words.join(" "));
        const marked = words.map((word) => `▁${word}`).join("");
        expect(ids.map((id) => vocabulary[id]?.[0]).join("")).toBe(marked);
        expect(ids.reduce((sum, id) => sum + (vocabulary[id]?.[1] ?? 0), 0)).toBeCloseTo(bestScore(marked), 9);
      }),
    );
  });

  it("makes one unknown piece of unknown characters in a row, however many code units they take", () => {
    expect(piecesOf("a🙂שa")).toEqual(["▁a", "�", "a"]);
  });

  it("takes white space of any kind as one space, and leaves control characters out", () => {
    expect(tokenizer.encode(" a\u0000\n\t b ")).toEqual(tokenizer.encode("a b"));
    expect(tokenizer.encode("\u0007 \n")).toEqual([]);
    expect(tokenizer.encode("")).toEqual([]);
  });

  it("composes compatible characters", () => {
    expect(tokenizer.encode("ａb")).toEqual(tokenizer.encode("ab"));
  });

  it("takes any string", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(tokenizer.encode(text).every((id) => id in vocabulary)).toBe(true);
      }),
    );
    expect(piecesOf("\ud800a")).toEqual(["▁", "�", "a"]);
  });
});
