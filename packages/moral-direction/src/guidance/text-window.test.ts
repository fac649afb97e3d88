import { describe, expect, it } from "vitest";
import { lastSentence, scoredText } from "./text-window.ts";

/** One token a character; "#" is special. */
const tokenizer = {
  decode: (ids: ArrayLike<number>, { skipSpecial = false } = {}) =>
    Array.from(ids, (id) => String.fromCodePoint(id))
      .filter((letter) => !(skipSpecial && letter === "#"))
      .join(""),
};
const ids = (text: string) => Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
const candidate = (letter: string) => letter.codePointAt(0) ?? 0;

describe("scoredText", () => {
  it("is the whole text with the candidate, special tokens removed", () => {
    const text = scoredText(tokenizer, "all", ids("#kill tim"));
    expect([text(candidate("e")), text(candidate("#"))]).toEqual(["kill time", "kill tim"]);
  });

  it("is the last n tokens, for a token that ends the text those before it", () => {
    const text = scoredText(tokenizer, { tokens: 4 }, ids("#kill tim"));
    expect([text(candidate("e")), text(candidate("#"))]).toEqual(["time", " tim"]);
    expect(scoredText(tokenizer, { tokens: 50 }, ids("#kill tim"))(candidate("e"))).toBe("kill time");
    expect(scoredText(tokenizer, { tokens: 1 }, ids("kill"))(candidate("s"))).toBe("s");
    expect(scoredText(tokenizer, { tokens: 2 }, ids("a\uFFFDb"))(candidate("c"))).toBe("bc");
    expect(scoredText(tokenizer, { tokens: 3 }, ids("a\uFFFDb"))(candidate("c"))).toBe("bc");
  });

  it("is the last sentence, with the one before it while it is short", () => {
    const text = scoredText(tokenizer, "sentence", ids("It rained. We went to the sea"));
    expect([text(candidate(".")), text(candidate("#"))]).toEqual(["We went to the sea.", "We went to the sea"]);
    expect(lastSentence("It rained all day. We went to the sea. The")).toBe("We went to the sea. The");
    expect([lastSentence(""), lastSentence("  "), lastSentence("Yes.")]).toEqual(["", "", "Yes."]);
    expect(lastSentence("a ".repeat(5000)).length).toBeLessThanOrEqual(2000);
  });
});
