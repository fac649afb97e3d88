import { XMLParser, XMLValidator } from "fast-xml-parser";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { TestApp } from "../testing/apps.ts";
import { writeAtom } from "./atom.ts";
import type { FeedDocument } from "./feed-document.ts";
import { writeJsonFeed } from "./json-feed.ts";
import { writeRss } from "./rss.ts";

/** As its makers read a feed: nothing is turned into numbers, and one entry is a list too. */
const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: (name) => ["entry", "item", "author", "link", "category", "dc:creator", "atom:link"].includes(name),
});
const text = z.union([z.string(), z.object({ "#text": z.string() }).transform((node) => node["#text"])]);
const links = z.array(z.object({ "@_rel": z.string(), "@_href": z.string() }).loose());
const atomSchema = z.object({
  feed: z.object({
    id: z.string(),
    title: z.string(),
    updated: z.iso.datetime(),
    link: links,
    entry: z
      .array(
        z.object({
          id: z.string(),
          title: z.string(),
          updated: z.iso.datetime(),
          published: z.iso.datetime(),
          author: z.array(z.object({ name: z.string() })),
          summary: text,
          content: text,
          link: links,
        }),
      )
      .default([]),
  }),
});
const rssSchema = z.object({
  rss: z.object({
    channel: z.object({
      title: z.string(),
      "atom:link": links,
      item: z
        .array(z.object({ title: z.string(), guid: text, pubDate: z.string(), description: z.string() }))
        .default([]),
    }),
  }),
});
const jsonSchema = z.object({
  version: z.literal("https://jsonfeed.org/version/1.1"),
  title: z.string(),
  feed_url: z.url(),
  next_url: z.url().optional(),
  items: z.array(z.object({ id: z.string(), url: z.url(), title: z.string(), date_published: z.iso.datetime() })),
});

function parseXml(xml: string): unknown {
  expect(XMLValidator.validate(xml)).toBe(true);
  return parser.parse(xml);
}

/** What XML can hold of a text: no control characters; line ends as readers see them. */
const kept = (value: string) =>
  Array.from(value)
    .filter((sign) => sign >= " " || "\t\n\r".includes(sign))
    .join("");

