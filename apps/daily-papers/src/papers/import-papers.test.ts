import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { databaseKinds } from "../testing/databases.ts";
import { importPapers, type BrokenLine } from "./import-papers.ts";
import { findPaper } from "./paper.queries.ts";

const line = (number: number, more: object = {}) =>
  JSON.stringify({
    id: `2608.${String(number).padStart(5, "0")}`,
    title: "T",
    abstract: "S",
    authors: ["A"],
    publishedAt: "2026-08-01T10:00:00.000Z",
    day: "2026-08-02",
    upvotes: 3,
    ...more,
  });

async function* each(lines: readonly string[], failAt = Infinity) {
  for (const [index, text] of lines.entries()) {
    if (index === failAt) throw new Error("the disk is gone");
    yield text;
  }
}

describe.each(databaseKinds())("a dump imported into $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterEach(() => database.db.deleteFrom("paper").execute());
  afterAll(async () => {
    await database.close();
    await stop();
  });

  it("is kept but for lines that are no paper, which are named", async () => {
    const broken: BrokenLine[] = [];
    const lines = [
      line(1, { ai_keywords: ["k"], new: 1 }),
      "",
      "{",
      "5",
      line(2, { id: "x" }),
      line(3, { authors: "A" }),
      line(4),
    ];
    const counts = await importPapers(database.db, each(lines), { onBroken: (one) => broken.push(one) });
    expect(counts).toMatchObject({ lines: 6, added: 2, changed: 0, broken: 4 });
    expect(broken).toMatchObject([
      { line: 3, reason: "it is not JSON" },
      { line: 4 },
      { line: 5, reason: expect.stringContaining("an arXiv id without version") },
      { line: 6, reason: expect.stringContaining("authors") },
    ]);
    expect(await findPaper(database.db, "2608.00001")).toMatchObject({
      keywords: ["k"],
      votesElsewhere: 3,
      featuredOn: "2026-08-02",
      publishedAt: new Date("2026-08-01T10:00:00Z"),
    });
  });

  it("reads what Hugging Face itself sends", async () => {
    const item = { paper: { id: "2608.00001", title: "T", publishedAt: "2026-08-01T00:00:00Z", upvotes: 4 } };
    await importPapers(database.db, each([JSON.stringify(item)]));
    expect(await findPaper(database.db, "2608.00001")).toMatchObject({ votesElsewhere: 4 });
  });

  it("goes on where it was broken off, and the same again changes nothing", async () => {
    const lines = Array.from({ length: 1_200 }, (_, index) => line(index + 1));
    await expect(importPapers(database.db, each(lines, 1_100))).rejects.toThrow("the disk is gone");
    expect(await importPapers(database.db, each(lines))).toMatchObject({ added: 200, changed: 0 });
    expect(await importPapers(database.db, each(lines))).toMatchObject({ added: 0, changed: 0, lines: 1_200 });
    await expect(importPapers(database.db, each(lines), { signal: AbortSignal.abort() })).rejects.toThrow("abort");
  });
});
