import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readableTex } from "./readable-tex.ts";
import { readTex } from "./tex.ts";

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

  it("knows indices, signs and shapes that lost their dollars and backslashes", () => {
    const raised = (value: string) => ({ type: "raised", text: value });
    const lowered = (value: string) => ({ type: "lowered", text: value });
    expect(readTex("UniF^2ace, X^{2}-Gaussian and O(T^K)")).toEqual([
      text("UniF"),
      raised("2"),
      text("ace, X"),
      raised("2"),
      text("-Gaussian and O(T"),
      raised("K"),
      text(")"),
    ]);
    expect(readTex("π_{0.5}, pi_0-FAST, f_i")).toEqual([
      text("π"),
      lowered("0.5"),
      text(", π"),
      lowered("0"),
      text("-FAST, f"),
      lowered("i"),
    ]);
    expect(readTex("texttt{D}ual {\\em and} R^textbf{2AI}")).toEqual([
      { type: "code", text: "D" },
      text("ual "),
      { type: "italic", text: "and" },
      text(" R"),
      raised("2AI"),
    ]);
    const said = String.raw`360^circ, 1.45times, sim20%, {sim} 1.5, 63 rightarrow 72, 1{,}879 of \1.5M, 360{\deg}, e.g.\ it, \eg, {here}`;
    expect(readTex(said)).toEqual([
      text("360°, 1.45×, ∼20%, ∼ 1.5, 63 → 72, 1,879 of $1.5M, 360°, e.g. it, e.g., here"),
    ]);
  });

  it("sets quotation marks, dashes and Markdown's emphasis", () => {
    expect(readTex("the ``meaning'' of **LongRecipe** -- 1--16 steps---and then")).toEqual([
      text("the “meaning” of "),
      { type: "bold", text: "LongRecipe" },
      text(" – 1–16 steps—and then"),
    ]);
  });

  it("keeps what it does not understand, character for character", () => {
    const unknown = String.raw`\mystery{x} \ours, {-1, 0, 1} { } $ \( open a_b_c x_train 2^ --flag sim2real 25 times`;
    expect(readTex(unknown)).toEqual([text(unknown)]);
  });

  it("never fails and loses no plain word, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (input) => {
        readTex(input);
        const plain = input
          .replaceAll(/[$\\~{}^_*`'-]/g, "")
          .replaceAll(/\s+/g, " ")
          .trim();
        expect(readableTex(plain)).toBe(plain);
      }),
    );
  });

  it("reads a hostile row of dollars and backslashes in time", () => {
    const started = performance.now();
    readTex("$a\\".repeat(7_000));
    readTex("\\(".repeat(10_000));
    readTex("{a".repeat(10_000));
    readTex("**a ".repeat(5_000));
    readTex("x^{".repeat(7_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