describe("feeds of any text", () => {
  const hostile = fc
    .array(
      fc.constantFrom(
        "]]>",
        "<![CDATA[",
        "&",
        "&amp;",
        "<script>",
        "</title>",
        "\u0000",
        "\u0008",
        "\u001B",
        '"',
        "'",
        "$x<y$",
        "é",
        "漢",
        "\u{1F600}",
        "<!--",
        "&#0;",
        "a",
      ),
      { minLength: 1, maxLength: 12 },
    )
    .map((parts) => `x${parts.join("")}x`);
  const documents = fc
    .record({ title: hostile, summary: hostile, author: hostile, tag: hostile })
    .map(({ title, summary, author, tag }): FeedDocument => ({
      id: "tag:example.org,2026:feed/daily",
      title,
      description: summary,
      page: "http://example.org/",
      self: "http://example.org/feeds/daily.atom?q=%3C&x=1",
      next: "http://example.org/feeds/daily.atom?after=1&q=2",
      updated: new Date("2026-11-23T00:00:00Z"),
      entries: [
        {
          id: "tag:example.org,2026:paper/1",
          title,
          url: "http://example.org/papers/1",
          date: new Date("2026-11-23T00:00:00Z"),
          authors: [author],
          summary,
          html: "<p>a &amp; b</p>",
          tags: [tag],
        },
      ],
    }));

  it("are well-formed, and say what was meant", () => {
    fc.assert(
      fc.property(documents, (feed) => {
        const [entry] = feed.entries;
        const atom = atomSchema.parse(parseXml(writeAtom(feed))).feed;
        expect(atom.title).toBe(kept(feed.title));
        expect(atom.entry[0]?.summary).toBe(kept(entry?.summary ?? ""));
        expect(atom.entry[0]?.content).toBe("<p>a &amp; b</p>");
        const { channel } = rssSchema.parse(parseXml(writeRss(feed))).rss;
        expect(channel.item[0]?.title ?? "").toBe(kept(entry?.title ?? ""));
        const json = jsonSchema.parse(JSON.parse(writeJsonFeed(feed)));
        expect(json.items[0]?.title).toBe(entry?.title);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the site's feeds", () => {
  let app: TestApp;
  const nfe = "2409.19977";
  beforeAll(async () => {
    app = await TestApp.open();
    const { db } = app.database;
    await db
      .updateTable("paper")
      .set({ featured_on: "2024-12-11", featured_at: new Date("2024-12-11T09:00:00Z") })
      .where("id", "=", "2501.00001")
      .execute();
    await db.insertInto("featured_paper").values({ day: "2024-12-11", paper_id: "2501.00001", position: 0 }).execute();
    await db
      .updateTable("paper")
      .set({ keywords: ["Graphs"], categories: ["cs.LG"] })
      .where("id", "=", nfe)
      .execute();
    await db
      .insertInto("account")
      .values({ id: "aaaaaaaaaaaa", name: "ada", email: "ada@example.org", created_at: new Date(0) })
      .execute();
    const said = { paper_id: nfe, account_id: "aaaaaaaaaaaa", created_at: new Date("2026-01-05T00:00:00Z") };
    await db
      .insertInto("comment")
      .values([
        { ...said, id: "c00000000001", body: "Is 1 < 2 & **true**?\n\nI <b>ask</b>.", question: true },
        { ...said, id: "c00000000002", body: "held back", state: "held" },
      ])
      .execute();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });
  const atom = async (path: string) => atomSchema.parse(parseXml(await app.text(path))).feed;

  it.each([
    "daily",
    "weekly",
    "monthly",
    "trending",
    "runnable",
    "keyword/graphs",
    "category/cs.LG",
    "submitter/ada",
    "comments/2409.19977",
  ])("has %s in three forms with the same entries", async (name) => {
    const { entry } = await atom(`/feeds/${name}.atom`);
    const { channel } = rssSchema.parse(parseXml(await app.text(`/feeds/${name}.rss`))).rss;
    const json = jsonSchema.parse(JSON.parse(await app.text(`/feeds/${name}.json`)));
    const ids = entry.map(({ id }) => id);
    expect(channel.item.map(({ guid }) => guid)).toEqual(ids);
    expect(json.items.map(({ id }) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    if (name !== "submitter/ada") expect(ids.length).toBeGreaterThan(0);
  });

  it("are known to the pages that show the same", async () => {
    for (const [page, feed] of [
      ["/", "daily"],
      ["/week/2024-W50", "weekly"],
      ["/month/2024-12", "monthly"],
      ["/trending", "trending"],
      ["/people/ada", "submitter/ada"],
      [`/papers/${nfe}`, `comments/${nfe}`],
    ]) {
      expect(await app.text(page ?? ""), page).toContain(`href="/feeds/${feed}.atom"/>`);
    }
  });

  it("has a feed of a search", async () => {
    const feed = await atom("/feeds/search/papers.atom?q=knowledge+graph");
    expect(feed.entry.map(({ id }) => id)).toContain(`tag:localhost,2026:paper/${nfe}`);
    expect(feed.link).toContainEqual(
      expect.objectContaining({
        "@_rel": "self",
        "@_href": "http://localhost:8787/feeds/search/papers.atom?q=knowledge+graph",
      }),
    );
    expect((await app.get("/feeds/search/papers.atom")).status).toBe(404);
  });

  it("names an entry alike in all feeds and dates it by its coming in, whatever is voted", async () => {
    const before = await app.text("/feeds/daily.atom");
    await app.database.db
      .updateTable("paper")
      .set({ votes: 50, hotness: 9_999, changed_at: new Date() })
      .where("id", "=", nfe)
      .execute();
    expect(await app.text("/feeds/daily.atom")).toBe(before);
    const [daily, trending] = [await atom("/feeds/daily.atom"), await atom("/feeds/trending.atom")];
    expect(trending.entry[0]?.id).toBe(`tag:localhost,2026:paper/${nfe}`);
    expect(daily.entry.find(({ id }) => id === trending.entry[0]?.id)?.updated).toBe(trending.entry[0]?.updated);
    expect(daily.entry[0]?.id).toBe("tag:localhost,2026:paper/2501.00001");
    expect(daily.updated).toBe("2024-12-11T09:00:00.000Z");
  });

  it("shows of comments what everybody may read", async () => {
    const feed = await atom(`/feeds/comments/${nfe}.atom`);
    expect(feed.entry).toHaveLength(1);
    expect(feed.entry[0]?.summary ?? "").toBe("Is 1 < 2 & **true**?\n\nI <b>ask</b>.");
    expect(feed.entry[0]?.content ?? "").toContain("<strong>true</strong>?</p>");
    expect(feed.entry[0]?.content ?? "").toContain("&lt;b&gt;ask");
    expect(JSON.stringify(feed)).not.toContain("ada@example.org");
  });

  it("answers 304 by tag and by time", async () => {
    const first = await app.get("/feeds/daily.rss");
    expect(first.headers.get("content-type")).toBe("application/rss+xml; charset=utf-8");
    expect(first.headers.get("cache-control")).toContain("public, max-age=300");
    expect(first.headers.get("set-cookie")).toBeNull();
    const same = (headers: Record<string, string>) => app.get("/feeds/daily.rss", headers);
    expect((await same({ "if-none-match": first.headers.get("etag") ?? "" })).status).toBe(304);
    expect((await same({ "if-modified-since": first.headers.get("last-modified") ?? "" })).status).toBe(304);
    expect((await same({ "if-modified-since": "Mon, 01 Jan 2024 00:00:00 GMT" })).status).toBe(200);
    expect(
      (await same({ "if-none-match": '"other"', "if-modified-since": first.headers.get("last-modified") ?? "" }))
        .status,
    ).toBe(200);
  });

  it("knows no other feeds", async () => {
    for (const path of [
      "/feeds/hourly.atom",
      "/feeds/daily.xml",
      "/feeds/comments/9999.99999.atom",
      "/feeds/comments/x.rss",
      "/feeds/keyword/%00.atom",
    ]) {
      expect((await app.get(path)).status, path).toBe(404);
    }
  });

  it("leads through older entries, each once", async () => {
    const { db } = app.database;
    const many = Array.from({ length: 120 }, (_, i) => ({
      id: `2301.${String(i + 1).padStart(5, "0")}`,
      title: `Paper ${i}`,
      abstract: "Text.",
      authors: JSON.stringify(["A"]),
      published_on: "2023-01-01",
      featured_on: "2023-01-02",
      featured_at: new Date(Date.UTC(2023, 0, 2, 0, Math.floor(i / 7))),
    }));
    await db
      .insertInto("paper")
      .values(many.map((paper) => ({ ...paper, code_url: null, implementation: null })))
      .execute();
    const seen: string[] = [];
    let next: string | undefined = "/feeds/daily.json";
    while (next !== undefined) {
      const page = jsonSchema.parse(JSON.parse(await app.text(next)));
      seen.push(...page.items.map(({ id }) => id));
      next = page.next_url?.replace("http://localhost:8787", "");
    }
    const stored = await db.selectFrom("paper").select("id").where("featured_on", "is not", null).execute();
    expect(seen.toSorted()).toEqual(stored.map(({ id }) => `tag:localhost,2026:paper/${id}`).toSorted());
  });
});
