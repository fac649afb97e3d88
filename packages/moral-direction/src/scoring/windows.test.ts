import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { windowsOf } from "./windows.ts";

/** Two special tokens, and one a word. */
const count = (text: string) => 2 + (text.match(/\S+/gu)?.length ?? 0);

describe("windows", () => {
  it("lose no word, and none is over its size", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zé]{1,9}$/), { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 3, max: 20 }),
        (words, tokens) => {
          const windows = windowsOf(words.join(" "), { tokens }, count);
          expect(windows.join(" ")).toBe(words.join(" "));
          for (const window of windows) expect(count(window)).toBeLessThanOrEqual(tokens);
        },
      ),
    );
  });
  it("of sentences are the sentences", () => {
    expect(windowsOf("One. Two?  Three!\nFour", "sentence", count)).toEqual(["One.", "Two?", "Three!", "Four"]);
    expect(windowsOf("  ", "sentence", count)).toEqual(["  "]);
  });
});
