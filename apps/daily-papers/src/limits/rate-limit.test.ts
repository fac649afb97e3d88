import { Hono } from "hono";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AppEnv } from "../app-env.ts";
import type { OpenDatabase } from "../database/database.ts";
import { databaseKinds } from "../testing/databases.ts";
import { testConfig } from "../testing/sites.ts";
import { addressKey, parseRanges, readerBehind } from "./client-address.ts";
import { rateLimit } from "./rate-limit.ts";
import { databaseWindows, memoryWindows, removeOldWindows, type Windows } from "./windows.ts";

describe("the address that a request came from", () => {
  const trusted = parseRanges("loopback, 10.0.0.0/8, 2001:db8::/32") ?? [];

  it("is the socket's, whatever a header says, when no proxy is trusted", () => {
    expect(readerBehind("203.0.113.7", "198.51.100.1", [])).toBe("203.0.113.7");
    expect(readerBehind("127.0.0.1", "198.51.100.1", [])).toBe("127.0.0.1");
    expect(readerBehind("203.0.113.7", "198.51.100.1", trusted)).toBe("203.0.113.7");
  });

  it("is the last one that a trusted proxy did not have itself", () => {
    expect(readerBehind("127.0.0.1", "198.51.100.1", trusted)).toBe("198.51.100.1");
    expect(readerBehind("::ffff:127.0.0.1", "1.2.3.4, 198.51.100.1, 10.1.2.3", trusted)).toBe("198.51.100.1");
    expect(readerBehind("2001:db8::1", "[2001:470::9]:443", trusted)).toBe("2001:470::9");
    expect(readerBehind("127.0.0.1", "198.51.100.1:5555", trusted)).toBe("198.51.100.1");
    expect(readerBehind("127.0.0.1", undefined, trusted)).toBe("127.0.0.1");
  });

  it("stays the proxy's where the header is no list of addresses", () => {
    for (const header of ["", "unknown", "<script>", "198.51.100.1, garbage", "999.1.1.1", "0x7f.1", ",,,"]) {
      expect(readerBehind("127.0.0.1", header, trusted), header).toBe("127.0.0.1");
    }
  });

  it("counts a reader's IPv6 network as one", () => {
    expect(addressKey("2001:db8:1:2:3:4:5:6")).toBe(addressKey("2001:db8:1:2:ffff::1"));
    expect(addressKey("2001:db8:1:2::1")).not.toBe(addressKey("2001:db8:1:3::1"));
    expect(addressKey("203.0.113.7")).toBe("203.0.113.7");
  });

  it("refuses what names no range", () => {
    for (const text of ["everything", "10.0.0.0/33", "1.2.3", "10.0.0.0/8, x"])
      expect(parseRanges(text)).toBeUndefined();
    expect(parseRanges("")).toEqual([]);
  });
});

const rule = { name: "try", points: 2, seconds: 60 };

function countingSuite(open: (now: () => Date) => Windows) {
  it("lets as many through as the rule says, each key for itself", async () => {
    const windows = open(() => new Date());
    expect(await windows.take(rule, "a")).toMatchObject({ allowed: true, left: 1 });
    expect(await windows.take(rule, "a")).toMatchObject({ allowed: true, left: 0 });
    const refused = await windows.take(rule, "a");
    expect(refused).toMatchObject({ allowed: false, left: 0 });
    expect(refused.resetSeconds).toBeGreaterThan(0);
    expect(refused.resetSeconds).toBeLessThanOrEqual(60);
    expect(await windows.take(rule, "b")).toMatchObject({ allowed: true });
    expect(await windows.take({ ...rule, name: "other" }, "a")).toMatchObject({ allowed: true });
  });
}

describe("windows in memory", () => countingSuite(() => memoryWindows()));

describe.each(databaseKinds())("windows on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`are not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  beforeEach(async () => {
    database = await open();
  });
  afterEach(() => database.close());
  afterAll(stop);

  countingSuite((now) => databaseWindows(database.db, now));

  it("begin anew when they are over, and are then forgotten", async () => {
    let at = new Date("2026-11-23T12:00:00Z");
    const windows = databaseWindows(database.db, () => at);
    for (let i = 0; i < 3; i++) await windows.take(rule, "a");
    at = new Date("2026-11-23T12:00:59Z");
    expect(await windows.take(rule, "a")).toEqual({ allowed: false, left: 0, resetSeconds: 1 });
    at = new Date("2026-11-23T12:01:00Z");
    expect(await windows.take(rule, "a")).toEqual({ allowed: true, left: 1, resetSeconds: 60 });
    await removeOldWindows(database.db, new Date("2026-11-23T12:05:00Z"));
    expect(await database.db.selectFrom("rate_window").selectAll().execute()).toEqual([]);
  });

  it("count what several processes let through at once", async () => {
    const [one, other] = [databaseWindows(database.db), databaseWindows(database.db)];
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : other).take({ ...rule, points: 7 }, "a")),
    );
    expect(taken.filter((allowance) => allowance.allowed)).toHaveLength(7);
  });
});

describe("a limited address of the site", () => {
  const appWith = (reader?: { id: string }) => {
    const windows = memoryWindows();
    const app = new Hono<AppEnv>();
    app.use(async (c, next) => {
      c.set("config", { ...testConfig("/nowhere"), trustedProxies: parseRanges("loopback") ?? [] });
      c.set("windows", windows);
      if (reader !== undefined) c.set("reader", { id: reader.id, name: "ada", role: "reader", banned: false });
      await next();
    });
    app.use(rateLimit({ name: "try", points: 1, seconds: 60, by: "account" }));
    return app.get("/", (c) => c.text("here"));
  };
  const from = (address: string) => ({ incoming: { socket: { remoteAddress: address } } });

  it("turns away the one who asked too often, says until when, and nobody else", async () => {
    const app = appWith();
    const first = await app.request("/", {}, from("203.0.113.7"));
    expect([first.status, first.headers.get("ratelimit")]).toEqual([200, `"try";r=0;t=60`]);
    const second = await app.request("/", { headers: { "x-forwarded-for": "198.51.100.1" } }, from("203.0.113.7"));
    expect(second.status).toBe(429);
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(second.headers.get("ratelimit-policy")).toBe(`"fixed window";"try";q=1;w=60`);
    expect(second.headers.get("cache-control")).toBe("no-store");
    expect((await app.request("/", {}, from("203.0.113.8"))).status).toBe(200);
    const behindProxy = await app.request("/", { headers: { "x-forwarded-for": "198.51.100.1" } }, from("127.0.0.1"));
    expect(behindProxy.status).toBe(200);
  });

  it("counts an account wherever it comes from", async () => {
    const app = appWith({ id: "aaaaaaaaaaaa" });
    expect((await app.request("/", {}, from("203.0.113.7"))).status).toBe(200);
    expect((await app.request("/", {}, from("203.0.113.99"))).status).toBe(429);
  });
});
