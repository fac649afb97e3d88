import * as fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import type { NewPaper } from "../papers/paper.ts";
import { cleanText } from "../papers/clean-text.ts";
import { upsertPapers } from "../papers/save-papers.ts";
import { similarPapers } from "../papers/similar-papers.ts";
import { databaseKinds } from "../testing/databases.ts";
import { plainLetters } from "./plain-letters.ts";
import { readSearch, writeSearch } from "./search-text.ts";
import { pageSize, searchPapers } from "./search.queries.ts";
import { slips } from "./words.ts";

const paper = (number: number, title: string, more: Partial<NewPaper> = {}): NewPaper => ({
  id: `2608.${String(number).padStart(5, "0")}`,
  title,
  abstract: "Nothing of note.",
  authors: ["Ada Example"],
  publishedOn: "2026-08-01",
  ...more,
});
const papers = [
  paper(1, "Diffusion models for molecules", { keywords: ["diffusion", "chemistry"] }),
  paper(2, "A survey", { abstract: "We look at diffusion models.", publishedOn: "2026-08-02" }),
  paper(3, "Models of diffusion in porous rock", { categories: ["physics.geo-ph"], publishedOn: "2025-01-01" }),
  paper(4, "Attention over knowledge graphs", {
    authors: ["Zo\u00EB James", "Wei Chen"],
    keywords: ["knowledge graphs"],
  }),
  paper(5, "The will to attend", { keywords: ["knowledge graphs", "attention"] }),
  paper(7, "Long-context understanding", {
    authors: ["Lena Müller", "\u0141ukasz Kaiser", "Rene\u0301 Nießner", "李雷"],
    categories: ["cs.CL"],
    abstract: "Multimodal naïve Bayes.",
  }),
  paper(8, "Long context, long ago", { authors: ["Ann Muller"], abstract: "Multi-modal; R code." }),
  paper(6, "Graph attention", { authors: ["Chen Wei-Lin"], keywords: ["attention"] }),
];

describe("the text of a search", () => {
  it("is taken apart as one writes it", () => {
    expect(readSearch('  lora -vision author:"Wei Chen" title:graph "long context" embed* ')).toMatchObject([
      { text: "lora", excluded: false, phrase: false, prefix: false },
      { text: "vision", excluded: true },
      { text: "Wei Chen", field: "author", phrase: true },
      { text: "graph", field: "title" },
      { text: "long context", phrase: true },
      { text: "embed", prefix: true },
    ]);
  });

  it("is the same when it is written out and read again", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
        const terms = readSearch(text);
        expect(terms.length).toBeLessThanOrEqual(12);
        expect(readSearch(writeSearch(terms))).toEqual(terms);
      }),
      { examples: [['"\\:*\'"'], ["-"], ["a*b"], ["author:"]] },
    );
  });

  it("is compared by slips of the finger", () => {
    expect([
      slips("diffsuion", "diffusion"),
      slips("modles", "models"),
      slips("a", ""),
      slips("kitten", "sitting"),
    ]).toEqual([1, 1, 1, 3]);
  });
});

