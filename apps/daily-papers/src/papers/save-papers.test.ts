import { sql } from "kysely";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { databaseKinds } from "../testing/databases.ts";
import { findPaper, papersOfDay } from "./paper.queries.ts";
import type { NewPaper } from "./paper.ts";
import { hotness, sqlHotness } from "./ranking.ts";
import { PaperUnusableError, upsertPapers, type SaveOptions } from "./save-papers.ts";

const told: NewPaper = {
  id: "2608.00001",
  title: "A title",
  abstract: "An abstract",
  authors: ["Ada Example", "Bo Example"],
  publishedOn: "2026-08-01",
};
const later = new Date("2026-08-20T10:00:00Z");

describe.each(databaseKinds())("papers saved on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`are not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterEach(() => sql`delete from paper`.execute(database.db));
  afterAll(async () => {
    await database.close();
    await stop();
  });
  const save = (papers: readonly NewPaper[], options: SaveOptions = { source: "huggingface" }) =>
    database.db.transaction().execute((trx) => upsertPapers(trx, papers, options));
  const saved = () => findPaper(database.db, told.id);

  it("are added once, and the same again changes nothing", async () => {
    const paper = { ...told, featuredOn: "2026-08-19", keywords: ["a", "b"], extra: { new: { field: 1 } } };
    expect(await save([paper], { source: "import", now: later })).toEqual({ added: [told.id], changed: [] });
    expect(await save([paper, paper], { source: "arxiv" })).toEqual({ added: [], changed: [] });
    expect(await saved()).toMatchObject({
      source: "import",
      changedAt: later,
      keywords: ["a", "b"],
      votesElsewhere: 0,
    });
  });

  it("learn what they did not know and forget nothing", async () => {
    await save([{ ...told, doi: "10.1000/1", codeStars: 5, votesElsewhere: 7, extra: { a: 1 } }]);
    const news = { ...told, codeUrl: "http://example.org/code", projectUrl: "javascript:alert(1)", extra: { b: 2 } };
    expect((await save([news])).changed).toEqual([told.id]);
    expect(await saved()).toMatchObject({
      doi: "10.1000/1",
      codeStars: 5,
      votesElsewhere: 7,
      codeUrl: "https://example.org/code",
      projectUrl: undefined,
    });
    const { extra } = await database.db.selectFrom("paper").select("extra").executeTakeFirstOrThrow();
    expect(extra).toEqual({ a: 1, b: 2 });
  });

  it("follow the newest version, whatever comes after it", async () => {
    await save([{ ...told, title: "Second", version: 2 }]);
    await save([{ ...told, title: "First", version: 1 }]);
    await save([{ ...told, title: "Of no version" }]);
    expect(await saved()).toMatchObject({ title: "Second", version: 2 });
    await save([{ ...told, title: "Third", version: 3 }]);
    expect(await saved()).toMatchObject({ title: "Third", version: 3 });
  });

  it("stay withdrawn until a later version takes it back", async () => {
    const withdrawnAt = new Date("2026-08-20T00:00:00Z");
    await save([{ ...told, version: 2, withdrawnAt }]);
    await save([told, { ...told, version: 2 }]);
    expect(await saved()).toMatchObject({ withdrawnAt });
    await save([{ ...told, version: 3 }]);
    expect((await saved())?.withdrawnAt).toBeUndefined();
  });

  it("enter the feed of their first day, in the order of votes", async () => {
    const ids = ["2608.00002", "2608.00003", "2608.00004"];
    const papers = ids.map((id, index) => ({ ...told, id, featuredOn: "2026-08-19", votesElsewhere: index % 2 }));
    await save(papers);
    await save([{ ...papers[0]!, featuredOn: "2026-08-21" }]);
    expect((await papersOfDay(database.db, "2026-08-19")).map((paper) => paper.id)).toEqual([ids[1], ids[0], ids[2]]);
    expect(await findPaper(database.db, ids[0]!)).toMatchObject({ featuredOn: "2026-08-19" });
  });

  it("keep the counts and the hotness of this site's votes", async () => {
    await save([{ ...told, featuredOn: "2026-08-19" }]);
    await database.db
      .updateTable("paper")
      .set({ votes: 9, hotness: sqlHotness({ votes: sql`9` }) })
      .execute();
    await save([{ ...told, votesElsewhere: 90 }]);
    const paper = await saved();
    expect(paper).toMatchObject({ votes: 9, votesElsewhere: 90 });
    expect(paper?.hotness).toBeCloseTo(hotness(paper!), 9);
  });

  it("have the same hotness in SQL as in the formula", async () => {
    const facts = fc.record({
      votes: fc.nat(1e6),
      votesElsewhere: fc.nat(1e6),
      featuredAt: fc.option(
        fc.date({ min: new Date("2007-01-01"), max: new Date("2060-01-01"), noInvalidDate: true }),
        {
          nil: undefined,
        },
      ),
    });
    await fc.assert(
      fc.asyncProperty(facts, async ({ votes, votesElsewhere, featuredAt }) => {
        const { rows } = await sql<{ hotness: number }>`select ${sqlHotness({
          votes: sql`${votes}::int`,
          votesElsewhere: sql`${votesElsewhere}::int`,
          featuredAt: sql`${featuredAt ?? null}::timestamptz`,
        })} as hotness`.execute(database.db);
        expect(rows[0]?.hotness).toBeCloseTo(hotness({ votes, votesElsewhere, featuredAt }), 6);
      }),
      { numRuns: 30 },
    );
  });

  it("can hold any text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.jsonValue(), async (text, extra) => {
        await save([
          { ...told, title: `x${text}`, abstract: text, authors: [text], keywords: [text], extra: { extra } },
        ]);
        expect((await saved())?.title).toMatch(/^x/);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [{ id: "2608.00001v2" }, "an arXiv id"],
    [{ title: " \n" }, "a title"],
    [{ publishedOn: "yesterday" }, "a day"],
  ])("are refused by name when they are unusable: %j", async (fault, wanted) => {
    const refused = save([
      { ...told, id: "2608.00009" },
      { ...told, ...fault },
    ]);
    await expect(refused).rejects.toThrow(PaperUnusableError);
    await expect(refused).rejects.toThrow(wanted);
    expect(await findPaper(database.db, "2608.00009")).toBeUndefined();
  });
});
