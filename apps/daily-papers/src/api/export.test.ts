import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { readConversations } from "@offprint/long-context-lora";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { importPapers } from "../papers/import-papers.ts";
import { TestApp } from "../testing/apps.ts";
import { openMigratedPglite } from "../testing/databases.ts";

const nfe = "2409.19977";

describe("what can be taken away", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
    const { db } = app.database;
    await db
      .insertInto("account")
      .values({ id: "aaaaaaaaaaaa", name: "ada", email: "ada@example.org", created_at: new Date(0) })
      .execute();
    await db
      .updateTable("paper")
      .set({
        submitted_by: "aaaaaaaaaaaa",
        extra: JSON.stringify({ submittedBy: { email: "x@example.org" } }),
        votes: 3,
      })
      .where("id", "=", nfe)
      .execute();
    const asked = { paper_id: nfe, account_id: "aaaaaaaaaaaa", created_at: new Date(1) };
    const answer = { ...asked, created_at: new Date(2) };
    const accepted_at = new Date(3);
    await db
      .insertInto("comment")
      .values([
        { ...asked, id: "q00000000001", body: "How long\ndoes it take?", question: true },
        { ...answer, id: "r00000000001", parent_id: "q00000000001", body: "Another reply." },
        { ...answer, id: "r00000000002", parent_id: "q00000000001", body: "About **a minute**.", accepted_at },
        { ...asked, id: "q00000000002", body: "Without an answer?", question: true },
        { ...asked, id: "q00000000003", body: "Hidden?", question: true, state: "hidden" },
        { ...answer, id: "r00000000003", parent_id: "q00000000003", body: "Yes.", accepted_at },
        { ...asked, id: "q00000000004", body: "Answered by a hidden one?", question: true },
        { ...answer, id: "r00000000004", parent_id: "q00000000004", body: "Yes.", accepted_at, state: "hidden" },
      ])
      .execute();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  it("dumps every paper on a line of its own, and nothing of readers", async () => {
    const many = Array.from({ length: 1_100 }, (_, i) => ({
      id: `2302.${String(i + 1).padStart(5, "0")}`,
      title: `Paper ${i}`,
      abstract: "Text.",
      authors: JSON.stringify(["A"]),
      published_on: "2023-02-01",
      code_url: null,
      implementation: null,
    }));
    await app.database.db.insertInto("paper").values(many).execute();
    const answer = await app.get("/api/dump.jsonl.gz");
    expect(answer.headers.get("content-type")).toBe("application/gzip");
    expect(answer.headers.get("content-encoding")).toBeNull();
    const text = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
    const lines = z.array(z.looseObject({ id: z.string(), upvotes: z.int() })).parse(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
    const stored = await app.database.db.selectFrom("paper").select("id").execute();
    expect(lines.map(({ id }) => id).toSorted()).toEqual(stored.map(({ id }) => id).toSorted());
    expect(lines.find(({ id }) => id === nfe)).toMatchObject({ upvotes: 3, day: "2024-12-10" });
    expect(text).not.toMatch(/ada|example\.org/);
  });

  it("dumps what another site needs to have the same papers, with all their votes and comments as those elsewhere", async () => {
    const { db } = app.database;
    const full = {
      id: "hep-th/9901001",
      title: String.raw`$\mathcal{O}(n)$ & <b>`,
      abstract: "Long.",
      authors: JSON.stringify(["Zo\u00EB", "B"]),
      published_on: "1999-01-01",
      published_at: new Date("1999-01-01T10:11:12Z"),
      revised_at: new Date("1999-02-01T10:11:12Z"),
      version: 3,
      categories: ["hep-th", "math.GT"],
      journal_ref: "J. 1",
      doi: "10.1/x",
      author_comment: "12 pages",
      license: "http://creativecommons.org/licenses/by/4.0/",
      summary: "Short.",
      keywords: ["k", "LoRA"],
      project_url: "https://example.org/p",
      organization: "Org",
      code_url: "https://example.org/c",
      code_stars: 0,
      votes_elsewhere: 5,
      votes: 2,
      comments_elsewhere: 1,
      comments: 3,
      featured_on: "2026-08-02",
      featured_at: new Date("2026-08-02T09:00:00Z"),
      withdrawn_at: new Date("2026-08-03T00:00:00Z"),
      implementation: "knowledge-graph-embeddings",
    };
    await db.insertInto("paper").values(full).execute();
    const answer = await app.get("/api/dump.jsonl.gz");
    const lines = gunzipSync(Buffer.from(await answer.arrayBuffer()))
      .toString()
      .trimEnd()
      .split("\n");
    const other = await openMigratedPglite();
    try {
      const counts = await importPapers(other.db, Readable.from(lines));
      expect(counts).toMatchObject({ added: lines.length, broken: 0 });
      const stored = (from: typeof db) => from.selectFrom("paper").selectAll().orderBy("id").execute();
      // Other names of the same, or this site's own.
      const { search: _, ...read } = (await stored(other.db)).find(({ id }) => id === full.id) ?? { search: "" };
      expect(read).toMatchObject({
        ...full,
        authors: ["Zo\u00EB", "B"],
        votes: 0,
        votes_elsewhere: 7,
        comments: 0,
        comments_elsewhere: 4,
        implementation: null,
        source: "import",
        extra: {},
      });
      const total = ({ votes, votes_elsewhere: more, id, title }: Awaited<ReturnType<typeof stored>>[number]) => ({
        id,
        title,
        votes: votes + more,
      });
      expect((await stored(other.db)).map(total)).toEqual((await stored(db)).map(total));
    } finally {
      await other.close();
    }
  });

  it("reads nothing for who has a dump already, or asks for its head alone", async () => {
    for (const path of ["/api/dump.jsonl.gz", "/api/questions.jsonl"]) {
      const head = await app.with().request(`http://localhost:8787${path}`, {
        method: "HEAD",
        headers: { host: "localhost:8787" },
      });
      expect([head.status, head.body], path).toEqual([200, null]);
      const tag = head.headers.get("etag") ?? "";
      expect((await app.get(path, { "if-none-match": tag })).status, path).toBe(304);
      await app.database.db.updateTable("paper").set({ changed_at: new Date() }).where("id", "=", nfe).execute();
      const other = await app.get(path, { "if-none-match": tag });
      expect(other.status, path).toBe(200);
      await other.arrayBuffer();
    }
  });

  it("gives accepted answers as the long-context fine-tuning reads them", async () => {
    const text = await app.text("/api/questions.jsonl");
    expect(text).not.toContain("ada");
    const file = join(app.dataFolder, "questions.jsonl");
    writeFileSync(file, text);
    const conversations = [];
    for await (const conversation of readConversations([file])) conversations.push(conversation);
    expect(conversations).toMatchObject([
      {
        document: nfe,
        messages: [
          { role: "user", content: expect.stringMatching(/Knowledge Graph[^]*Question: How long\ndoes it take\?$/) },
          { role: "assistant", content: "About **a minute**." },
        ],
      },
    ]);
  });

  it("writes a paper as Markdown, at its own address and to who asks for it", async () => {
    const own = await app.get(`/papers/${nfe}.md`);
    expect(own.headers.get("content-type")).toBe("text/markdown; charset=utf-8");
    const text = await own.text();
    expect(text).toMatch(/^# .+\n\n[^\n]+\n\n- arXiv: <https:\/\/arxiv\.org\/abs\/2409\.19977>/);
    expect(text).toContain("> **ada**, 1970-01-01:\n>\n> How long\n> does it take?");
    expect(text).not.toContain("Hidden?");
    const asked = await app.get(`/papers/${nfe}`, { accept: "text/markdown, text/html;q=0.5" });
    expect([await asked.text(), asked.headers.get("vary")]).toEqual([text, expect.stringContaining("Accept")]);
    const page = await app.get(`/papers/${nfe}`, { accept: "text/html,*/*" });
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("vary")).toContain("Accept");
    expect((await app.get("/papers/2409.99999.md")).status).toBe(404);
    expect((await app.get(`/papers/${nfe}.md`, { "if-none-match": own.headers.get("etag") ?? "" })).status).toBe(304);
  });

  it("escapes what would be markup in Markdown", async () => {
    const text = await app.text("/papers/2501.00001.md");
    expect(text).not.toMatch(/<script|<img/);
    expect(text).toContain(String.raw`$\mathcal{O}(n^2)$`);
  });

  it("describes all of it on pages for people", async () => {
    const page = await app.text("/api");
    for (const part of [
      "GET /api/daily_papers",
      "GET /api/papers/{id}",
      "GET /api/dump.jsonl.gz",
      "whole number from 1 to 100; 50 when absent",
      "githubRepo",
    ]) {
      expect(page).toContain(part);
    }
    expect(await app.text("/feeds")).toContain("/feeds/daily.atom");
  });
});
