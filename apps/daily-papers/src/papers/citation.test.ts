import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { examplePaper } from "../testing/papers.ts";
import { readAuthorName } from "./author-name.ts";
import { beginningOf } from "./beginning.ts";
import { bibtex, cslItem, ris } from "./citation.ts";

const paper = examplePaper({
  title: "50% of $x_1$ & more: the A_B case",
  abstract: "One.\nTwo.",
  authors: [
    "Ludwig van Beethoven",
    "Sammy Davis Jr.",
    "Byung-Kwan Lee",
    "Plato",
    "Ann and Bob Example",
    "Example Team",
  ],
  doi: "10.1000/1",
  categories: ["cs.LG"],
  keywords: ["a", "b"],
});

describe("author names", () => {
  it.each([
    ["Ludwig van Beethoven", { family: "van Beethoven", given: "Ludwig" }],
    ["Jean de la Fontaine", { family: "de la Fontaine", given: "Jean" }],
    ["Van Nguyen", { family: "Nguyen", given: "Van" }],
    ["Sammy Davis, Jr.", { family: "Davis", given: "Sammy", suffix: "Jr." }],
    ["Lee, Byung-Kwan", { family: "Lee", given: "Byung-Kwan" }],
    ["Constantin A. Rothkopf", { family: "Rothkopf", given: "Constantin A." }],
    ["Plato", { literal: "Plato" }],
    ["Gemma Team", { literal: "Gemma Team" }],
    ["LG AI Research", { literal: "LG AI Research" }],
    ["Arcee AI", { literal: "Arcee AI" }],
    ["Hao Ai", { family: "Ai", given: "Hao" }],
  ])("%s", (name, read) => expect(readAuthorName(name)).toMatchObject(read));
});

describe("citations", () => {
  it("keep order and parts of the names and escape what TeX would read", () => {
    const entry = bibtex(paper);
    expect(entry).toContain(
      "{van Beethoven, Ludwig and Davis, Jr., Sammy and Lee, Byung-Kwan and {Plato} and Example, {Ann and Bob} and {Example Team}}",
    );
    expect(entry).toContain(String.raw`{{50\% of $x_1$ \& more: the A\textsubscript{B} case}}`);
    expect(entry).toContain("primaryClass  = {cs.LG}");
  });

  it.each([
    ["V^3: 64% of $200k, R&B for #1", String.raw`V\textsuperscript{3}: 64\% of \$200k, R\&B for \#1`],
    ["Fixing 7,400 bugs for 1$: cheap", String.raw`Fixing 7,400 bugs for 1\$: cheap`],
    [String.raw`$\nabla^2$DFT and \textit{so} on`, String.raw`$\nabla^2$DFT and \textit{so} on`],
    ["A {stray brace", "A stray brace"],
    ["ends in a backslash\\", "ends in a backslash"],
  ])("write %s for TeX", (title, written) => {
    expect(bibtex(examplePaper({ title }))).toContain(`= {{${written}}},`);
  });

  it("hold braces that pair up, whatever the paper is called", () => {
    const text = fc.string({ unit: fc.constantFrom(..."ab {}$\\^_%&#~,".split("")), maxLength: 30 });
    fc.assert(
      fc.property(text, text, text, (title, journalRef, author) => {
        const entry = bibtex(examplePaper({ title, journalRef, authors: [author, "B C"], doi: "10.1/{x" }));
        let depth = 0;
        const depths = Array.from(entry, (sign) => (depth += sign === "{" ? 1 : sign === "}" ? -1 : 0));
        expect(depth).toBe(0);
        // The entry ends with its last brace, and not before.
        expect(depths.slice(entry.indexOf("{"), -2).every((one) => one > 0)).toBe(true);
      }),
    );
  });

  it("are read back from RIS as they were", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }),
        fc.string({ unit: "binary" }),
        (names, title) => {
          const authors = names.filter((name) => name.trim() !== "");
          const lines = ris(examplePaper({ title, authors })).split("\r\n");
          expect(lines.pop()).toBe("");
          expect(lines.every((line) => /^[A-Z][A-Z0-9] {2}- /.test(line))).toBe(true);
          expect(lines.filter((line) => line.startsWith("AU"))).toHaveLength(authors.length);
          expect([lines[0], lines.at(-1)]).toEqual(["TY  - UNPB", "ER  - "]);
        },
      ),
    );
    expect(ris(paper)).toContain("AU  - Davis, Sammy, Jr.\r\n");
    expect(ris(paper)).toContain("AB  - One. Two.\r\n");
  });

  it("are items of CSL-JSON", () => {
    expect(cslItem(paper)).toMatchObject({
      id: "vanbeethoven202450",
      type: "article",
      author: [
        { family: "van Beethoven", given: "Ludwig" },
        { family: "Davis", given: "Sammy", suffix: "Jr." },
        { family: "Lee", given: "Byung-Kwan" },
        { literal: "Plato" },
        { family: "Example", given: "Ann and Bob" },
        { literal: "Example Team" },
      ],
      issued: { "date-parts": [[2024, 9, 30]] },
      DOI: "10.1000/1",
    });
  });
});

describe("the beginning of an abstract", () => {
  it("is cut between words and never within a formula", () => {
    expect(beginningOf("short", 10)).toBe("short");
    expect(beginningOf("one two three four", 10)).toBe("one two …");
    expect(beginningOf("one $a + b + c$ four five", 12)).toBe("one …");
    const pieces = fc.constantFrom("word", "$", "{", "}", " ", "\\(", "\\)", "x + y");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), fc.integer({ min: 5, max: 100 }), (parts, most) => {
        const text = parts.join(" ");
        const cut = beginningOf(text, most);
        expect(cut.length).toBeLessThanOrEqual(Math.max(text.length > most ? most + 2 : most, 2));
        if (cut !== text) expect((cut.match(/\$/g)?.length ?? 0) % 2).toBe(0);
      }),
    );
  });
});