describe.each(databaseKinds())("search on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await open();
    await database.db.transaction().execute((trx) => upsertPapers(trx, papers, { source: "import" }));
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });
  const found = async (text: string, filters = {}) =>
    (await searchPapers(database.db, text, filters)).papers.map(({ id }) => Number(id.slice(5)));

  it.each<[string, number[]]>([
    ["diffusion models", [1, 3, 2]],
    ['"diffusion models"', [1, 2]],
    ["diffusing", [1, 3, 2]],
    ["molec*", [1]],
    ["molec", [1]],
    ["diffusion -rock", [1, 2]],
    ["the diffusion of", [1, 3, 2]],
    ["James", [4]],
    ["author:chen", [4, 6]],
    ['author:"wei chen"', [4]],
    ["title:diffusion", [1, 3]],
    ["author:diffusion", []],
    // With and without accents, however they are made up.
    ["müller", [7, 8]],
    ["muller", [7, 8]],
    ["Mu\u0308ller", [7, 8]],
    ["author:lukasz", [7]],
    ["rené niessner", [7]],
    ["naive bayes", [7]],
    ["zoe james", [4]],
    // With and without hyphens.
    ["long-context", [7, 8]],
    ['"long context"', [7, 8]],
    ["multi-modal", [7, 8]],
    ["wei-lin", [6]],
    ["李雷", [7]],
    ["r", [8]],
    ["diffusion -survey -rock", [1]],
    ["-diffusion -attention -graph -attend", [7, 8]],
    ["2608.0000", [1, 2, 3, 4, 5, 6, 7, 8]],
    ["2608.00004", [4]],
    ["???", []],
    ["$ & %", []],
  ])("finds by %s", async (text, ids) => expect(new Set(await found(text))).toEqual(new Set(ids)));

  it("puts what stands in a title before what stands in an abstract", async () => {
    expect((await found("diffusion models")).indexOf(2)).toBe(2);
  });

  it("narrows down by days, categories, keywords and what runs", async () => {
    expect(await found("diffusion", { from: "2026-01-01" })).toEqual([1, 2]);
    expect(await found("diffusion", { to: "2025-12-31" })).toEqual([3]);
    expect(await found("", { category: "physics.geo-ph" })).toEqual([3]);
    expect(await found("", { category: "Attention" })).toEqual([5, 6]);
    expect(await found("", { category: "CS.cl" })).toEqual([7]);
    expect(await found("???", { category: "cs.CL" })).toEqual([]);
    expect(await found("", { implementations: [] })).toEqual([]);
    expect((await found("")).length).toBe(papers.length);
  });

  it("sees what a word was meant to be", async () => {
    expect(await searchPapers(database.db, "diffsuion modles")).toMatchObject({
      suggestion: "diffusion models",
      corrected: true,
      count: 3,
    });
    expect(await searchPapers(database.db, "atention")).toMatchObject({ suggestion: "attention", corrected: true });
    expect(await searchPapers(database.db, "zzzzqqqq")).toMatchObject({ suggestion: undefined, count: 0 });
    // What finds enough is not doubted.
    expect((await searchPapers(database.db, "diffusion")).suggestion).toBeUndefined();
  });

  it("writes a word without its accents as the database does", async () => {
    const letters = fc.string({ unit: fc.constantFrom(...Array.from("aéüßŁøæœŞğıđµ²ﬁÅ한か\u3099й")), maxLength: 20 });
    const texts = fc.sample(fc.oneof(letters, fc.string({ unit: "grapheme" }).map(cleanText)), {
      numRuns: 300,
      seed: 1,
    });
    const { rows } = await sql<{ plain: string }>`
      select plain_letters(text) as plain from unnest(${texts}::text[]) with ordinality as t (text, place)
      order by place`.execute(database.db);
    expect(texts.map(plainLetters)).toEqual(rows.map(({ plain }) => plain));
  });

  it("never fails, whatever is typed", async () => {
    const pieces = fc.constantFrom(
      "'",
      '"',
      "\\",
      ":",
      "*",
      "-",
      "&",
      "|",
      "!",
      "(",
      ")",
      "<->",
      "a",
      " ",
      "author:",
      "\u0000",
      "é",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), async (parts) => {
        expect((await searchPapers(database.db, parts.join(""))).count).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  it("counts and ranks no more than it says", async () => {
    const many = Array.from({ length: 600 }, (_, index) => paper(10_000 + index, "Common ground", { abstract: "" }));
    await database.db.transaction().execute((trx) => upsertPapers(trx, many, { source: "import" }));
    const first = await searchPapers(database.db, "common");
    expect(first).toMatchObject({ count: 500, isCut: true, hasNext: true });
    expect(first.papers).toHaveLength(pageSize);
    const second = await searchPapers(database.db, "common", {}, 2);
    expect(second.papers.some(({ id }) => first.papers.some((other) => other.id === id))).toBe(false);
    expect(await searchPapers(database.db, "common", {}, 25)).toMatchObject({ hasNext: false });
  });

  it("knows similar papers, and why", async () => {
    const [first] = await similarPapers(database.db, "2608.00004", 3);
    expect(first).toMatchObject({ id: "2608.00005", reason: "Both on knowledge graphs" });
    expect(await similarPapers(database.db, "2608.99999", 3)).toEqual([]);
  });
});
