import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestApp } from "../testing/apps.ts";
import { jsonLog, plainLog, redact } from "./log.ts";
import { Operations } from "./operations.ts";

const token = "a-token-for-the-metrics";

describe("what machines ask", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });
  const from = (address: string, headers: Record<string, string> = {}, metricsToken?: string) =>
    app
      .with(metricsToken === undefined ? {} : { metricsToken })
      .request(
        "http://localhost:8787/metrics",
        { headers: { host: "localhost:8787", ...headers } },
        { incoming: { socket: { remoteAddress: address } } },
      );

  it("is answered: it lives, and is ready while the database answers", async () => {
    expect(await (await app.get("/healthz")).json()).toEqual({ status: "ok" });
    expect(await (await app.get("/readyz")).json()).toMatchObject({ status: "ok", queue: "ok" });
    await app.database.db
      .insertInto("job")
      .values({ name: "try", payload: "{}", run_after: new Date(0), created_at: new Date(0) })
      .execute();
    expect(await (await app.get("/readyz")).json()).toMatchObject({ status: "ok", queue: "late" });
    await app.database.db.deleteFrom("job").execute();
  });

  it("shows the numbers to this machine only, or to who has the token", async () => {
    expect((await from("127.0.0.1")).status).toBe(200);
    expect((await from("::ffff:127.0.0.1")).status).toBe(200);
    expect((await from("203.0.113.7")).status).toBe(404);
    expect((await from("127.0.0.1", { "x-forwarded-for": "203.0.113.7" })).status).toBe(404);
    expect((await from("127.0.0.1", {}, token)).status).toBe(404);
    expect((await from("203.0.113.7", { authorization: `Bearer ${token}x` }, token)).status).toBe(404);
    expect((await from("203.0.113.7", { authorization: `Bearer ${token}` }, token)).status).toBe(200);
  });

  it("counts requests by the pattern of their address, and how the work stands", async () => {
    const site = app.with();
    const ask = (path: string) => site.request(`http://localhost:8787${path}`, { headers: { host: "localhost:8787" } });
    for (const path of [
      "/papers/2409.19977",
      "/papers/2309.12307",
      "/nothing/here",
      "/api/daily_papers",
      "/nope",
      "/trending",
    ]) {
      await ask(path);
    }
    const kept = await ask("/trending");
    expect(kept.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(kept.headers.get("content-security-policy")).toContain("default-src 'none'");
    const text = await (await ask("/metrics")).text();
    expect(text).toContain('offprint_request_seconds_count{method="GET",route="/papers/:id",status="200"} 2');
    expect(text).toContain('offprint_request_seconds_count{method="GET",route="/api/daily_papers",status="200"} 1');
    expect(text).toContain('offprint_request_seconds_count{method="GET",route="/trending",status="200"} 2');
    expect(text).toMatch(/offprint_papers \d+/);
    expect(text).toContain("offprint_jobs_waiting 0");
    expect(text).not.toContain("2409.19977");
    expect(text).not.toContain("nothing/here");
  });

  it("names each answer, and writes of it the pattern but no address and no token", async () => {
    const lines: string[] = [];
    const operations = new Operations(jsonLog({ write: (line: string) => void lines.push(line) }));
    const site = app.with({}, app.database, { operations });
    const answer = await site.request("http://localhost:8787/papers/2409.19977?token=secretsecret", {
      headers: { host: "localhost:8787", cookie: "offprint=abcabcabc" },
    });
    const id = answer.headers.get("x-request-id");
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ id, method: "GET", route: "/papers/:id", status: 200 });
    expect(lines.join("")).not.toMatch(/secret|abcabc|2409/);
  });

  it("writes nothing of readers into messages either", () => {
    const text =
      "connect postgres://admin:hunter2@db/offprint failed for ada.love+x@mail.example.org, " +
      "link https://x.example/confirm?token=Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2Q v1.001.YWJj.0123456789012345678901234567890123456789012";
    const clean = redact(text);
    expect(clean).not.toMatch(/hunter2|ada\.love|Zm9v|01234567890/);
    expect(clean).toContain("connect postgres://[redacted]@db/offprint failed for [mail address]");
    expect(redact("knowledge-graph-embeddings failed at src/runs/run.worker.ts:12:3")).toBe(
      "knowledge-graph-embeddings failed at src/runs/run.worker.ts:12:3",
    );
    const said: string[] = [];
    plainLog((line) => void said.push(line)).error(new TypeError("for ada@mail.example.org"));
    expect(said.join("")).toMatch(/^offprint: TypeError: for \[mail address\]\n/);
  });
});
