import { Hono } from "hono";
import { beforeEach, describe, expect, it } from "vitest";
import type { AppEnv } from "../app-env.ts";
import { keptAnswers } from "./kept-answers.ts";

describe("kept answers", () => {
  let made = 0;
  let version = "1";
  let asked = 0;
  let app: Hono<AppEnv>;

  beforeEach(() => {
    [made, asked, version] = [0, 0, "1"];
    app = new Hono<AppEnv>();
    app.use(
      keptAnswers({
        variantOf: (c) =>
          c.req.path === "/own" || c.req.header("cookie")?.includes("session")
            ? undefined
            : (c.req.header("cookie") ?? ""),
        versionOf: async () => (asked++, version),
        believedMs: 0,
        mostBytes: 30,
      }),
    );
    app.get("/broken", (c) => c.text("no", 500));
    app.get("/cookie", (c) => c.text("mine", 200, { "Set-Cookie": "a=b", ETag: '"c"' }));
    app.get("*", (c) => c.text(`answer ${++made}`, 200, { ETag: `"${version}"`, RateLimit: "r=1", "X-Kept": "yes" }));
  });
  const text = async (path: string, headers: Record<string, string> = {}) =>
    (await app.request(path, { headers })).text();

  it("are given until the papers change", async () => {
    expect([await text("/"), await text("/"), await text("/?page=2")]).toEqual(["answer 1", "answer 1", "answer 2"]);
    version = "2";
    expect([await text("/"), await text("/")]).toEqual(["answer 3", "answer 3"]);
  });

  it("keep their headers, but for those of one answer alone", async () => {
    await text("/");
    const { headers } = await app.request("/");
    expect(headers.get("x-kept")).toBe("yes");
    expect(headers.has("ratelimit")).toBe(false);
  });

  it("are told apart by their kind and by what a reader takes", async () => {
    await text("/other", { cookie: "theme=dark" });
    expect(await text("/other")).toBe("answer 2");
    expect(await text("/other", { cookie: "theme=dark" })).toBe("answer 1");
    made = 0;
    await text("/", { "accept-encoding": "gzip" });
    expect(await text("/", { "accept-encoding": "br" })).toBe("answer 2");
    expect(await text("/", { "accept-encoding": "gzip" })).toBe("answer 1");
  });

  it("are a 304 for who has them", async () => {
    await text("/");
    const answer = await app.request("/", { headers: { "if-none-match": 'W/"0", W/"1"' } });
    expect([answer.status, await answer.text(), answer.headers.get("etag")]).toEqual([304, "", '"1"']);
    expect(answer.headers.has("content-type")).toBe(false);
  });

  it.each([
    ["/own", {}],
    ["/", { cookie: "session=x" }],
  ] as const)("are never given for %s with %j", async (path, headers) => {
    await text("/");
    const first = await text(path, headers);
    expect(await text(path, headers)).not.toBe(first);
  });

  it("are neither errors, nor what sets a cookie, nor what changes something", async () => {
    expect((await app.request("/broken")).status).toBe(500);
    await app.request("/cookie");
    expect((await app.request("/cookie")).headers.get("set-cookie")).toBe("a=b");
    await app.request("/x", { method: "POST" });
    expect(await text("/x")).toBe("answer 1");
  });

  it("are made once for all who ask at the same time", async () => {
    const texts = await Promise.all(Array.from({ length: 20 }, () => text("/")));
    expect(texts).toEqual(Array.from({ length: 20 }, () => "answer 1"));
    expect((await Promise.all([app.request("/broken"), app.request("/broken")])).map(({ status }) => status)).toEqual([
      500, 500,
    ]);
  });

  it("make room for newer ones", async () => {
    for (const path of ["/1", "/2", "/3", "/4"]) await text(path); // 8 bytes each, 30 in all
    expect(await text("/4")).toBe("answer 4");
    expect(await text("/2")).toBe("answer 2");
    expect(await text("/1")).toBe("answer 5");
  });

  it("ask for the version once for all who wait", async () => {
    await Promise.all([text("/a"), text("/b"), text("/c")]);
    expect(asked).toBe(1);
  });
});
