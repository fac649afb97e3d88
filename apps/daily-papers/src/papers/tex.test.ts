import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainTex, readTex } from "./tex.ts";

const text = (value: string) => ({ type: "text", text: value });

describe("readTex", () => {
  it("separates words from formulas in each of the four notations", () => {
    expect(readTex(String.raw`cost $O(n^2)$, \(a<b\), $$x$$ and \[y\]`)).toEqual([
      text("cost "),
      { type: "maths", source: "O(n^2)", display: false },
      text(", "),
      { type: "maths", source: "a<b", display: false },
      text(", "),
      { type: "maths", source: "x", display: true },
      text(" and "),
      { type: "maths", source: "y", display: true },
    ]);
  });

  it("leaves prices alone", () => {
    for (const prices of ["from $5 to $10", "$5 and $ 6", "a budget of $3", "$$"]) {
      expect(readTex(prices)).toEqual([text(prices)]);
    }
  });

  it("sets shapes and drops the target of links", () => {
    expect(readTex(String.raw`\textit{very} \textbf{bold} \href{javascript:alert(1)}{code}`)).toEqual([
      { type: "italic", text: "very" },
      text(" "),
      { type: "bold", text: "bold" },
      text(" code"),
    ]);
  });

  it("finds web addresses and leaves the sentence its full stop", () => {
    expect(readTex("see https://github.com/a/b_c~d (or http://x.org/?q=1&r=2).")).toEqual([
      text("see "),
      { type: "address", text: "https://github.com/a/b_c~d" },
      text(" (or "),
      { type: "address", text: "http://x.org/?q=1&r=2" },
      text(")."),
    ]);
    expect(readTex("javascript://x and https:// alone")).toEqual([text("javascript://x and https:// alone")]);
  });

  it("writes accents, letters, escapes and ties as characters", () => {
    expect(readTex(String.raw`Erd\H{o}s, Poincar\'e, G\"odel, \v{S}koda, \aa, \o re, 5\% \& A~B`)).toEqual([
      text("Erdős, Poincaré, Gödel, Škoda, å, øre, 5% & A\u00A0B"),
    ]);
  });

  it("keeps what it does not understand, character for character", () => {
    const unknown = String.raw`\mystery{x} \ { } $ \( open`;
    expect(readTex(unknown)).toEqual([text(unknown)]);
  });

  it("never fails and loses no plain word, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (input) => {
        readTex(input);
        expect(plainTex(input.replaceAll(/[$\\~{}]/g, ""))).toBe(input.replaceAll(/[$\\~{}]/g, ""));
      }),
    );
  });

  it("reads a hostile row of dollars and backslashes in time", () => {
    const started = performance.now();
    readTex("$a\\".repeat(7_000));
    readTex("\\(".repeat(10_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
