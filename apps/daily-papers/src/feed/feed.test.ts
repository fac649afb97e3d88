import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import type { NewPaper } from "../papers/paper.ts";
import { featurePaper } from "../papers/feature-paper.ts";
import { upsertPapers } from "../papers/save-papers.ts";
import { TestApp } from "../testing/apps.ts";
import { databaseKinds } from "../testing/databases.ts";
import { Visitor } from "../testing/visitor.ts";
import { castVote } from "../votes/vote.queries.ts";
import {
  feedVersion,
  neighboursOf,
  newPapers,
  papersOfPeriod,
  trendingPapers,
  type PaperList,
} from "./feed.queries.ts";
import { periodNamed, periodOf, writePeriod, type Period } from "./period.ts";

const named = (kind: Period["kind"], name: string) => periodNamed(kind, name) ?? expect.fail(`no ${kind} ${name}`);
const paper = (number: number, day: string, votes: number): NewPaper => ({
  id: `2608.${String(number).padStart(5, "0")}`,
  title: `Paper ${number}`,
  abstract: "S",
  authors: ["A"],
  publishedOn: `2026-08-0${1 + (number % 3)}`,
  featuredOn: day,
  votesElsewhere: votes,
});
/** Seventy papers of one week with few different numbers of votes, and a week later one more. */
const papers = [
  ...Array.from({ length: 70 }, (_, index) => paper(index + 1, `2026-08-1${index % 5}`, index % 4)),
  paper(99, "2026-08-25", 1),
];

describe("weeks and months", () => {
  it("hold their days and know their names", () => {
    expect(periodOf("week", "2027-01-01")).toMatchObject({ name: "2026-W53", from: "2026-12-28", to: "2027-01-03" });
    expect(periodOf("month", "2024-02-29")).toMatchObject({ name: "2024-02", from: "2024-02-01", to: "2024-02-29" });
    expect(writePeriod(named("week", "2026-W53")).replaceAll("\u00A0", " ")).toBe("28 December – 3 January");
    expect(writePeriod(named("month", "2026-08"))).toBe("August");
    expect([periodNamed("week", "2026-W54"), periodNamed("month", "2026-13")]).toEqual([undefined, undefined]);
  });
});

describe.each(databaseKinds())("lists on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`are not tried: ${missing}`, () => undefined);
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
  /** All pages of a list. */
  const all = async (page: (after?: string) => Promise<PaperList>) => {
    const found: string[] = [];
    let next: string | undefined;
    do {
      const list = await page(next);
      found.push(...list.papers.map(({ id }) => id));
      next = list.next;
    } while (next !== undefined);
    return found;
  };

  it("give each paper of a week once, most votes first, over several pages", async () => {
    const week = named("week", "2026-W33");
    const ids = await all((after) => papersOfPeriod(database.db, week, after));
    const expected = papers
      .slice(0, 70)
      .toSorted(
        (a, b) =>
          (b.votesElsewhere ?? 0) - (a.votesElsewhere ?? 0) ||
          b.publishedOn.localeCompare(a.publishedOn) ||
          a.id.localeCompare(b.id),
      );
    expect(ids).toEqual(expected.map(({ id }) => id));
    expect((await neighboursOf(database.db, week)).later).toMatchObject({ name: "2026-W35" });
    expect((await neighboursOf(database.db, week)).earlier).toBeUndefined();
  });

  it("give the trending papers by hotness, and the new ones by arrival", async () => {
    const trending = await all((after) => trendingPapers(database.db, after));
    expect(new Set(trending).size).toBe(71);
    expect(trending[0]).toBe("2608.00099");
    const since = new Date("2026-08-13T12:00:00Z");
    const fresh = await all((after) => newPapers(database.db, since, after));
    expect(fresh).toHaveLength(15);
    expect(fresh[0]).toBe("2608.00099");
    // An address that somebody made up begins anew.
    expect((await trendingPapers(database.db, "bm9uc2Vuc2U")).papers[0]?.id).toBe("2608.00099");
  });

  it("call new what entered the feed since, even if its day began before; and no old papers of a dump", async () => {
    const now = new Date("2026-09-02T15:00:00Z");
    const late = [
      paper(101, "2026-09-02", 0),
      { ...paper(102, "2026-09-02", 0), featuredAt: new Date("2026-09-02T01:00:00Z") },
    ];
    const old = paper(103, "2026-07-01", 0);
    await database.db.transaction().execute((trx) => upsertPapers(trx, [...late, old], { source: "huggingface", now }));
    const morning = new Date("2026-09-02T10:00:00Z");
    const ids = async () => (await newPapers(database.db, morning)).papers.map(({ id }) => id);
    expect(await ids()).toEqual(["2608.00101", "2608.00102"]);
    // Told of again later, it is not new again.
    const later = new Date("2026-09-02T18:00:00Z");
    await database.db.transaction().execute((trx) => upsertPapers(trx, late, { source: "huggingface", now: later }));
    expect((await newPapers(database.db, now)).papers).toEqual([]);
    const submitted = { paperId: "2608.00104", day: "2026-09-02", at: later };
    await database.db.transaction().execute(async (trx) => {
      const { featuredOn: _, ...unfeatured } = paper(104, "2026-09-02", 0);
      await upsertPapers(trx, [unfeatured], { source: "submission", now });
      await featurePaper(trx, submitted);
    });
    expect((await newPapers(database.db, now)).papers.map(({ id }) => id)).toEqual(["2608.00104"]);
    const ids4 = ["2608.00101", "2608.00102", "2608.00103", "2608.00104"];
    await database.db.deleteFrom("paper").where("id", "in", ids4).execute();
  });

  it("have another version after each change", async () => {
    const before = await feedVersion(database.db);
    const change = { ...paper(1, "2026-08-10", 50), id: "2608.00001" };
    await database.db
      .transaction()
      .execute((trx) => upsertPapers(trx, [change], { source: "import", now: new Date(Date.now() + 1_000) }));
    expect((await feedVersion(database.db)).version).not.toBe(before.version);
  });
});

