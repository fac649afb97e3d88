import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Config } from "../config.ts";
import { origin, TestApp } from "../testing/apps.ts";
import { Visitor } from "../testing/visitor.ts";
import { deleteAccount } from "../people/delete-account.ts";
import { exportAccount } from "../people/export-account.ts";
import { findRun, newestRuns } from "./run.queries.ts";

const nfe = "/papers/2409.19977";
const here = "127.0.0.1";
const stranger = "203.0.113.5";

describe("who may start runs", () => {
  let app: TestApp;
  const runs = () => newestRuns(app.database.db, { most: 50 });
  /** Sends a form from an address, under the name that the site is asked by. */
  const post = (path: string, from: string, config: Partial<Config> = {}, headers: Record<string, string> = {}) => {
    const host = headers["host"] ?? "localhost:8787";
    const request = {
      method: "POST",
      body: new URLSearchParams(),
      headers: { origin: `http://${host}`, ...headers, host },
    };
    return app.with(config).request(`${origin}${path}`, request, { incoming: { socket: { remoteAddress: from } } });
  };

  beforeAll(async () => {
    app = await TestApp.open();
  });
  afterEach(async () => {
    await app.database.db.deleteFrom("run").execute();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  it("are whoever sits at the machine, and no stranger", async () => {
    expect((await post(`${nfe}/runs`, here)).headers.get("location")).toMatch(/^\/runs\//);
    expect((await post(`${nfe}/runs`, "::1", {}, { host: "[::1]:8787" })).status).toBe(303);
    expect(await runs()).toHaveLength(2);
    const open: Partial<Config> = { host: "0.0.0.0" };
    const through = (headers: Record<string, string>) => post(`${nfe}/runs`, here, open, headers);
    for (const answer of [
      await post(`${nfe}/runs`, stranger, open, { host: "papers.example.org" }),
      await post(`${nfe}/runs`, stranger, open),
      await through({ host: "papers.example.org" }),
      await through({ "x-forwarded-for": stranger }),
      await through({ forwarded: `for=${stranger}` }),
    ]) {
      expect(answer.status).toBe(303);
      expect(answer.headers.get("location")).toMatch(/^\/sign-in\?/);
    }
    expect(await runs()).toHaveLength(2);
  });

  it("let no stranger cancel, resume, or have a text written", async () => {
    await post(`${nfe}/runs`, here);
    const [run] = await runs();
    for (const path of [
      `/runs/${run?.id}/cancel`,
      `/runs/${run?.id}/resume`,
      "/papers/2309.12307",
      "/papers/2103.11790",
    ]) {
      const answer = await post(path, stranger, { host: "0.0.0.0" });
      expect(answer.headers.get("location"), path).toMatch(/^\/sign-in\?/);
    }
    expect((await findRun(app.database.db, run?.id ?? ""))?.status).toBe("queued");
    const html = await (
      await app.with({ runs: "nobody" }).request(origin + nfe, { headers: { host: "localhost" } })
    ).text();
    expect(html).toContain("Papers are run by this site’s admin only.");
    expect(html).not.toMatch(/type="submit">\s*Run/);
  });

  it("are everybody or nobody where the site says so", async () => {
    expect((await post(`${nfe}/runs`, stranger, { host: "0.0.0.0", runs: "everybody" })).status).toBe(303);
    expect(await runs()).toHaveLength(1);
    expect((await post(`${nfe}/runs`, here, { runs: "nobody" })).status).toBe(403);
    expect(await runs()).toHaveLength(1);
  });

  it("let nobody ask a model, or have phrases rated, without end", async () => {
    const site = app.with();
    const ask = async (path: string) => (await site.request(origin + path, { headers: { host: "localhost" } })).status;
    for (const [path, most] of [
      ["/runs/aaaaaaaaaaaa?words=dog", 120],
      ["/papers/2501.00001?phrases=x", 60],
    ] as const) {
      for (let times = 0; times < most; times += 1) expect(await ask(path)).not.toBe(429);
      expect(await ask(path)).toBe(429);
    }
    expect(await ask("/runs/aaaaaaaaaaaa/suggest?text=a")).toBe(429);
    expect(await ask("/runs/aaaaaaaaaaaa/parts/rules")).toBe(429);
    expect(await ask("/papers/2501.00001")).toBe(200);
  });

  it("are signed-in readers, two runs at a time each, who guide their own", async () => {
    const elsewhere = app.with({ host: "0.0.0.0", trustedProxies: [] });
    const visitor = () => new Visitor(elsewhere, { "x-forwarded-for": stranger });
    const [ada, bob, boss] = [visitor(), visitor(), visitor()];
    await ada.signIn(app.database, "ada@example.org", "ada");
    await bob.signIn(app.database, "bob@example.org", "bob");
    await boss.signIn(app.database, "boss@example.org", "boss");
    const { db } = app.database;
    await db.updateTable("account").set({ role: "moderator" }).where("name", "=", "boss").execute();

    for (let times = 0; times < 2; times += 1) expect((await ada.post(`${nfe}/runs`)).status).toBe(303);
    const third = await ada.post(`${nfe}/runs`);
    expect(third.status).toBe(429);
    expect(await third.text()).toContain("2 runs of yours wait or work already");
    expect((await bob.post(`${nfe}/runs`)).status).toBe(303);

    const [run] = (await runs()).filter(({ accountId }) => accountId !== undefined).toReversed();
    const cancel = `/runs/${run?.id}/cancel`;
    expect((await bob.post(cancel)).status).toBe(403);
    expect(await bob.text(`/runs/${run?.id}`)).not.toContain(cancel);
    expect(await ada.text(`/runs/${run?.id}`)).toContain(cancel);
    expect((await ada.post(cancel)).status).toBe(303);
    expect((await ada.post(`/runs/${run?.id}/resume`)).status).toBe(303);
    expect((await boss.post(cancel)).status).toBe(303);
    expect((await findRun(db, run?.id ?? ""))?.status).toBe("cancelled");

    const { id } = await db.selectFrom("account").select("id").where("name", "=", "ada").executeTakeFirstOrThrow();
    expect((await exportAccount(db, id, new Date())).runs).toHaveLength(2);
    await deleteAccount(db, { accountId: id, eraseComments: false, now: new Date() });
    expect((await runs()).filter(({ accountId }) => accountId === id)).toEqual([]);
    expect(await runs()).toHaveLength(3);
  });
});
