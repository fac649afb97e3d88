import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { createApp } from "../app.tsx";
import { origin, TestApp } from "../testing/apps.ts";
import { linkIn, Visitor } from "../testing/visitor.ts";
import { removeEndedSessions } from "./session.queries.ts";

const minute = 60_000;
const day = 1_440 * minute;
const session = "offprint";

describe("signing in", () => {
  let site: TestApp;
  let app: ReturnType<typeof createApp>;
  let time = Date.UTC(2026, 10, 23, 12);
  let visitor: Visitor;
  const now = () => new Date(time);
  const db = () => site.database.db;
  const mails = () => db().selectFrom("mail").selectAll().orderBy("created_at").orderBy("id").execute();

  beforeAll(async () => {
    site = await TestApp.open();
  });
  beforeEach(() => {
    time += 2 * 60 * minute;
    app = site.with({ adminEmail: "admin@example.org" }, site.database, { now });
    visitor = new Visitor(app, { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0" });
  });
  afterAll(async () => {
    await site.close();
    expect(site.errors).toEqual([]);
  });

  it("makes an account by the first link, lets its reader choose a name, and ends by signing out", async () => {
    const asked = await visitor.post("/sign-in", { email: "Ada@Example.org", next: "/papers/2409.19977" });
    expect([asked.status, asked.headers.get("location")]).toEqual([303, "/sign-in/sent"]);
    const link = await linkIn(db(), "Ada@Example.org");
    const looked = await visitor.text(link);
    expect(looked).toContain("One click signs you in");
    expect(looked).not.toMatch(/ada@example\.org/i);
    const entered = await visitor.post(link);
    expect(entered.headers.get("location")).toBe("/welcome?next=%2Fpapers%2F2409.19977");
    const cookie = entered.headers.getSetCookie().find((line) => line.startsWith(`${session}=`));
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Lax/);
    const named = await visitor.post("/welcome", { name: "ada", next: "/papers/2409.19977" });
    expect(named.headers.get("location")).toBe("/papers/2409.19977");
    expect(await visitor.text("/")).toContain('href="/people/ada"');
    expect(await visitor.text("/settings")).toContain("Firefox on Linux");

    await visitor.post("/sign-out");
    expect(visitor.cookies.has(session)).toBe(false);
    expect((await visitor.get("/settings")).headers.get("location")).toBe("/sign-in?next=%2Fsettings");

    await visitor.signIn(site.database, "ada@example.org");
    expect(await visitor.text("/")).toContain('href="/people/ada"');
    expect(await db().selectFrom("account").select("id").execute()).toHaveLength(1);
  });

  it("answers the same for known, unknown and exhausted addresses", async () => {
    const answer = async (email: string) => {
      const { status, headers } = await new Visitor(app).post("/sign-in", { email });
      const names = [...headers.keys()].toSorted();
      return { status, location: headers.get("location"), names };
    };
    const known = await answer("ada@example.org");
    expect(await answer("nobody@example.org")).toEqual(known);
    for (let times = 0; times < 7; times += 1) expect(await answer("many@example.org")).toEqual(known);
    expect((await mails()).filter((mail) => mail.recipient === "many@example.org")).toHaveLength(5);
    const [first, second] = (await mails()).filter((mail) => /^(ada|nobody)@/.test(mail.recipient)).slice(-2);
    const withoutToken = (text = "") => text.replaceAll(/\/sign-in\/[\w-]+/g, "");
    expect(withoutToken(first?.text_body)).toBe(withoutToken(second?.text_body));
  });

  it("stops somebody who asks for one address after the other", async () => {
    const statuses: number[] = [];
    for (let times = 0; times < 22; times += 1) {
      statuses.push((await visitor.post("/sign-in", { email: `p${times}@example.org` })).status);
    }
    expect(statuses.filter((status) => status === 303)).toHaveLength(20);
    expect(statuses.at(-1)).toBe(429);
  });

  it("writes to plain addresses only, so that no header can be smuggled in", async () => {
    const before = (await mails()).length;
    const hostile = [
      "a@example.org\r\nBcc: all@example.org",
      "a@example.org\nSubject: x",
      "a@example.org%0ABcc:b@example.org",
      '"a b"@example.org',
      "a@example.org,b@example.org",
      "<a@example.org>",
      "a@[127.0.0.1]",
      "a@exa mple.org",
      `${"a".repeat(300)}@example.org`,
      "a@@example.org",
      "\0@example.org",
      "",
    ];
    for (const email of hostile) expect((await visitor.post("/sign-in", { email })).status, email).toBe(422);
    const shown = await (await visitor.post("/sign-in", { email: '"><script>alert(1)</script>' })).text();
    expect(shown).not.toContain("<script>alert");
    expect(await mails()).toHaveLength(before);
  });

  it("keeps hashes, never the secrets", async () => {
    await visitor.signIn(site.database, "hash@example.org");
    const secrets = [...visitor.cookies.values(), (await linkIn(db(), "hash@example.org")).slice("/sign-in/".length)];
    const stored = JSON.stringify([
      await db().selectFrom("sign_in").selectAll().execute(),
      await db().selectFrom("session").selectAll().execute(),
    ]);
    for (const secret of secrets) {
      expect(secret).toMatch(/^[\w-]{32}$/);
      expect(stored).not.toContain(secret);
    }
  });

  it("does not use a link up by looking at it, and uses it up by following it once", async () => {
    await visitor.post("/sign-in", { email: "once@example.org" });
    const link = await linkIn(db(), "once@example.org");
    for (let times = 0; times < 3; times += 1) expect((await visitor.get(link)).status).toBe(200);
    expect(
      (await app.request(`${origin}${link}`, { method: "HEAD", headers: { host: "localhost:8787" } })).status,
    ).toBe(200);
    // Twice at once: one of them wins.
    const answers = await Promise.all([visitor.post(link), visitor.post(link)]);
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([303, 410]));
    expect((await visitor.post(link)).status).toBe(410);
    expect((await visitor.get(link)).status).toBe(410);
  });

  it("ends a link after 15 minutes, and older ones when one is used", async () => {
    await visitor.post("/sign-in", { email: "late@example.org" });
    const link = await linkIn(db(), "late@example.org");
    time += minute;
    await visitor.post("/sign-in", { email: "late@example.org" });
    const newer = await linkIn(db(), "late@example.org");
    time += 14 * minute - 1;
    expect((await visitor.get(link)).status).toBe(200);
    time += 1;
    expect((await visitor.get(link)).status).toBe(410);
    expect((await visitor.post(link)).status).toBe(410);
    time -= 5 * minute;
    expect((await visitor.post(newer)).status).toBe(303);
    expect((await visitor.post(link)).status).toBe(410);
  });

  it("warns in another browser, and signs in there only after that", async () => {
    await visitor.post("/sign-in", { email: "other@example.org" });
    const link = await linkIn(db(), "other@example.org");
    const other = new Visitor(app);
    for (const answer of [await other.get(link), await other.post(link)]) {
      expect(answer.status).toBe(200);
      const html = await answer.text();
      expect(html).toContain("asked for in another browser");
      expect(html).toContain("o…@example.org");
    }
    expect(other.cookies.has(session)).toBe(false);
    const forged = new Visitor(app);
    forged.cookies.set("offprint-asked", "A".repeat(32));
    expect(await (await forged.get(link)).text()).toContain("asked for in another browser");
    expect((await other.post(link, { elsewhere: "yes" })).status).toBe(303);
    expect(other.cookies.has(session)).toBe(true);
  });

  it("lets nobody keep a page that holds a secret", async () => {
    for (const path of ["/sign-in", `/sign-in/${"a".repeat(32)}`]) {
      const { headers } = await visitor.get(path);
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  it("finds nothing behind a token that never was, whatever it holds", async () => {
    for (const token of ["x", "a".repeat(32), "%00", "..%2F..", "a'--", "a".repeat(5_000), "%F0%9F%92%A9"]) {
      expect((await visitor.get(`/sign-in/${token}`)).status).toBe(410);
      expect((await visitor.post(`/sign-in/${token}`)).status).toBe(410);
    }
  });

  it("gives a new session with each sign-in, and ends the one before", async () => {
    await visitor.signIn(site.database, "turn@example.org");
    const before = visitor.cookies.get(session) ?? "";
    await visitor.signIn(site.database, "turn@example.org");
    expect(visitor.cookies.get(session)).not.toBe(before);
    const thief = new Visitor(app);
    thief.cookies.set(session, before);
    expect((await thief.get("/settings")).status).toBe(303);
    expect(thief.cookies.has(session)).toBe(false);
  });

  it("ends a session after 30 days of silence, and after 180 days of visits", async () => {
    await visitor.signIn(site.database, "idle@example.org");
    const idle = new Visitor(app);
    await idle.signIn(site.database, "idle2@example.org");
    for (let days = 0; days < 175; days += 25) {
      time += 25 * day;
      expect((await visitor.get("/settings")).status).toBe(200);
    }
    expect((await idle.get("/settings")).status).toBe(303);
    time += 5 * day;
    expect((await visitor.get("/settings")).status).toBe(303);
    time += 2 * day;
    await removeEndedSessions(db(), now());
    expect(await db().selectFrom("session").select("account_id").execute()).toEqual([]);
    expect(await db().selectFrom("sign_in").select("email").execute()).toEqual([]);
  });

  it("lists the browsers of a reader, and lets them be signed out", async () => {
    const phone = new Visitor(app, { "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Safari/605.1" });
    await visitor.signIn(site.database, "two@example.org");
    await phone.signIn(site.database, "two@example.org");
    expect(await visitor.text("/settings")).toContain("Safari on iPhone");
    const stranger = new Visitor(app);
    await stranger.signIn(site.database, "stranger@example.org");
    const ids = await db().selectFrom("session").select("token_hash").orderBy("created_at").execute();
    for (const { token_hash } of ids) await stranger.post("/settings/sessions/end", { session: token_hash });
    expect((await phone.get("/settings")).status).toBe(200);
    await visitor.post("/settings/sessions/end-others");
    expect((await phone.get("/settings")).status).toBe(303);
    expect((await visitor.get("/settings")).status).toBe(200);
  });

  it("makes the admin of OFFPRINT_ADMIN, and leaves the link in a file where no mail is sent", async () => {
    await visitor.signIn(site.database, "Admin@Example.org", "boss");
    expect((await visitor.get("/moderation/queue")).status).toBe(200);
    const path = join(site.dataFolder, "sign-in-link.txt");
    await expect.poll(() => existsSync(path) && readFileSync(path, "utf8")).toMatch(/\/sign-in\/[\w-]{32}\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("demands https of its cookies where readers come by https", async () => {
    const secure = new Visitor(site.with({ publicUrl: "https://papers.example" }, site.database, { now }));
    await secure.post("/sign-in", { email: "tls@example.org" });
    const mail = (await mails()).findLast((one) => one.recipient === "tls@example.org");
    expect(mail?.text_body).toContain("https://papers.example/sign-in/");
    const answer = await secure.post(await linkIn(db(), "tls@example.org"));
    const cookie = answer.headers.getSetCookie().find((line) => line.includes("offprint="));
    expect(cookie).toMatch(/^__Host-offprint=[\w-]{32}; .*Secure/);
    expect(cookie).not.toContain("Domain");
  });

  it("never puts the name of another host into a mail", async () => {
    await app.request(`${origin}/sign-in`, {
      method: "POST",
      body: new URLSearchParams({ email: "host@example.org" }),
      headers: { host: "localhost:666", origin: "http://localhost:666" },
    });
    const mail = (await mails()).findLast((one) => one.recipient === "host@example.org");
    expect(mail?.text_body).not.toContain("666");
  });

  it("takes names that are free and plain", async () => {
    await visitor.signIn(site.database, "name@example.org", "Grace-H");
    const other = new Visitor(app);
    await other.signIn(site.database, "name2@example.org");
    for (const name of ["grace-h", "a", "-a", "a--b", "a b", "<b>", "Offprint", "x".repeat(33), "ä"]) {
      expect((await other.post("/settings/name", { name })).status, name).toBe(422);
    }
    expect((await new Visitor(app).post("/settings/name", { name: "free" })).headers.get("location")).toContain(
      "/sign-in",
    );
  });

  it("leads to pages of this site only", async () => {
    const others = [
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
      "/.//evil.example",
      "/\t/evil.example",
    ];
    for (const next of others) {
      await visitor.post("/sign-in", { email: `n${others.indexOf(next)}@example.org`, next });
      const link = await linkIn(db(), `n${others.indexOf(next)}@example.org`);
      const answer = await visitor.post(`${link.split("?")[0]}?${new URLSearchParams({ next })}`);
      expect(answer.headers.get("location")).toBe("/welcome?next=%2F");
      expect((await visitor.get(`/sign-in?${new URLSearchParams({ next })}`)).headers.get("location")).toBe("/");
    }
  });

  it("takes forms from its own pages only", async () => {
    await visitor.signIn(site.database, "csrf@example.org");
    for (const path of [
      "/sign-in",
      "/sign-out",
      "/settings/name",
      "/settings/delete",
      "/votes",
      "/comments",
      "/submit",
    ]) {
      for (const headers of [{ origin: "https://evil.example" }, { origin: "", "sec-fetch-site": "cross-site" }]) {
        expect((await visitor.post(path, {}, headers)).status).toBe(403);
      }
    }
    expect((await visitor.get("/settings")).status).toBe(200);
  });
});
