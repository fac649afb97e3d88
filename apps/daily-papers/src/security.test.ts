import { cpSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer, type RunningServer } from "./server.ts";
import { origin, TestApp } from "./testing/apps.ts";
import { makeSeededFolder } from "./testing/databases.ts";
import { temporaryFolder, testConfig, testSite, type TemporaryFolder } from "./testing/sites.ts";
import { Visitor } from "./testing/visitor.ts";

const pages = [
  "/",
  "/date/2024-12-10",
  "/papers/2409.19977",
  "/papers/2501.00001",
  "/runs",
  "/api",
  "/feeds",
  "/sign-in",
];
const programs = [
  "/api/daily_papers",
  "/openapi.json",
  "/feeds/daily.atom",
  "/papers/2409.19977.md",
  "/healthz",
  "/nope",
];

describe("the whole site's headers", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  it("let a page load from this site alone, and nobody frame it", async () => {
    for (const path of [...pages, ...programs]) {
      const { headers } = await app.get(path);
      const policy = headers.get("content-security-policy") ?? "";
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
      ]) {
        expect(policy, path).toContain(rule);
      }
      expect(policy, path).not.toMatch(/unsafe|\*|http:|data:/);
      expect(headers.get("x-frame-options"), path).toBe("DENY");
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      expect(headers.get("referrer-policy"), path).toBe("strict-origin-when-cross-origin");
      expect(headers.get("cross-origin-opener-policy"), path).toBe("same-origin");
      expect(headers.get("x-powered-by"), path).toBeNull();
      expect(headers.get("server"), path).toBeNull();
    }
  });

  it("let other sites read what programs read, and no page", async () => {
    for (const path of pages) {
      const answer = await app.get(path, { origin: "https://elsewhere.example" });
      expect(answer.headers.get("access-control-allow-origin"), path).toBe(
        path === "/api" || path === "/feeds" ? "*" : null,
      );
      expect(answer.headers.get("access-control-allow-credentials"), path).toBeNull();
    }
  });

  it("keep a reader's cookie from scripts, other sites and plain connections", async () => {
    const { db } = app.database;
    await db
      .insertInto("account")
      .values({ id: "aaaaaaaaaaaa", name: "ada", email: "ada@example.org", created_at: new Date(0) })
      .execute();
    const visitor = new Visitor(app.with());
    await visitor.signIn(app.database, "ada@example.org");
    expect([...visitor.cookies.keys()]).toContain("offprint");
    const asked = await app.with().request(`${origin}/sign-in`, {
      method: "POST",
      body: new URLSearchParams({ email: "ada@example.org" }),
      headers: { host: "localhost:8787", origin },
    });
    for (const line of asked.headers.getSetCookie()) {
      expect(line).toMatch(/httponly/i);
      expect(line).toMatch(/samesite=(lax|strict)/i);
      expect(line).toMatch(/path=\//i);
    }
  });

  it("refuse names that are not the site's, on every kind of address", async () => {
    for (const host of [
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "",
      "[::1",
      "localhost:8787:1",
      "a b",
    ]) {
      for (const path of ["/", "/api/daily_papers", "/feeds/daily.atom", "/readyz", "/metrics"]) {
        const answer = await app.with().request(`${origin}${path}`, { headers: { host } });
        expect(answer.status, `${host} ${path}`).toBe(403);
      }
    }
  });

  it("refuse methods that nothing here answers", async () => {
    for (const method of ["PUT", "PATCH", "DELETE", "PROPFIND"]) {
      for (const path of ["/", "/papers/2409.19977", "/runs"]) {
        const answer = await app
          .with()
          .request(`${origin}${path}`, { method, headers: { host: "localhost:8787", origin } });
        expect(answer.status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
        expect(answer.status, `${method} ${path}`).toBeLessThan(500);
      }
    }
  });

  it("refuse bodies that are longer than any form", async () => {
    for (const path of ["/theme", "/sign-in", "/papers/2409.19977/runs", "/comments/x", "/subscribe"]) {
      const answer = await app.post(path, { text: "x".repeat(200_000) });
      expect(answer.status, path).toBe(413);
    }
  });

  it("write no header of a reader's making", async () => {
    const answer = await app.post("/theme", { theme: "dark", from: "/x\r\nSet-Cookie: a=b" });
    expect(answer.headers.getSetCookie().join("\n")).not.toContain("a=b");
    const sideways = await app.post("/theme", { theme: "dark", from: "//evil.example" });
    expect(sideways.headers.get("location") ?? "/").not.toMatch(/evil/);
    const away = await app.post("/theme", { theme: "dark", from: "https://evil.example/" });
    expect(away.headers.get("location") ?? "/").not.toMatch(/evil/);
  });
});

describe("the server at its port", () => {
  let server: RunningServer;
  let data: TemporaryFolder;
  const errors: unknown[] = [];
  beforeAll(async () => {
    data = temporaryFolder();
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    server = await startServer({
      ...testSite(data.folder, errors),
      config: { ...testConfig(data.folder), ingest: false },
    });
  }, 120_000);
  afterAll(async () => {
    await server.close();
    data.remove();
    expect(errors).toEqual([]);
  }, 60_000);

  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(server.url);
      const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
      let answer = "";
      socket.setEncoding("latin1").on("data", (part: string) => (answer += part));
      socket.on("close", () => resolve(answer)).on("error", reject);
      socket.setTimeout(20_000, () => socket.destroy());
    });
  const head = (extra: string) => `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${extra}\r\n`;

  it("survives what is no request, and says so", async () => {
    expect(await raw(head(""))).toMatch(/^HTTP\/1\.1 200/);
    expect(await raw("nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw(head(`X: ${"x".repeat(70_000)}\r\n`))).toMatch(/^HTTP\/1\.1 431/);
    expect(await raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 40[03]/);
    const smuggled =
      "POST /theme HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x";
    expect(await raw(smuggled)).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw("TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 4/);
    expect(await raw("GET //evil.example/%2e%2e HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 4/,
    );
    expect(await raw(head(""))).toMatch(/^HTTP\/1\.1 200/);
  });

  it("stops reading a body that has no end", { timeout: 60_000 }, async () => {
    const status = await new Promise<number | undefined>((resolve) => {
      const sent = request(`${server.url}/theme`, {
        method: "POST",
        headers: { origin: server.url, "content-type": "application/x-www-form-urlencoded" },
      });
      sent.on("response", (answer) => resolve(answer.statusCode)).on("error", () => resolve(undefined));
      const writing = setInterval(() => sent.destroyed || sent.write("x".repeat(8_192)), 5);
      sent.on("close", () => clearInterval(writing));
    });
    expect([413, undefined]).toContain(status);
  });
});
