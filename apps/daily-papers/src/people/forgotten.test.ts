import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportComment } from "../comments/judge-answer.ts";
import { writeComment } from "../comments/write-comment.ts";
import type { OpenDatabase } from "../database/database.ts";
import { seed } from "../database/seed.ts";
import { confirmSubscription, requestSubscription } from "../digest/subscriber.queries.ts";
import { databaseWindows } from "../limits/windows.ts";
import { queueMail } from "../mail/queue-mail.ts";
import { suppress } from "../mail/suppression.ts";
import { ban, moderateComment } from "../moderation/moderation.queries.ts";
import { passOver } from "../recommendations/for-you.queries.ts";
import { queueRun } from "../runs/run.queries.ts";
import { hashToken, newToken } from "../secrets.ts";
import { submitPaper } from "../submissions/submission.queries.ts";
import { addAccount } from "../testing/accounts.ts";
import { databaseKinds } from "../testing/databases.ts";
import { castVote } from "../votes/vote.queries.ts";
import { deleteAccount } from "./delete-account.ts";
import { exportAccount } from "./export-account.ts";
import { startSession } from "./session.queries.ts";
import { sendLink } from "./sign-in.queries.ts";

const paperId = "2409.19977";
const now = new Date("2026-11-23T12:00:00Z");
const shown = { state: "shown", reason: undefined, score: undefined } as const;
const letter = { text: "t", html: "<p>t</p>" };

describe.each(databaseKinds())("a person on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  let ada: string;
  const db = () => database.db;

  /** The tables whose rows hold one of these words anywhere. */
  const tablesWith = async (words: readonly string[]): Promise<string[]> => {
    const { rows: tables } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables
      where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(db());
    const found = await Promise.all(
      tables.map(async ({ name }) => {
        const { rows } = await sql<{ row: string }>`select to_jsonb(t)::text as row from ${sql.table(name)} t`.execute(
          db(),
        );
        return rows.some(({ row }) => words.some((word) => row.toLowerCase().includes(word.toLowerCase())))
          ? [name]
          : [];
      }),
    );
    return found.flat();
  };

  beforeAll(async () => {
    database = await open();
    await seed(db());
    ada = await addAccount(db(), "ada-lovelace");
    const boss = await addAccount(db(), "boss", { role: "admin" });
    const email = "ada-lovelace@example.org";
    const person = { accountId: ada, paperId, now };
    const { token } = newToken();
    await sendLink(db(), { email, token, nonce: token, letter, now });
    await db()
      .transaction()
      .execute((trx) => startSession(trx, { accountId: ada, browser: "Firefox", now }));
    await castVote(db(), person);
    await passOver(db(), { ...person, paperId: "2103.11790" });
    const comment = { paperId, parentId: undefined, isQuestion: false, body: "text", verdict: shown, now };
    const own = await writeComment(db(), { ...comment, accountId: ada });
    const others = await writeComment(db(), { ...comment, accountId: boss });
    await reportComment(db(), { id: others, accountId: ada, reason: "rude", now });
    await db()
      .updateTable("paper")
      .set({ featured_on: null, featured_at: null })
      .where("id", "=", "2309.12307")
      .execute();
    await submitPaper(db(), { arxivId: "2309.12307", accountId: ada, verdict: shown, now });
    await submitPaper(db(), { arxivId: "2611.00001", accountId: ada, verdict: undefined, now });
    const act = {
      actor: { id: boss, name: "boss", role: "admin", banned: false },
      reason: "Ada-Lovelace asked",
      now,
    } as const;
    await moderateComment(db(), { ...act, id: own, show: true, path: `/papers/${paperId}#comment-${own}` });
    await ban(db(), { ...act, name: "ada-lovelace", banned: true });
    const config = { model: "nfe-1" };
    await queueRun(db(), { paperId, implementation: "x", config, maxWaiting: 5, accountId: ada, mostOpen: 2, now });
    const preferences = {
      frequency: "daily",
      weekday: 1,
      hour: 8,
      timeZone: "UTC",
      topics: [],
      leastVotes: 0,
    } as const;
    await db()
      .transaction()
      .execute((trx) => requestSubscription(trx, { email, token, preferences, now }));
    const consent = { at: now.toISOString(), form: "f", from: hashToken("x") };
    const subscriber = await confirmSubscription(db(), { token, consent, now });
    const mail = { recipient: email, subject: "s", ...letter, now };
    await queueMail(db(), { ...mail, kind: "digest", subscriberId: subscriber?.id });
    await suppress(db(), { address: email, reason: "bounce", now });
    await databaseWindows(db()).take({ name: "names", points: 9, seconds: 60 }, `account ${ada}`);
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  it("is in these tables, and gets all of it in one file", async () => {
    expect(await tablesWith([ada, "ada-lovelace"])).toEqual(
      "account comment mail moderation paper passed_over rate_window report run session sign_in submission subscriber vote".split(
        " ",
      ),
    );
    const file = await exportAccount(db(), ada, now);
    expect(file.mails_end_because).toBe("bounce");
    const lists = Object.entries(file).flatMap(([name, value]) =>
      Array.isArray(value) ? [`${name} ${value.length}`] : [],
    );
    expect(lists.toSorted().join(", ")).toBe(
      "comments 1, mail_subscription 1, mails 2, moderation_log 2, papers_in_the_feed 1, passed_over 1, reports 1, " +
        "runs 1, sessions 1, sign_in_links 1, submissions 2, votes 1",
    );
    expect(JSON.stringify(file)).not.toMatch(/token|hash/);
  });

  it("is nowhere when the account is deleted with all that hangs on it", async () => {
    await deleteAccount(db(), { accountId: ada, eraseComments: true, forgetSubscription: true, now });
    expect(await tablesWith([ada, "ada-lovelace"])).toEqual([]);
    // The keyed hash of an address that mails come back from stays: it says whether, not who.
    expect(await db().selectFrom("suppression").selectAll().execute()).toHaveLength(1);
    expect(await db().selectFrom("moderation").select("reason").orderBy("id").execute()).toContainEqual({
      reason: "a former reader asked",
    });
  });
});
