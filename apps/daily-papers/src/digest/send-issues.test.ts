import { sql } from "kysely";
import { simpleParser } from "mailparser";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { MailSender } from "../mail/mail.sender.ts";
import { databaseKinds } from "../testing/databases.ts";
import { testConfig, testMail } from "../testing/sites.ts";
import { TestSmtp } from "../testing/smtp.ts";
import { subscriberOfLink } from "./links.ts";
import { sendDueIssues } from "./send-issues.ts";
import { newId } from "../secrets.ts";
import { changePreferences, endSubscription, findSubscriber } from "./subscriber.queries.ts";
import { usualPreferences } from "./subscriber.ts";

const config = {
  ...testConfig("/nowhere"),
  publicUrl: "https://papers.example.org",
  mail: { ...testMail, imprint: "Example Library, 1 Street, Town" },
};
/** A Monday. */
const monday = "2026-11-23";
const at = (time: string, day = monday) => new Date(`${day}T${time}:00Z`);

describe.each(databaseKinds())("the digest on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  const errors: unknown[] = [];
  beforeAll(async () => {
    database = await open();
  });
  afterEach(async () => {
    await sql`truncate paper, featured_paper, digest_paper, subscriber, mail cascade`.execute(database.db);
    expect(errors.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  let numbered = 0;
  const feature = async (day: string, title: string, fields: { votes?: number; categories?: string[] } = {}) => {
    numbered += 1;
    const id = `2611.${String(numbered).padStart(5, "0")}`;
    await database.db
      .insertInto("paper")
      .values({
        id,
        title,
        abstract: String.raw`We bound $\mathcal{O}(n^2)$ & more.`,
        authors: JSON.stringify(["Ada Example", "Ben Example"]),
        published_on: "2026-11-19",
        code_url: null,
        implementation: null,
        ...fields,
      })
      .execute();
    await database.db.insertInto("featured_paper").values({ day, paper_id: id, position: numbered }).execute();
  };
  const subscribe = async (
    email: string,
    more: Partial<{ time_zone: string; topics: string[]; least_votes: number; frequency: "daily" | "weekly" }> = {},
    due = at("08:00"),
  ) => {
    const id = newId();
    await database.db
      .insertInto("subscriber")
      .values({
        id,
        email,
        state: "confirmed",
        frequency: "daily",
        created_at: at("00:00"),
        next_issue_at: due,
        ...more,
      })
      .execute();
    return id;
  };
  const send = (now: Date) =>
    sendDueIssues({
      db: database.db,
      config,
      now: () => now,
      signal: new AbortController().signal,
      onError: (error) => errors.push(error),
    });
  const mails = async () =>
    await database.db
      .selectFrom("mail")
      .select(["recipient", "subject", "text_body", "dedupe_key"])
      .orderBy("created_at")
      .orderBy("recipient")
      .execute();

  it("arrives whole: text and HTML, one-click headers, nothing smuggled in by a title", async () => {
    await feature("2026-11-20", "Sparse attention for $n$ tokens\r\nBcc: all@example.org", { votes: 9 });
    await feature("2026-11-20", "<b>Other</b> \u2028 things", { votes: 2 });
    const id = await subscribe("reader@example.org");
    expect(await send(at("08:04"))).toBe(1);
    const smtp = await TestSmtp.start();
    const sender = new MailSender({
      db: database.db,
      config: { ...config.mail, smtp: smtp.config },
      onError: (error) => errors.push(error),
      now: () => at("08:05"),
    });
    await sender.idle();
    await sender.stop();
    await smtp.stop();
    const [arrived] = smtp.arrived;
    const mail = await simpleParser(Buffer.from(arrived?.source ?? "", "latin1"));
    expect(mail.subject).toBe("Sparse attention for n tokens Bcc: all@example.org and 1 more paper");
    expect(mail.from?.value).toEqual([{ name: "Daily Papers", address: "papers@example.org" }]);
    expect(arrived?.source.split("\r\n\r\n")[0]).not.toMatch(/^bcc/im);
    expect(mail.headers.get("auto-submitted")).toBe("auto-generated");
    expect(mail.headers.get("precedence")).toBe("bulk");
    expect(mail.messageId).toMatch(/^<[a-z0-9]{12}@example\.org>$/);
    expect(arrived?.source).toContain("List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    expect(arrived?.source).toMatch(/List-ID: Daily Papers <daily\.papers\.example\.org>/i);
    const link = /List-Unsubscribe:\s+<https:\/\/papers\.example\.org\/unsubscribe\/([\w.-]+)>/.exec(
      arrived?.source ?? "",
    )?.[1];
    expect(await subscriberOfLink(database.db, "unsubscribe", link ?? "")).toBe(id);
    expect(await subscriberOfLink(database.db, "preferences", link ?? "")).toBeUndefined();
    const types = [...(arrived?.source ?? "").matchAll(/^Content-Type: ([a-z]+\/[a-z]+)/gim)].map(([, type]) => type);
    expect(types).toEqual(["multipart/alternative", "text/plain", "text/html"]);
    expect(mail.text).toContain("We bound O(n²) & more.");
    expect(mail.text).toContain("2 votes");
    expect(mail.html).toContain("&lt;b&gt;Other&lt;/b&gt;");
    expect(mail.html).not.toMatch(/<img|<script|tracking/);
    expect(mail.text).toContain("Example Library");
  });

  it("misses no paper that came late, and sends none twice", async () => {
    await subscribe("reader@example.org");
    await feature("2026-11-20", "Friday one");
    expect(await send(at("08:01"))).toBe(1);
    // Monday is open: its first paper waits for the others. One of Friday is told of late.
    await feature(monday, "Monday one");
    await feature("2026-11-20", "Friday late");
    expect(await send(at("08:06"))).toBe(0);
    await feature(monday, "Monday two");
    expect(await send(at("08:01", "2026-11-24"))).toBe(1);
    expect(await send(at("08:01", "2026-11-25"))).toBe(0); // nothing new
    await feature("2026-11-24", "Tuesday one");
    expect(await send(at("08:01", "2026-11-26"))).toBe(1);
    const titles = (await mails()).map(({ text_body }) =>
      text_body.match(/(Mon|Tues|Fri)day (one|two|late)/g)?.toSorted(),
    );
    expect(titles).toEqual([["Friday one"], ["Friday late", "Monday one", "Monday two"], ["Tuesday one"]]);
  });

  it("is written once though several processes write it, again and again", async () => {
    await feature("2026-11-20", "A paper");
    for (let index = 0; index < 20; index += 1) await subscribe(`reader${index}@example.org`);
    const written = await Promise.all([send(at("08:01")), send(at("08:01")), send(at("08:02"))]);
    expect(written.reduce((sum, each) => sum + each, 0)).toBe(20);
    expect(await mails()).toHaveLength(20);
  });

  it("does not come a second time on a day whose hour is changed", async () => {
    await feature("2026-11-20", "A paper");
    const id = await subscribe("reader@example.org");
    await send(at("08:01"));
    await feature("2026-11-20", "A late paper");
    await changePreferences(database.db, { id, preferences: { ...usualPreferences, hour: 10 }, now: at("08:30") });
    expect((await findSubscriber(database.db, id))?.nextIssueAt).toEqual(at("10:00"));
    expect(await send(at("10:01"))).toBe(0);
    expect(await send(at("10:01", "2026-11-24"))).toBe(1);
    expect((await mails()).map(({ dedupe_key }) => dedupe_key)).toEqual([
      `digest/${id}/2026-11-23`,
      `digest/${id}/2026-11-24`,
    ]);
  });

  it("keeps to topics and votes, and to each reader's clock", async () => {
    await feature("2026-11-20", "Language", { votes: 5, categories: ["cs.CL"] });
    await feature("2026-11-20", "Vision", { votes: 50, categories: ["cs.CV"] });
    await subscribe("cl@example.org", { topics: ["cs.CL"] });
    await subscribe("loved@example.org", { least_votes: 20 });
    await subscribe("nothing@example.org", { topics: ["quantum"] });
    await subscribe("berlin@example.org", { time_zone: "Europe/Berlin" }, at("07:00"));
    await subscribe("later@example.org", {}, at("09:00"));
    expect(await send(at("08:01"))).toBe(3);
    expect((await mails()).map(({ recipient, subject }) => [recipient, subject])).toEqual([
      ["berlin@example.org", "Vision and 1 more paper"],
      ["cl@example.org", "Language"],
      ["loved@example.org", "Vision"],
    ]);
    const next = await database.db
      .selectFrom("subscriber")
      .select("next_issue_at")
      .where("email", "=", "berlin@example.org")
      .executeTakeFirstOrThrow();
    expect(next.next_issue_at).toEqual(at("07:00", "2026-11-24"));
  });

  it("is not sent to who ended it, even when it was written already", async () => {
    await feature("2026-11-20", "A paper");
    const id = await subscribe("reader@example.org");
    await send(at("08:01"));
    await endSubscription(database.db, id, at("08:02"));
    const [mail] = await database.db.selectFrom("mail").select(["state", "text_body"]).execute();
    expect(mail).toEqual({ state: "failed", text_body: "" });
    expect(await send(at("08:01", "2026-11-24"))).toBe(0);
  });

  it("goes on with the others when one issue cannot be written", async () => {
    await feature("2026-11-20", "A paper");
    const broken = await subscribe("broken address@example.org");
    await subscribe("good@example.org");
    expect(await send(at("08:01"))).toBe(1);
    expect(String(errors.splice(0)[0])).toContain(broken);
    expect((await findSubscriber(database.db, broken))?.nextIssueAt).toEqual(at("09:01"));
  });

  it("catches up once after the server was away for days", async () => {
    for (const day of ["2026-11-18", "2026-11-19", "2026-11-20"]) await feature(day, `Paper of ${day}`);
    const id = await subscribe("reader@example.org", {}, at("08:00", "2026-11-18"));
    await sql`update subscriber set last_number = 0`.execute(database.db);
    expect(await send(at("12:00"))).toBe(1);
    expect((await findSubscriber(database.db, id))?.nextIssueAt).toEqual(at("08:00", "2026-11-24"));
  });
});
