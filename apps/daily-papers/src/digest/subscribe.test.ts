import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sql } from "kysely";
import { TestApp } from "../testing/apps.ts";
import { testMail } from "../testing/sites.ts";

const bounceToken = "a-token-of-sixteen";

describe("subscribing", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
  });
  beforeEach(() => sql`truncate subscriber, mail, suppression cascade`.execute(app.database.db));
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  const mails = () => app.database.db.selectFrom("mail").selectAll().orderBy("created_at").execute();
  const subscribers = () => app.database.db.selectFrom("subscriber").selectAll().execute();
  const ask = (email: string, more = {}) => app.post("/subscribe", { email, timeZone: "Europe/Berlin", ...more });
  const linkOf = async () =>
    /http:\/\/localhost:\d+(\/subscribe\/confirm\/[\w-]+)/.exec((await mails()).at(-1)?.text_body ?? "")?.[1] ?? "";
  const subscribe = async (email: string) => {
    await ask(email);
    const answer = await app.post(await linkOf(), {});
    return answer.headers.get("location") ?? "";
  };
  const unsubscribeOf = async (preferences: string) =>
    /action="(\/unsubscribe\/[\w.-]+)"/.exec(await app.text(preferences))?.[1] ?? "";

  it("takes a mail and a yes", async () => {
    const answer = await ask("Reader@Example.org");
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/subscribe/asked"]);
    expect(await subscribers()).toMatchObject([
      { state: "pending", email: "Reader@Example.org", time_zone: "Europe/Berlin" },
    ]);
    const link = await linkOf();
    expect((await subscribers())[0]?.confirm_hash).not.toBe(link.split("/").at(-1));
    // A scanner opens the link, twice: nothing happens.
    for (const _ of [1, 2]) expect((await app.get(link)).status).toBe(200);
    expect((await subscribers())[0]?.state).toBe("pending");
    const confirmed = await app.post(link, {});
    expect(confirmed.headers.get("location")).toMatch(/^\/subscribe\/preferences\/v1\.001\.[\w.-]+\?news=confirmed$/);
    const [subscriber] = await subscribers();
    expect(subscriber).toMatchObject({ state: "confirmed", confirm_hash: null });
    expect(subscriber?.consent).toMatchObject({ form: "2026-11", from: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(subscriber?.next_issue_at).toBeInstanceOf(Date);
    // The link is used up.
    expect((await app.get(link)).status).toBe(410);
    expect((await app.post(link, {})).status).toBe(410);
  });

  it("answers the same for every address, and writes at most three mails to one in a day", async () => {
    await subscribe("known@example.org");
    await app.database.db.updateTable("mail").set({ kind: "notice" }).execute();
    const { noteHardBounce } = await import("../mail/bounce.ts");
    await noteHardBounce(app.database.db, "gone@example.org", new Date());
    const answers = await Promise.all(["known", "new", "gone"].map(async (name) => ask(`${name}@example.org`)));
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.headers.get("location")}`)).size).toBe(1);
    expect((await mails()).map(({ recipient }) => recipient)).not.toContain("gone@example.org");
    for (let times = 0; times < 6; times += 1) await ask("NEW@example.org");
    expect((await mails()).filter(({ recipient }) => recipient.toLowerCase() === "new@example.org")).toHaveLength(3);
    // Nobody can end a subscription, or ask its owner to confirm it again, by the form.
    expect((await subscribers()).find(({ email }) => email === "known@example.org")?.state).toBe("confirmed");
  });

  it.each([
    "",
    "nobody",
    "a@b\r\nBcc: c@example.org",
    "a b@example.org",
    `${"a".repeat(260)}@example.org`,
    "<script>@x",
  ])("does not write to %j", async (email) => {
    const answer = await ask(email);
    expect(answer.status).toBe(422);
    expect(await answer.text()).not.toContain("<script>@x");
    expect(await mails()).toEqual([]);
  });

  it("lets a reader choose by a link, which shows no address", async () => {
    const preferences = await subscribe("reader@example.org");
    const page = await app.get(preferences);
    expect(page.headers.get("cache-control")).toContain("no-store");
    const html = await page.text();
    expect(html).toContain("You are subscribed");
    expect(html).not.toContain("reader@example.org");
    const [path = ""] = preferences.split("?");
    const wanted = {
      frequency: "weekly",
      weekday: "5",
      hour: "17",
      timeZone: "Asia/Tokyo",
      topics: "agents, cs.CL",
      leastVotes: "10",
    };
    expect((await app.post(path, wanted)).headers.get("location")).toBe(`${path}?news=saved`);
    expect(await subscribers()).toMatchObject([
      {
        frequency: "weekly",
        weekday: 5,
        hour: 17,
        time_zone: "Asia/Tokyo",
        topics: ["agents", "cs.CL"],
        least_votes: 10,
      },
    ]);
    const wrong = await app.post(path, { ...wanted, hour: "24", timeZone: "Moon/Base", leastVotes: "-1" });
    expect(wrong.status).toBe(422);
    expect(await wrong.text()).toContain("Time zone: choose one of the list.");
    expect((await app.get(`${path.slice(0, -2)}xx`)).status).toBe(404);
  });

  it("ends by one click of a mail program: no cookie, no form of ours, no redirect", async () => {
    const unsubscribe = await unsubscribeOf(await subscribe("reader@example.org"));
    expect((await app.get(unsubscribe)).status).toBe(200);
    expect((await subscribers())[0]?.state).toBe("confirmed");
    const answer = await app.with().request(`http://localhost:8787${unsubscribe}`, {
      method: "POST",
      body: "List-Unsubscribe=One-Click",
      headers: { host: "localhost:8787", "content-type": "application/x-www-form-urlencoded" },
    });
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toContain("reader@example.org");
    expect(await subscribers()).toMatchObject([{ state: "ended", ended_reason: "unsubscribed", next_issue_at: null }]);
    // Again, and with a link that is not ours.
    expect((await app.post(unsubscribe, {})).status).toBe(200);
    expect((await app.post(`${unsubscribe.slice(0, -2)}xx`, {})).status).toBe(404);
  });

  it("does not take forms from elsewhere but for the way out", async () => {
    const preferences = await subscribe("reader@example.org");
    const [path = ""] = preferences.split("?");
    expect((await app.post(path, { hour: "1" }, { origin: "https://evil.example" })).status).toBe(403);
    expect((await app.post("/subscribe", { email: "a@example.org" }, { origin: "https://evil.example" })).status).toBe(
      403,
    );
  });

  it("can be begun again after it ended", async () => {
    const unsubscribe = await unsubscribeOf(await subscribe("reader@example.org"));
    await app.post(unsubscribe, {});
    await subscribe("reader@example.org");
    expect(await subscribers()).toMatchObject([{ state: "confirmed", ended_at: null }]);
  });

  it("previews an issue without links of anybody, in a frame that can do nothing", async () => {
    const page = await app.get("/subscribe/preview");
    expect(page.headers.get("content-security-policy")).toContain("frame-src 'self'");
    const mail = await app.get("/subscribe/preview/mail");
    expect(mail.headers.get("content-security-policy")).toContain("sandbox");
    expect(mail.headers.get("content-security-policy")).not.toContain("script-src");
    expect(mail.headers.get("x-frame-options")).toBe("SAMEORIGIN");
    const html = await mail.text();
    expect(html).toContain("most votes first");
    expect(html).not.toContain("/unsubscribe/");
    expect((await app.get("/")).headers.get("content-security-policy")).not.toContain("frame-src");
  });

  describe("bounces", () => {
    const report = (body: string, type: string, token: string | undefined = bounceToken) =>
      app.with({ mail: { ...testMail, bounceToken } }).request("http://localhost:8787/mail/bounces", {
        method: "POST",
        body,
        headers: {
          host: "localhost:8787",
          "content-type": type,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });

    it("are taken from who has the token", async () => {
      const body = JSON.stringify({ type: "bounce", recipient: "a@example.org" });
      expect((await report(body, "application/json", "another-token-here")).status).toBe(401);
      expect((await report(body, "application/json", "")).status).toBe(401);
      const closed = await app.post("/mail/bounces", {}, { authorization: "Bearer undefined" });
      expect(closed.status).toBe(401);
    });

    const note = (mailId: string, { address = "reader@example.org", status = "5.1.1", action = "failed" } = {}) =>
      [
        "From: MAILER-DAEMON@example.org",
        "Message-ID: <somethingelse@mx.example.org>",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
        "",
        "--x",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.org",
        "",
        `Final-Recipient: rfc822; ${address}`,
        `Action: ${action}`,
        `Status: ${status}`,
        "",
        "--x",
        "Content-Type: text/rfc822-headers",
        "",
        "List-Unsubscribe: <https://papers.example/unsubscribe/a+aaaaaaaaaaaa@b>",
        `Message-ID: <${mailId}@example.org>`,
        "--x--",
      ].join("\r\n");
    const noted = async (text: string) => (await report(text, "message/rfc822")).json();

    it("end a subscription by address, by return path and by a note of non-delivery", async () => {
      await subscribe("json@example.org");
      await report(JSON.stringify({ type: "bounce", recipient: "JSON@example.org" }), "application/json");
      await subscribe("dsn@example.org");
      const id = (await mails()).at(-1)?.id ?? "";
      await report(
        JSON.stringify([{ type: "complaint", returnPath: `bounces+${id}@example.org` }]),
        "application/json",
      );
      await subscribe("note@example.org");
      // The server that it was forwarded to names another address.
      expect(await noted(note((await mails()).at(-1)?.id ?? "", { address: "elsewhere@example.net" }))).toEqual({
        noted: 1,
      });
      expect((await subscribers()).map(({ state, ended_reason }) => [state, ended_reason])).toEqual([
        ["ended", "bounce"],
        ["ended", "complaint"],
        ["ended", "bounce"],
      ]);
      const hashes = await app.database.db.selectFrom("suppression").select("email_hash").execute();
      expect(hashes.map(({ email_hash }) => /^[0-9a-f]{64}$/.test(email_hash))).toEqual([true, true, true]);
    });

    it("silence nobody whom a forged note names without a mail of ours", async () => {
      await subscribe("reader@example.org");
      expect(await noted(note("zzzzzzzzzzzz"))).toEqual({ noted: 0 });
      expect(await noted(note("", { address: "reader@example.org" }))).toEqual({ noted: 0 });
      expect((await subscribers())[0]?.state).toBe("confirmed");
      expect(await app.database.db.selectFrom("suppression").selectAll().execute()).toEqual([]);
    });

    it("end a subscription after several issues in a row that came back, and not before", async () => {
      await subscribe("reader@example.org");
      const { db } = app.database;
      const [subscriber] = await subscribers();
      const day = 86_400_000;
      const issues = Array.from({ length: 9 }, (_, index) => ({
        id: `issue000000${index}`,
        kind: "digest" as const,
        subscriber_id: subscriber?.id ?? "",
        recipient: "reader@example.org",
        subject: "Papers",
        text_body: "",
        html_body: "",
        headers: "{}",
        state: "sent" as const,
        attempts: 1,
        created_at: new Date(Date.now() - (9 - index) * day),
        send_after: new Date(),
      }));
      await db.insertInto("mail").values(issues).execute();
      const comeBack = (index: number) => noted(note(`issue000000${index}`, { status: "4.4.7" }));
      // The servers were taking later issues all the while; the third one arrived.
      for (const index of [0, 1, 2, 4, 5, 6, 7]) await comeBack(index);
      expect(await noted(note("issue0000003", { action: "delayed", status: "4.2.2" }))).toEqual({ noted: 0 });
      expect((await subscribers())[0]?.state).toBe("confirmed");
      const back = await db.selectFrom("mail").select(["state", "error"]).where("id", "=", "issue0000004").execute();
      expect(back).toEqual([{ state: "failed", error: "it came back" }]);
      await comeBack(8);
      expect((await subscribers())[0]).toMatchObject({ state: "ended", ended_reason: "bounce" });
    });

    it("do not take a refusal of our text or a full mailbox for an address that is gone", async () => {
      await subscribe("reader@example.org");
      const id = (await mails()).at(-1)?.id ?? "";
      for (const status of ["5.7.1", "5.2.2", "4.4.7", ""]) {
        expect(await noted(note(id, { status }))).toEqual({ noted: 1 });
      }
      expect((await subscribers())[0]?.state).toBe("confirmed");
    });

    it("leave others alone: texts that are no report", async () => {
      await subscribe("reader@example.org");
      expect(await (await report("Hello, I am on holiday.", "text/plain")).json()).toEqual({ noted: 0 });
      expect((await report("{", "application/json")).status).toBe(400);
      expect((await subscribers())[0]?.state).toBe("confirmed");
    });
  });
});
