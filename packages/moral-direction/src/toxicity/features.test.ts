import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countFeatures, defaultFeatures, inverseFrequencies, placesOf, weightedRows } from "./features.ts";

const options = { ...defaultFeatures, bits: 12 };

describe("features of a text", () => {
  it("are ascending places, words before characters, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { places, values, words } = countFeatures(text, options);
        expect([...places]).toEqual([...new Set(places)].toSorted((a, b) => a - b));
        expect(places.slice(0, words).every((place) => place < 2 ** 12)).toBe(true);
        expect(places.slice(words).every((place) => place >= 2 ** 12 && place < placesOf(options))).toBe(true);
        expect(values.every((value) => value >= 1)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("do not tell capitals, or wide letters, from others", () => {
    expect(countFeatures("ＨELLO there", options)).toEqual(countFeatures("hello There", options));
  });

  it("count word pairs only where they are asked for", () => {
    const one = countFeatures("a b c", { ...options, words: 1 });
    const two = countFeatures("a b c", { ...options, words: 2 });
    expect([one.words, two.words]).toEqual([3, 5]);
  });

  it("count characters within words and the spaces around them", () => {
    const { places, words } = countFeatures("ab", { ...options, characters: [2, 3] });
    expect(places.length - words).toBe(5); // "_a", "ab", "b_", "_ab", "ab_"
  });
});

describe("weighted rows", () => {
  it("have length 1 for words and 1 for characters, and none for an empty text", () => {
    const counts = ["good morning to you", "good night", ""].map((text) => countFeatures(text, options));
    const matrix = weightedRows(counts, inverseFrequencies(counts, placesOf(options)));
    const squares = (row: number) => {
      const own = matrix.values.subarray(matrix.starts[row], matrix.starts[row + 1]);
      return own.reduce((sum, value) => sum + value * value, 0);
    };
    expect([0, 1, 2].map(squares)).toEqual([expect.closeTo(2, 5), expect.closeTo(2, 5), 0]);
  });
});
