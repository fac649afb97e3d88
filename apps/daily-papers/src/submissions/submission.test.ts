import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { seed } from "../database/seed.ts";
import { feedOfDay } from "../feed/feed.queries.ts";
import { upsertPapers } from "../papers/save-papers.ts";
import { addAccount } from "../testing/accounts.ts";
import { databaseKinds } from "../testing/databases.ts";
import { isOldNews } from "./paper-age.ts";
import { endUnanswered } from "./submission.jobs.ts";
import { decideSubmission, settleSubmission, submissionsBy, submitPaper } from "./submission.queries.ts";

const now = new Date("2026-11-23T12:00:00Z");
const held = { state: "held", reason: "rated low", score: -0.5 } as const;
const paper = { title: "New", abstract: "What is new.", authors: ["A. Example"], publishedOn: "2026-11-20" };

describe.each(databaseKinds())("submissions on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  let ada: string;
  let grace: string;
  const db = () => database.db;
  const submit = (arxivId: string, accountId = ada, verdict?: typeof held) =>
    submitPaper(db(), { arxivId, accountId, verdict, now });
  const mine = () => submissionsBy(db(), ada, { most: 20, onlyFeatured: false });
  const jobs = () => db().selectFrom("job").select(["name", "payload"]).execute();
  const save = (id: string) =>
    db()
      .transaction()
      .execute((trx) => upsertPapers(trx, [{ ...paper, id }], { source: "arxiv", now }));
  const settle = (submissionId: string, found: boolean, verdict?: typeof held) =>
    db()
      .transaction()
      .execute((trx) => settleSubmission(trx, { submissionId, found, now, ...(verdict && { verdict }) }));

  beforeAll(async () => {
    database = await open();
    await seed(db());
  });
  beforeEach(async () => {
    ada = await addAccount(db(), "ada");
    grace = await addAccount(db(), "grace");
  });
  afterEach(async () => {
    for (const table of ["submission", "job", "account"] as const) await db().deleteFrom(table).execute();
    await db().deleteFrom("paper").where("id", "like", "2611.%").execute();
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  it("ask arXiv for an unknown paper, once, and put it into the feed of the day", async () => {
    expect(await submit("2611.00001")).toEqual({ outcome: "fetching" });
    expect(await submit("2611.00001", grace)).toEqual({ outcome: "waiting" });
    const [submission] = await mine();
    expect(await jobs()).toEqual([
      { name: "fetch-paper", payload: { submissionId: submission?.id, arxivId: "2611.00001" } },
    ]);
    await save("2611.00001");
    expect(await settle(submission?.id ?? "", true)).toBe("featured");
    expect(await settle(submission?.id ?? "", true)).toBeUndefined();
    const feed = await feedOfDay(db(), "2026-11-23");
    expect(feed?.papers.map(({ id, submittedBy }) => [id, submittedBy])).toEqual([["2611.00001", "ada"]]);
    expect(feed?.papers[0]?.hotness).toBeGreaterThan(0);
    expect(await submit("2611.00001", grace)).toEqual({ outcome: "in-feed", day: "2026-11-23" });
  });

  it("refuse what arXiv does not know, and take it again later", async () => {
    await submit("2611.00002");
    await settle((await mine())[0]?.id ?? "", false);
    expect(await mine()).toMatchObject([{ state: "refused", stateReason: "arXiv knows no paper of this id" }]);
    expect(await submit("2611.00002")).toEqual({ outcome: "fetching" });
  });

  it("enter the feed at once when the paper is known", async () => {
    await save("2611.00003");
    expect(await submit("2611.00003")).toEqual({ outcome: "featured" });
    expect((await feedOfDay(db(), "2026-11-23"))?.papers).toHaveLength(1);
    expect(await jobs()).toEqual([]);
  });

  it("wait for a moderator when their text is rated low", async () => {
    await save("2611.00004");
    expect(await submit("2611.00004", ada, held)).toEqual({ outcome: "held" });
    expect(await submit("2611.00004", grace)).toEqual({ outcome: "waiting" });
    await submit("2611.00005");
    await save("2611.00005");
    const [fetched] = (await mine()).filter((one) => one.paperId === "2611.00005");
    expect(await settle(fetched?.id ?? "", true, held)).toBe("held");
    expect((await feedOfDay(db(), "2026-11-23"))?.day).not.toBe("2026-11-23");
    const decide = (paperId: string, feature: boolean) =>
      db()
        .transaction()
        .execute(async (trx) => {
          const id = (await submissionOf(trx, paperId)) ?? "";
          return decideSubmission(trx, { id, feature, reason: "off topic", now });
        });
    expect(await decide("2611.00004", true)).toBe(true);
    expect(await decide("2611.00005", false)).toBe(true);
    expect(await decide("2611.00005", true)).toBe(false);
    expect((await feedOfDay(db(), "2026-11-23"))?.papers.map(({ id }) => id)).toEqual(["2611.00004"]);
  });

  it("are at most five a day, also when they come at once", async () => {
    const outcomes = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((n) => submit(`2611.1000${n}`)));
    expect(outcomes.filter(({ outcome }) => outcome === "fetching")).toHaveLength(5);
    expect(outcomes.filter(({ outcome }) => outcome === "too-many")).toHaveLength(2);
    expect(await submit("2611.10009", grace)).toEqual({ outcome: "fetching" });
  });

  it("end when nobody asks for their paper any more, and can be asked again without counting twice", async () => {
    for (const n of [1, 2, 3, 4, 5]) await submit(`2611.2000${n}`);
    expect(await endUnanswered(db(), now)).toBe(0);
    // One job was given up; arXiv puts another one off for more than a day.
    const first = (await mine()).find(({ paperId }) => paperId === "2611.20001");
    await db()
      .updateTable("job")
      .set({ finished_at: now, failed: true })
      .where("dedupe_key", "=", first?.id ?? "")
      .execute();
    expect(await endUnanswered(db(), now)).toBe(1);
    expect(await submit("2611.20009")).toEqual({ outcome: "too-many" });
    expect(await submit("2611.20001")).toEqual({ outcome: "fetching" });
    expect(await mine()).toHaveLength(5);
    expect(await jobs()).toHaveLength(6);
    const tomorrow = new Date(now.getTime() + 25 * 3_600_000);
    expect(await endUnanswered(db(), tomorrow)).toBe(5);
    expect(await mine()).toMatchObject(Array.from({ length: 5 }, () => ({ state: "unanswered" })));
    // An answer that comes after all changes nothing that its reader was told.
    const [late] = await mine();
    expect(await settle(late?.id ?? "", true)).toBeUndefined();
  });

  it("are one paper's when two people bring it at once", async () => {
    const outcomes = await Promise.all([submit("2611.00006"), submit("2611.00006", grace)]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(expect.arrayContaining(["fetching", "waiting"]));
  });
});

function submissionOf(trx: OpenDatabase["db"], paperId: string) {
  return trx
    .selectFrom("submission")
    .select("id")
    .where("paper_id", "=", paperId)
    .executeTakeFirst()
    .then((row) => row?.id);
}

describe("the age of a paper", () => {
  it("is told by its id once its month is certainly over", () => {
    expect(isOldNews("2611.00001", now)).toBe(false);
    expect(isOldNews("2610.00001", now)).toBe(true);
    expect(isOldNews("2610.00001", new Date("2026-11-14T00:00:00Z"))).toBe(false);
    expect(isOldNews("hep-th/9901001", now)).toBe(true);
    expect(isOldNews("2612.00001", now)).toBe(false);
  });
});
