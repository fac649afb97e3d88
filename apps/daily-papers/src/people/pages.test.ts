import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RateText } from "../moderation/text-rating.ts";
import { TestApp } from "../testing/apps.ts";
import { Visitor } from "../testing/visitor.ts";

const paperId = "2409.19977";
const paper = `/papers/${paperId}`;
const json = { accept: "application/json" };

/** Texts that say so are rated low. */
const rateText: RateText = (text) =>
  Promise.resolve({ score: text.includes("LOW") ? -0.5 : 0.5, cautions: [], threshold: -0.3 });

describe("the pages of people", () => {
  let site: TestApp;
  let ada: Visitor;
  let grace: Visitor;
  let boss: Visitor;
  let nobody: Visitor;
  const db = () => site.database.db;
  const comment = async (who: Visitor, body: string, more: Record<string, string> = {}) => {
    const answer = await who.post("/comments", { paper: paperId, body, ...more });
    return /#comment-(\w+)/.exec(answer.headers.get("location") ?? "")?.[1] ?? "";
  };

  beforeAll(async () => {
    site = await TestApp.open();
    const app = site.with({ adminEmail: "boss@example.org" }, site.database, { rateText });
    [ada, grace, boss, nobody] = [new Visitor(app), new Visitor(app), new Visitor(app), new Visitor(app)];
    await ada.signIn(site.database, "ada@example.org", "ada");
    await grace.signIn(site.database, "grace@example.org", "grace");
    await boss.signIn(site.database, "boss@example.org", "boss");
    // Grace is new here.
    await db()
      .updateTable("account")
      .set({ created_at: new Date(0) })
      .where("name", "!=", "grace")
      .execute();
  });
  afterAll(async () => {
    await site.close();
    expect(site.errors).toEqual([]);
  });

  it("take votes by form and by script, and send who is not signed in to the way in and back", async () => {
    const voted = await ada.post("/votes", { paper: paperId, vote: "on", from: `${paper}#x` });
    expect([voted.status, voted.headers.get("location")]).toEqual([303, `${paper}#x`]);
    expect(await (await grace.post("/votes", { paper: paperId, vote: "on" }, json)).json()).toEqual({
      voted: true,
      votes: 1,
      note: "Your vote is kept; it counts when your account is 24 hours old.",
    });
    expect(await ada.text(paper)).toContain('aria-pressed="true"');
    expect(await (await ada.post("/votes", { paper: paperId, vote: "off" }, json)).json()).toEqual({
      voted: false,
      votes: 0,
      note: "",
    });
    const referer = `http://localhost:8787${paper}`;
    const sent = await nobody.post("/votes", { paper: paperId, vote: "on" }, { referer });
    expect(sent.headers.get("location")).toBe("/sign-in?next=%2Fpapers%2F2409.19977");
    expect(
      (await nobody.post("/votes", { paper: paperId }, { ...json, referer: "https://evil.example/x" })).status,
    ).toBe(401);
    for (const id of ["", "9999.99999", "'--", "..", "a".repeat(400)]) {
      expect((await ada.post("/votes", { paper: id })).status).toBe(404);
    }
    expect((await ada.post("/votes", { paper: paperId, from: "//evil.example" })).headers.get("location")).toBe(paper);
    await ada.post("/votes", { paper: paperId, vote: "off" });
  });

  it("show what was typed as text, whatever it is", async () => {
    const body =
      '<script>alert(1)</script> [x](javascript:alert(1)) ![i](https://e.example/i.png) "><img src=x onerror=alert(1)>';
    const id = await comment(ada, body);
    const html = await nobody.text(paper);
    expect(html).toContain(`id="comment-${id}"`);
    expect(html).not.toMatch(/<script>alert|<img src=x|href="javascript|src="https:\/\/e/);
    expect(await ada.text(`/comments/${id}/edit`)).not.toContain("<script>alert");
    expect(await nobody.text("/people/ada")).not.toContain("<script>alert");
    await ada.post(`/comments/${id}/delete`);
  });

  it("keep a text that cannot be published, and say what is wrong", async () => {
    const long = await ada.post("/comments", { paper: paperId, body: "ü".repeat(10_001) });
    expect(long.status).toBe(422);
    expect(await long.text()).toContain("ü".repeat(100));
    expect((await ada.post("/comments", { paper: paperId, body: " \n" })).status).toBe(422);
    expect((await ada.post("/comments", { paper: paperId, body: "ü".repeat(10_000) })).status).toBe(303);
    expect((await ada.post("/comments", { paper: paperId, body: "x".repeat(200_000) })).status).toBe(413);
    expect((await ada.post("/comments", { paper: paperId, body: "x", parent: "nothing00000" })).status).toBe(422);
    expect((await ada.post("/comments", { paper: "2611.99999", body: "x" })).status).toBe(422);
    expect((await ada.post("/comments", { paper: paperId, body: "a\0b" })).status).toBe(303);
  });

  it("let nobody touch what is another's", async () => {
    const id = await comment(ada, "mine");
    for (const who of [grace, boss]) {
      expect((await who.get(`/comments/${id}/edit`)).status).toBe(404);
      expect((await who.post(`/comments/${id}/edit`, { body: "theirs" })).status).toBe(404);
      expect((await who.post(`/comments/${id}/delete`)).status).toBe(404);
      expect((await who.post(`/comments/${id}/accept`)).status).toBe(403);
    }
    for (const path of ["edit", "delete", "accept", "report"]) {
      expect((await nobody.post(`/comments/${id}/${path}`, { body: "x" })).status).toBe(303);
    }
    for (const path of ["/moderation/queue", `/moderation/comments/${id}`]) {
      expect((await ada.get(path)).status).toBe(403);
      expect((await nobody.get(path)).status).toBe(303);
    }
    expect((await ada.post("/moderation/people/grace", { decision: "ban", reason: "x" })).status).toBe(403);
    expect((await ada.post(`/moderation/comments/${id}`, { decision: "hide", reason: "x" })).status).toBe(403);
    expect(await nobody.text(paper)).toContain("mine");
  });

  it("hold what is rated low, say why, and leave the decision to a person and the open log", async () => {
    const id = await comment(ada, "a LOW text");
    expect(await nobody.text(paper)).not.toContain("a LOW text");
    const own = await ada.text(paper);
    expect(own).toContain("The moral direction rates it −0.50, below −0.30");
    expect(own).toContain("it only asks a person to look");
    expect(await nobody.text("/moderation")).toContain("held a comment for review");
    expect(await boss.text("/moderation/queue")).toContain("a LOW text");
    expect((await boss.post(`/moderation/comments/${id}`, { decision: "show", reason: "" })).status).toBe(422);
    await boss.post(`/moderation/comments/${id}`, { decision: "show", reason: "it is a <b>fair</b> point" });
    expect(await nobody.text(paper)).toContain("a LOW text");
    const log = await nobody.text("/moderation");
    expect(log).toContain("it is a &lt;b&gt;fair&lt;/b&gt; point");
    expect(log).toContain('href="/people/boss"');
    expect(log).not.toContain("a LOW text");
  });

  it("ban and forgive in the open; who is banned reads, exports and leaves", async () => {
    await boss.post("/moderation/people/grace", { decision: "ban", reason: "spam" });
    expect((await grace.post("/comments", { paper: paperId, body: "x" })).status).toBe(403);
    expect((await grace.post("/votes", { paper: paperId })).status).toBe(403);
    expect((await grace.post("/submit", { paper: "2611.00001" })).status).toBe(403);
    for (const path of [paper, "/settings", "/settings/export.json", "/settings/delete"]) {
      expect((await grace.get(path)).status).toBe(200);
    }
    await boss.post("/moderation/people/grace", { decision: "lift", reason: "said sorry" });
    expect((await grace.post("/comments", { paper: paperId, body: "thanks" })).status).toBe(303);
    expect((await boss.post("/moderation/people/boss", { decision: "ban", reason: "x" })).status).toBe(403);
  });

  it("make moderators, whose sessions begin anew", async () => {
    await boss.post("/moderation/people/grace", { decision: "role", role: "moderator", reason: "helps a lot" });
    expect((await grace.get("/settings")).status).toBe(303);
    await grace.signIn(site.database, "grace@example.org");
    expect((await grace.get("/moderation/queue")).status).toBe(200);
    expect((await grace.post("/moderation/people/ada", { decision: "role", role: "admin", reason: "x" })).status).toBe(
      403,
    );
    expect((await grace.post("/moderation/people/boss", { decision: "ban", reason: "x" })).status).toBe(403);
    await boss.post("/moderation/people/grace", { decision: "role", role: "reader", reason: "wanted so" });
    await grace.signIn(site.database, "grace@example.org");
    expect((await grace.get("/moderation/queue")).status).toBe(403);
  });

  it("submit papers in any form, and warn of old ones", async () => {
    const old = await ada.post("/submit", { paper: "https://arxiv.org/abs/2309.99999v2" });
    expect(old.status).toBe(422);
    expect(await old.text()).toContain("Submit it anyway");
    const sent = await ada.post("/submit", { paper: "https://arxiv.org/pdf/2309.99998v2", anyway: "yes" });
    expect(sent.headers.get("location")).toBe("/submit");
    expect(await ada.text("/submit")).toContain("arXiv is asked");
    expect(await (await ada.post("/submit", { paper: paperId, anyway: "yes" })).text()).toContain("It is in the feed");
    for (const text of ["", "<script>", "https://evil.example/abs/2611.00001", "\0", "http://127.0.0.1/"]) {
      expect((await ada.post("/submit", { paper: text })).status).toBe(422);
    }
    expect((await nobody.get("/submit?paper=x")).headers.get("location")).toBe("/sign-in?next=%2Fsubmit%3Fpaper%3Dx");
  });

  it("show no address to anybody, and everything to its owner", async () => {
    for (const path of ["/", paper, "/people/ada", "/moderation", "/settings"]) {
      expect(await ada.text(path)).not.toContain("ada@example.org");
    }
    const answer = await ada.get("/settings/export.json");
    expect(answer.headers.get("content-disposition")).toContain("attachment");
    const everything = (await answer.json()) as Record<string, unknown>;
    expect(everything).toMatchObject({ account: { email: "ada@example.org", name: "ada" } });
    expect(Object.keys(everything)).toEqual(
      expect.arrayContaining(["votes", "comments", "submissions", "reports", "sessions", "mails"]),
    );
    expect(JSON.stringify(everything)).not.toMatch(/token|hash|grace@/);
    expect((await nobody.get("/settings/export.json")).status).toBe(303);
  });

  it("keep votes to oneself", async () => {
    await ada.post("/votes", { paper: paperId, vote: "on" });
    expect(await ada.text("/people/ada")).toContain("Papers you voted for");
    expect(await nobody.text("/people/ada")).not.toContain("Papers you voted for");
    expect((await nobody.get("/people/ADA")).headers.get("location")).toBe("/people/ada");
    for (const name of ["nope", "%00", "a'--", "x".repeat(500)])
      expect((await nobody.get(`/people/${name}`)).status).toBe(404);
  });

  it("forget who leaves", async () => {
    expect((await ada.post("/settings/delete", { name: "someone" })).status).toBe(422);
    expect((await ada.post("/settings/delete", { name: "ada" })).status).toBe(200);
    expect(ada.cookies.has("offprint")).toBe(false);
    expect((await nobody.get("/people/ada")).status).toBe(404);
    const tables = ["account", "sign_in", "mail", "vote", "session", "comment", "moderation"] as const;
    const rows = await Promise.all(tables.map((table) => db().selectFrom(table).selectAll().execute()));
    expect(JSON.stringify(rows)).not.toMatch(/ada@example\.org|"ada"|people\/ada/);
    expect(await nobody.text(paper)).toContain("a former reader");
  });
});
