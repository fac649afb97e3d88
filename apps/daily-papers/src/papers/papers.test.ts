import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDay, writeDay, writeHeadline } from "../look/dates.ts";
import { writeAmount, writeProbability, writeShare } from "../look/numbers.ts";
import { bibtex } from "./citation.ts";
import { examplePaper } from "../testing/papers.ts";
import { thumbnailSvg } from "./thumbnail.tsx";

const paper = examplePaper({ title: "On the Knowledge of {G}raphs", authors: ["Changyi Xiao", "Erd\u0151s P\u00E1l"] });

describe("bibtex", () => {
  it("gives an entry with a key of family name, year and first word that says something", () => {
    expect(bibtex(paper)).toBe(
      [
        "@misc{xiao2024knowledge,",
        "  title         = {{On the Knowledge of Graphs}},",
        "  author        = {Xiao, Changyi and Pál, Erdős},",
        "  year          = {2024},",
        "  eprint        = {2409.19977},",
        "  archivePrefix = {arXiv},",
        "  url           = {https://arxiv.org/abs/2409.19977},",
        "}\n",
      ].join("\n"),
    );
  });

  it("has braces that pair up, whatever the title and the names hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("{", "}", "a", " ", "$", "\\") }), (text) => {
        const entry = bibtex({ ...paper, title: text, authors: [text] });
        let depth = 0;
        for (const character of entry) {
          depth += character === "{" ? 1 : character === "}" ? -1 : 0;
          expect(depth).toBeGreaterThanOrEqual(0);
        }
        expect(depth).toBe(0);
        expect(entry).toMatch(/^@misc\{[a-z0-9.]+,/);
      }),
    );
  });
});

describe("a thumbnail", () => {
  it("depends on the id and holds well-formed text however long or strange the title is", async () => {
    const first = await thumbnailSvg(paper);
    expect(await thumbnailSvg(paper)).toBe(first);
    expect(await thumbnailSvg({ ...paper, id: "2309.12307" })).not.toBe(first);
    const strange = await thumbnailSvg({ ...paper, title: `${"word ".repeat(200)} ${"x".repeat(500)} <&"'>` });
    expect(strange.match(/<text/g)?.length).toBeLessThanOrEqual(5);
    expect(strange).toContain("…");
    expect(strange).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe("days", () => {
  it("are written as in a newspaper, without a shift by time zones", () => {
    expect(writeHeadline("2024-12-10")).toBe("Tuesday, 10\u00A0December");
    expect(writeDay("2021-03-08")).toBe("8 March 2021");
  });

  it("exist or do not", () => {
    expect(["2024-02-29", "1999-12-31"].every(isDay)).toBe(true);
    expect(["2023-02-29", "2024-13-01", "2024-1-1", "", "2024-12-10 "].some(isDay)).toBe(false);
  });
});

it("writes shares and amounts as journals do", () => {
  expect([writeProbability(0.0001), writeProbability(0.0123)]).toEqual(["< .001", ".012"]);
  expect([writeShare(0.4124), writeShare(1), writeShare(0)]).toEqual([".412", "1.000", ".000"]);
  expect([writeAmount(1, "author"), writeAmount(14_541, "author")]).toEqual(["1 author", "14,541 authors"]);
});
