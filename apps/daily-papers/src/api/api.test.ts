import { readFileSync, existsSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { TestApp } from "../testing/apps.ts";
import { paperItemSchema, problemSchema, type ApiPaperItem } from "./paper.schema.ts";

const nfe = "2409.19977";
const hubDay = new URL("../../../../../shared/data/papers/raw-api-sample-2026-08-19.json.gz", import.meta.url);

describe("the API", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
    await app.database.db
      .insertInto("account")
      .values({ id: "aaaaaaaaaaaa", name: "ada", email: "ada@example.org", created_at: new Date(0) })
      .execute();
    await app.database.db
      .updateTable("paper")
      .set({ submitted_by: "aaaaaaaaaaaa", votes: 2, votes_elsewhere: 5, summary: "Short.", keywords: ["graphs"] })
      .where("id", "=", nfe)
      .execute();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  const list = async (path: string): Promise<ApiPaperItem[]> =>
    z.array(paperItemSchema).parse(await (await app.get(path)).json());
  const problemOf = async (path: string) => {
    const answer = await app.get(path);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    return problemSchema.parse(await answer.json());
  };

  it("lists a day as the Hub does", async () => {
    const papers = await list("/api/daily_papers?date=2024-12-10");
    expect(papers.map(({ paper }) => paper.id)[0]).toBe(nfe);
    expect(papers).toHaveLength(3);
    const item = papers.find(({ paper }) => paper.id === nfe);
    expect(item).toMatchObject({
      submittedBy: { name: "ada", user: "ada", type: "user" },
      numComments: 0,
      paper: {
        upvotes: 7,
        ai_summary: "Short.",
        ai_keywords: ["graphs"],
        submittedOnDailyAt: "2024-12-10T00:00:00.000Z",
      },
    });
    expect(await list("/api/daily_papers?date=2024-12-11")).toEqual([]);
  });

  it.runIf(existsSync(hubDay))(
    "has every field of the Hub's answer that says something of the paper, in its type",
    async () => {
      const real = z
        .array(z.looseObject({ paper: z.looseObject({}) }))
        .parse(JSON.parse(gunzipSync(readFileSync(hubDay)).toString()));
      const [ours] = await list("/api/daily_papers?submitter=ada");
      // Known of few papers, or of the Hub's readers alone.
      const optional =
        /^(mediaUrls|organization|githubRepo|githubRepoAddedBy|githubStars|projectPage|ai_summary_model|isUserFollowing|followerCount|user|status|statusLastChangedAt)$/;
      const compare = (theirs: Readonly<Record<string, unknown>>, mine: unknown, where: string) => {
        const own = z.record(z.string(), z.unknown()).parse(mine);
        for (const [name, value] of Object.entries(theirs)) {
          if (optional.test(name)) continue;
          expect(own, `${where}.${name}`).toHaveProperty(name);
          expect(typeof own[name], `${where}.${name}`).toBe(typeof value);
          expect(Array.isArray(own[name])).toBe(Array.isArray(value));
          const inner = z.record(z.string(), z.unknown()).safeParse(Array.isArray(value) ? value[0] : value);
          const ownInner: unknown = Array.isArray(own[name]) ? own[name][0] : own[name];
          if (inner.success && ownInner !== undefined) compare(inner.data, ownInner, `${where}.${name}`);
        }
      };
      for (const item of real) compare(item, ours, "item");
    },
  );

  it("pages through the feed, by week, month and submitter too", async () => {
    const all = await list("/api/daily_papers");
    const paged = [
      ...(await list("/api/daily_papers?limit=2&p=0")),
      ...(await list("/api/daily_papers?limit=2&p=1")),
      ...(await list("/api/daily_papers?limit=2&p=2")),
    ];
    expect(paged).toEqual(all);
    expect(await list("/api/daily_papers?week=2024-W50")).toEqual(all);
    expect(await list("/api/daily_papers?month=2024-12")).toEqual(all);
    expect(await list("/api/daily_papers?week=2024-W49")).toEqual([]);
    expect(await list("/api/daily_papers?month=2024-12&date=2024-11-30")).toEqual([]);
    expect((await list("/api/daily_papers?submitter=ADA")).map(({ paper }) => paper.id)).toEqual([nfe]);
    expect(await list("/api/daily_papers?submitter=nobody")).toEqual([]);
    expect(await list("/api/daily_papers?sort=trending")).toHaveLength(all.length);
  });

  it("names the field that cannot be read", async () => {
    for (const [query, field] of [
      ["date=2025-13-40", "date"],
      ["date=2025-02-29", "date"],
      ["date=0000-01-01", "date"],
      ["week=2025-W53", "week"],
      ["week=0000-W01", "week"],
      ["month=2025-13", "month"],
      ["limit=0", "limit"],
      ["limit=101", "limit"],
      ["limit=1e2", "limit"],
      ["limit=5&limit=6", "limit"],
      ["p=-1", "p"],
      ["sort=best", "sort"],
      ["submitter=%00", "submitter"],
    ]) {
      const found = await problemOf(`/api/daily_papers?${query}`);
      expect(found, query).toMatchObject({ status: 400, errors: [{ field }] });
      expect(found.error).toBe(found.detail);
    }
    expect(await problemOf("/api/papers/search")).toMatchObject({ errors: [{ field: "q" }] });
    expect(await problemOf(`/api/papers/search?q=${"a".repeat(251)}`)).toMatchObject({ errors: [{ field: "q" }] });
    expect(await problemOf("/api/papers/search?q=%00")).toMatchObject({ errors: [{ field: "q" }] });
    expect(await problemOf("/api/papers?cursor=2025-01-01.x")).toMatchObject({ errors: [{ field: "cursor" }] });
  });

  it("goes through all papers by the Link header, each once", async () => {
    const seen: string[] = [];
    let next: string | undefined = "/api/papers?limit=2";
    while (next !== undefined) {
      const answer = await app.get(next);
      seen.push(
        ...z
          .array(paperItemSchema)
          .parse(await answer.json())
          .map(({ paper }) => paper.id),
      );
      next = /^<http:\/\/localhost:8787(\/[^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
    }
    const stored = await app.database.db.selectFrom("paper").select("id").execute();
    expect(seen.toSorted()).toEqual(stored.map(({ id }) => id).toSorted());
  });

  it("answers for one paper, in any form of its id", async () => {
    for (const id of [nfe, `${nfe}v2`, `arXiv:${nfe}`]) {
      expect(await (await app.get(`/api/papers/${encodeURIComponent(id)}`)).json()).toMatchObject({
        id: nfe,
        upvotes: 7,
      });
    }
    expect(await problemOf("/api/papers/2409.99999")).toMatchObject({ status: 404 });
    expect(await problemOf("/api/papers/nothing")).toMatchObject({ status: 404 });
    expect(await problemOf("/api/papers/hep-th/9901001")).toMatchObject({ status: 404 });
    expect(await problemOf("/api/nothing")).toMatchObject({ status: 404 });
  });

  it("finds papers by words, and one by its id", async () => {
    expect((await list("/api/papers/search?q=knowledge+graph")).map(({ paper }) => paper.id)).toContain(nfe);
    expect((await list(`/api/papers/search?q=https://arxiv.org/abs/${nfe}`)).map(({ paper }) => paper.id)).toEqual([
      nfe,
    ]);
    expect(await list("/api/papers/search?q=zzzzqqqq")).toEqual([]);
    expect(await list("/api/papers/search?q='%20%26%20!%20(")).toEqual([]);
  });

  it("is open to other sites' pages and for reading only", async () => {
    const answer = await app.get("/api/daily_papers", { origin: "https://elsewhere.example" });
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    expect(answer.headers.get("set-cookie")).toBeNull();
    const written = await app.with().request("http://localhost:8787/api/daily_papers", {
      method: "DELETE",
      headers: { host: "localhost:8787" },
    });
    expect([written.status, written.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    for (const path of ["/api/daily_papers", "/openapi.json", `/papers/${nfe}.md`]) {
      const preflight = await app.with().request(`http://localhost:8787${path}`, {
        method: "OPTIONS",
        headers: { host: "localhost:8787", origin: "https://a.example", "access-control-request-method": "GET" },
      });
      expect([preflight.status, preflight.headers.get("access-control-allow-origin")], path).toEqual([204, "*"]);
      expect((await app.get(path)).headers.get("access-control-allow-origin"), path).toBe("*");
    }
  });

  it("tells what is unchanged and how much may still be asked", async () => {
    const first = await app.get("/api/daily_papers");
    expect(first.headers.get("ratelimit")).toMatch(/^"api";r=499;t=\d+$/);
    expect(first.headers.get("ratelimit-policy")).toBe(`"fixed window";"api";q=500;w=300`);
    const again = await app.get("/api/daily_papers", { "if-none-match": first.headers.get("etag") ?? "" });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const head = await app.with().request("http://localhost:8787/api/daily_papers", {
      method: "HEAD",
      headers: { host: "localhost:8787" },
    });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});
