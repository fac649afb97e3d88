import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sql } from "kysely";
import type { OpenDatabase } from "../database/database.ts";
import type { MailKind } from "../database/schema.ts";
import { databaseKinds } from "../testing/databases.ts";
import { TestSmtp } from "../testing/smtp.ts";
import type { MailConfig } from "./mail-config.ts";
import { MailSender, type MailSenderOptions } from "./mail.sender.ts";
import { newestMails } from "./mail.queries.ts";
import { queueMail } from "./queue-mail.ts";
import { readSenderState } from "./sender-state.ts";
import { suppressionOf } from "./suppression.ts";

const start = new Date("2026-11-23T08:00:00Z");
const hour = 3_600_000;
const config: MailConfig = {
  smtp: undefined,
  from: { name: "Daily Papers", address: "papers@example.org" },
  dkim: undefined,
  bouncesTo: "bounces@example.org",
  bounceToken: undefined,
  imprint: undefined,
};

describe.each(databaseKinds())("the sender of mails on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  let smtp: TestSmtp;
  let now = start;
  let senders: MailSender[] = [];
  const errors: unknown[] = [];

  beforeAll(async () => {
    database = await open();
  });
  afterEach(async () => {
    await Promise.all(senders.map((sender) => sender.stop()));
    senders = [];
    await smtp.stop();
    await sql`truncate mail, subscriber, suppression, source`.execute(database.db);
    now = start;
    expect(errors.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  const sender = (options: Partial<MailSenderOptions> = {}) => {
    const made = new MailSender({
      db: database.db,
      config: options.config ?? { ...config, smtp: smtp.config },
      onError: (error) => errors.push(error),
      now: () => now,
      random: () => 0,
      graceMs: 100,
      ...options,
    });
    senders.push(made);
    return made;
  };
  const queue = (recipient: string, kind: MailKind = "digest", more: Record<string, string> = {}) =>
    queueMail(database.db, { kind, recipient, subject: "Papers", text: "Text", html: "<p>HTML</p>", now, ...more });
  const states = async () =>
    Object.fromEntries(
      (await newestMails(database.db, { most: 50 })).map(({ recipient, state }) => [recipient, state]),
    );

  it("sends each mail once, over few connections", async () => {
    smtp = await TestSmtp.start();
    const recipients = Array.from({ length: 30 }, (_, index) => `reader${index}@example.org`);
    for (const recipient of recipients) await queue(recipient);
    const made = sender();
    await made.idle();
    await made.idle();
    expect(smtp.arrived.map(({ to }) => to).toSorted()).toEqual(recipients.toSorted());
    expect(smtp.connections).toBeLessThanOrEqual(4);
    expect(new Set(Object.values(await states()))).toEqual(new Set(["sent"]));
    expect(smtp.arrived[0]?.from).toMatch(/^bounces\+[a-z0-9]{12}@example\.org$/);
    // What was sent is not kept.
    expect((await database.db.selectFrom("mail").select("text_body").executeTakeFirstOrThrow()).text_body).toBe("");
  });

  it("writes a mail with a key once", async () => {
    smtp = await TestSmtp.start();
    expect(await queue("a@example.org", "digest", { dedupeKey: "one" })).toMatch(/^[a-z0-9]{12}$/);
    expect(await queue("a@example.org", "digest", { dedupeKey: "one" })).toBeUndefined();
    await expect(queue("a@example.org\r\nBcc: b@example.org")).rejects.toThrow("no email address");
    await expect(
      queueMail(database.db, {
        kind: "notice",
        recipient: "a@example.org",
        subject: "x",
        text: "x",
        html: "x",
        headers: { "List-ID": "a\r\nBcc: b@example.org" },
      }),
    ).rejects.toThrow("not plain");
  });

  it("tries again what is not taken now, and suppresses who does not exist", async () => {
    smtp = await TestSmtp.start({
      onRecipient: (address, times) => {
        if (address.startsWith("grey") && times === 1) return "451 4.7.1 greylisted, come back";
        if (address.startsWith("gone")) return "550 5.1.1 no such user";
        if (address.startsWith("relay")) return "550 5.7.1 relaying denied";
        if (address.startsWith("full")) return "552 5.2.2 mailbox full";
        return undefined;
      },
      onText: (to) => (to.startsWith("spam") ? "554 5.7.1 looks like spam" : undefined),
    });
    for (const name of ["grey", "gone", "relay", "full", "spam", "good"]) await queue(`${name}@example.org`);
    const made = sender({ connections: 1 });
    await made.idle();
    expect(await states()).toEqual({
      "grey@example.org": "waiting",
      "gone@example.org": "failed",
      "relay@example.org": "failed",
      "full@example.org": "failed",
      "spam@example.org": "failed",
      "good@example.org": "sent",
    });
    now = new Date(start.getTime() + hour);
    await made.idle();
    expect((await states())["grey@example.org"]).toBe("sent");
    const suppressed = await Promise.all(
      ["gone", "relay", "full", "spam"].map((name) => suppressionOf(database.db, `${name.toUpperCase()}@Example.org`)),
    );
    expect(suppressed).toEqual(["bounce", undefined, undefined, undefined]);
    await queue("gone@example.org", "notice");
    await made.idle();
    expect(smtp.asked.get("gone@example.org")).toBe(1);
  });

  it("does not know whether a mail arrived whose server died after the text, and never sends it again", async () => {
    smtp = await TestSmtp.start({
      onText: (to) => (to.startsWith("taken") ? "die-taken" : to.startsWith("lost") ? "die" : undefined),
    });
    await queue("taken@example.org");
    await queue("lost@example.org");
    const made = sender({ connections: 1 });
    await made.idle();
    await made.idle();
    now = new Date(start.getTime() + 10 * hour);
    await made.idle();
    expect(await states()).toEqual({ "taken@example.org": "unsure", "lost@example.org": "unsure" });
    expect(smtp.arrived.map(({ to }) => to)).toEqual(["taken@example.org"]);
  });

  it("writes no header of a paper's making", async () => {
    smtp = await TestSmtp.start();
    await queue("a@example.org", "digest", { subject: "One paper\r\nBcc: b@example.org\u2028\r\n\r\n<script>" });
    await sender().idle();
    const [mail] = await smtp.parsed();
    expect(mail?.subject).toBe("One paper Bcc: b@example.org <script>");
    expect([...(mail?.headers.keys() ?? [])]).not.toContain("bcc");
    expect(smtp.asked.has("b@example.org")).toBe(false);
  });

  it("sends nothing twice knowingly when the server dies in the midst of the text", async () => {
    smtp = await TestSmtp.start({ dieAtText: true });
    await queue("a@example.org", "digest", { text: "long ".repeat(400_000) });
    const made = sender({ connections: 1 });
    await made.idle();
    const [first] = Object.values(await states());
    expect(["waiting", "unsure"]).toContain(first);
    smtp.behaviour = {};
    now = new Date(start.getTime() + hour);
    await made.idle();
    // Not handed over wholly: it is sent again. Handed over to the last byte: nobody knows, and it is not.
    expect(await states()).toEqual({ "a@example.org": first === "waiting" ? "sent" : "unsure" });
    expect(smtp.arrived).toHaveLength(first === "waiting" ? 1 : 0);
  });

  it("sends a mail again whose server died before the text", async () => {
    smtp = await TestSmtp.start({
      onRecipient: (_address, times) => (times === 1 ? "421 4.3.2 shutting down" : undefined),
    });
    await queue("a@example.org");
    const made = sender();
    await made.idle();
    expect(await states()).toEqual({ "a@example.org": "waiting" });
    now = new Date(start.getTime() + hour);
    await made.idle();
    expect(await states()).toEqual({ "a@example.org": "sent" });
  });

  it("gives a silent server up in time, as unsure where the text was handed over", async () => {
    smtp = await TestSmtp.start({ delayMs: 3_000 });
    await queue("a@example.org");
    await sender({ timeouts: { connectMs: 5_000, silenceMs: 5_000, mailMs: 700 } }).idle();
    expect(await states()).toEqual({ "a@example.org": "unsure" });
  });

  it("claims nothing while the server cannot be reached, and goes on when it can", async () => {
    smtp = await TestSmtp.start();
    const server = smtp.config;
    await smtp.stop();
    await queue("a@example.org");
    const made = sender({ config: { ...config, smtp: server } });
    await made.idle();
    await made.idle();
    expect(await newestMails(database.db, { most: 1 })).toMatchObject([{ state: "waiting", attempts: 0 }]);
    expect((await readSenderState(database.db)).error).toContain("does not take mails");
    smtp = await TestSmtp.start({}, server.port);
    await made.idle();
    expect(smtp.connections).toBe(0); // too early to ask again
    now = new Date(start.getTime() + hour);
    await made.idle();
    expect(await states()).toEqual({ "a@example.org": "sent" });
    expect((await readSenderState(database.db)).error).toBeUndefined();
  });

  it("sends what somebody waits for before the issues, and gives up what is worth nothing any more", async () => {
    smtp = await TestSmtp.start();
    for (let index = 0; index < 5; index += 1) await queue(`reader${index}@example.org`);
    await queue("waits@example.org", "sign-in");
    await sender({ connections: 1 }).idle();
    expect(smtp.arrived[0]?.to).toBe("waits@example.org");
    smtp.behaviour = { onRecipient: () => "450 4.2.0 later" };
    await queue("late@example.org", "sign-in");
    now = new Date(start.getTime() + hour);
    await sender().idle();
    expect((await states())["late@example.org"]).toBe("failed");
  });

  it("marks what a dead sender left in the midst as unsure once its time is over", async () => {
    smtp = await TestSmtp.start();
    const id = await queue("a@example.org");
    await database.db.updateTable("mail").set({ state: "sending", claimed_at: start, attempts: 1 }).execute();
    now = new Date(start.getTime() + 5 * 60_000);
    sender().start();
    await new Promise((done) => setTimeout(done, 100));
    expect(await newestMails(database.db, { most: 1 })).toMatchObject([{ id, state: "sending" }]);
    now = new Date(start.getTime() + hour);
    sender().start();
    await expect.poll(states).toEqual({ "a@example.org": "unsure" });
    expect(smtp.arrived).toEqual([]);
  });

  it("shares the work with another process and sends nothing twice", async () => {
    smtp = await TestSmtp.start();
    for (let index = 0; index < 40; index += 1) await queue(`reader${index}@example.org`);
    await Promise.all([sender().idle(), sender().idle(), sender().idle()]);
    expect(new Set(smtp.arrived.map(({ to }) => to)).size).toBe(40);
    expect(smtp.arrived).toHaveLength(40);
  });
});
