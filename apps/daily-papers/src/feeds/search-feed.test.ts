import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { NewPaper } from "../papers/paper.ts";
import { upsertPapers } from "../papers/save-papers.ts";
import { searchPapers, type SearchFilters } from "../search/search.queries.ts";
import { TestApp } from "../testing/apps.ts";

const feedSchema = z.object({
  title: z.string(),
  home_page_url: z.url(),
  items: z.array(z.object({ id: z.string(), date_published: z.iso.datetime() })),
});
const paper = (number: number, title: string, more: Partial<NewPaper> = {}): NewPaper => ({
  id: `2608.${String(number).padStart(5, "0")}`,
  title,
  abstract: "Nothing of note.",
  authors: ["Ada Example"],
  publishedOn: "2026-08-01",
  featuredOn: `2026-08-${String(number + 1).padStart(2, "0")}`,
  ...more,
});
const papers = [
  paper(1, "Diffusion models for molecules", { keywords: ["chemistry"], publishedOn: "2025-01-01" }),
  paper(2, "A survey", { abstract: "We look at diffusion models.", authors: ["Wei Chen"] }),
  paper(3, "Diffusion in porous rock", { categories: ["physics.geo-ph"], featuredOn: undefined }),
];

describe("the feed of a search", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
    await app.database.db.transaction().execute((trx) => upsertPapers(trx, papers, { source: "import" }));
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });
  const feedOf = async (fields: Record<string, string>) => {
    const answer = await app.get(`/feeds/search/papers.json?${new URLSearchParams(fields)}`);
    expect(answer.status).toBe(200);
    return feedSchema.parse(await answer.json());
  };
  const idsOf = async (fields: Record<string, string>) =>
    (await feedOf(fields)).items.map(({ id }) => id.split("/").at(-1));

  it.each<[Record<string, string>, SearchFilters]>([
    [{ q: "diffusion" }, {}],
    [{ q: "diffsuion modles" }, {}],
    [{ q: "molec" }, {}],
    [{ q: "author:chen" }, {}],
    [{ q: '"diffusion models" -survey' }, {}],
    [{ q: "diffusion", from: "2026-01-01" }, { from: "2026-01-01" }],
    [{ q: "", to: "2025-12-31" }, { to: "2025-12-31" }],
    [{ q: "", category: "physics.geo-ph" }, { category: "physics.geo-ph" }],
  ])("has what the page finds: %j", async (fields, filters) => {
    const { papers: found } = await searchPapers(app.database.db, fields["q"] ?? "", filters);
    const ids = await idsOf(fields);
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids)).toEqual(new Set(found.map(({ id }) => id)));
  });

  it("is by the time of coming in; what is in no feed has come in when it was published", async () => {
    const { items } = await feedOf({ q: "diffusion" });
    expect(items.map(({ id, date_published }) => [id.slice(-5), date_published.slice(0, 10)])).toEqual([
      ["00002", "2026-08-03"],
      ["00001", "2026-08-02"],
      ["00003", "2026-08-01"],
    ]);
  });

  it("has the one paper that an id or a link names", async () => {
    expect(await idsOf({ q: "https://arxiv.org/abs/2608.00003v2" })).toEqual(["2608.00003"]);
    expect(await idsOf({ q: "2699.00003" })).toEqual([]);
  });

  it("is linked on the page with its filters, and links back", async () => {
    const page = await app.text("/search?q=&category=physics.geo-ph");
    expect(page).toContain('href="/feeds/search/papers.atom?q=&amp;category=physics.geo-ph"');
    const feed = await feedOf({ q: "rock", category: "physics.geo-ph" });
    expect([feed.home_page_url, feed.title]).toEqual([
      "http://localhost:8787/search?q=rock&category=physics.geo-ph",
      "Papers: “rock”, physics.geo-ph",
    ]);
  });

  it.each(["x".repeat(249) + "\u{1F600}", "\u0007\u0000", "%", "[]#?&<'\"", "the", "::&|!()"])(
    "is a feed whatever is looked for: %j",
    async (q) => {
      const answer = await app.get(`/feeds/search/papers.atom?${new URLSearchParams({ q, from: "2026-01-01" })}`);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/atom+xml; charset=utf-8"]);
    },
  );

  it("is new for who asks by time, though a paper is told of after one that came in later", async () => {
    const path = "/feeds/search/papers.atom?q=porous";
    const since = (await app.get(path)).headers.get("last-modified") ?? "";
    expect((await app.get(path, { "if-modified-since": since })).status).toBe(304);
    await app.database.db.transaction().execute((trx) =>
      upsertPapers(trx, [paper(4, "Porous things", { featuredOn: undefined, publishedOn: "2020-01-01" })], {
        source: "import",
        now: new Date(Date.now() + 5_000),
      }),
    );
    expect((await app.get(path, { "if-modified-since": since })).status).toBe(200);
  });
});