describe("pages of papers", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
  });
  afterAll(() => app.close());

  it("lead from a day without papers to the one before, and from a week or month as well", async () => {
    const to = async (path: string) => (await app.get(path)).headers.get("location");
    expect(await to("/date/2024-12-25")).toBe("/date/2024-12-10");
    expect(await to("/week")).toBe("/week/2024-W50");
    expect(await to("/month?day=2025-02-01")).toBe("/month/2024-12");
    expect(await to("/week/2025-W02")).toBe("/week/2024-W50");
    expect((await app.get("/week/2020-W01")).status).toBe(404);
    expect((await app.get("/week/2025-W60")).status).toBe(404);
    expect(await app.text("/week/2024-W50")).toMatch(/<h1>9–15\u00A0December/);
    expect(await app.text("/trending")).toContain("how ranking works");
    expect(await app.text("/how-ranking-works")).toContain("<math");
  });

  it("answer 304 to who has them, and anew after a vote", async () => {
    const first = await app.get("/");
    const tag = first.headers.get("etag") ?? "";
    expect((await app.get("/", { "if-none-match": tag })).status).toBe(304);
    const { db } = app.database;
    const now = new Date();
    await db
      .insertInto("account")
      .values({ id: "vvvvvvvvvvvv", name: "Voter", email: "v@example.org", created_at: new Date(0) })
      .execute();
    await castVote(db, { accountId: "vvvvvvvvvvvv", paperId: "2309.12307", now: new Date(now.getTime() + 5_000) });
    const after = await app.get("/", { "if-none-match": tag });
    expect(after.status).toBe(200);
    const html = await after.text();
    expect(html).toContain('<span data-votes="true">1</span>');
    expect(html).not.toContain("offprint-either");
    // Most votes first.
    expect(html.indexOf("LongLoRA")).toBeLessThan(html.indexOf("Normalizing Flows"));
  });

  it("remember what a reader without an account has seen", async () => {
    const seen = await app.post("/new/seen", { until: "2026-08-01T00:00:00.000Z" });
    expect(seen.headers.get("location")).toBe("/new");
    expect(seen.headers.get("set-cookie")).toContain("seen=2026-08-01");
    const cookie = "seen=2024-12-01T00%3A00%3A00.000Z";
    const html = await (await app.get("/new", { cookie })).text();
    expect(html).toContain("3 papers since");
    expect(await app.text("/new")).toContain("Nothing came since");
    expect((await app.post("/new/seen", { until: "later" })).headers.get("set-cookie")).toBeNull();
    // An old tab takes nothing back.
    const old = await app.post("/new/seen", { until: "2024-01-01T00:00:00.000Z" }, { cookie });
    expect(old.headers.get("set-cookie")).toContain("seen=2024-12-01");
  });

  it("remember what a reader has seen in all of their browsers", async () => {
    const [phone, desk] = [new Visitor(app.with()), new Visitor(app.with())];
    await phone.post("/new/seen", { until: "2024-12-01T00:00:00.000Z" });
    await phone.signIn(app.database, "two@example.org", "two");
    expect(await phone.text("/new")).toContain("3 papers since");
    await desk.signIn(app.database, "two@example.org");
    expect(await desk.text("/new")).toContain("Nothing came since");
    await phone.post("/new/seen", { until: "2024-12-05T00:00:00.000Z" });
    expect(await desk.text("/new")).toContain('datetime="2024-12-05');
    await desk.post("/new/seen", { until: "2024-12-02T00:00:00.000Z" });
    expect(await phone.text("/new")).toContain('datetime="2024-12-05');
  });

  it("find papers, lead to the one that an id names, and say what is missing", async () => {
    expect(await app.text("/search?q=normalizing+flows")).toContain("1 paper.");
    expect(await app.text("/search?q=normalising+flws")).toContain("Nothing was found for");
    expect(await app.text("/search?q=%3Cscript%3E&category=%22%3E")).not.toContain("<script>alert");
    expect((await app.get("/search?q=arXiv:2409.19977v3")).headers.get("location")).toBe("/papers/2409.19977");
    expect(await app.text("/search?q=2409.00001")).toContain("is not here yet");
    expect(await app.text("/search")).toContain("words that begin like this");
  });

  it("lead every spelling of an id to the paper, and give its citation as a file", async () => {
    expect((await app.get("/papers/2409.19977v2")).headers.get("location")).toBe("/papers/2409.19977");
    expect((await app.get("/papers/hep-th/9901001")).status).toBe(404);
    expect(await app.text("/papers/2409.99999")).toContain("not here yet");
    const bib = await app.get("/papers/2409.19977/cite.bib");
    expect(bib.headers.get("content-disposition")).toBe('attachment; filename="xiao2024knowledge.bib"');
    expect(await bib.text()).toContain("@misc{xiao2024knowledge");
    expect(await app.text("/papers/2409.19977/cite.ris")).toContain("AU  - Xiao, Changyi");
    const [item] = JSON.parse(await app.text("/papers/2409.19977/cite.json")) as Record<string, unknown>[];
    expect(item).toMatchObject({ number: "arXiv:2409.19977" });
    expect((await app.get("/papers/2409.19977/cite.exe")).status).toBe(404);
  });
});
