import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { seed } from "../database/seed.ts";
import { hotness, sqlHotness } from "../papers/ranking.ts";
import { deleteAccount } from "../people/delete-account.ts";
import { addAccount } from "../testing/accounts.ts";
import { databaseKinds } from "../testing/databases.ts";
import { countWaitingVotes, papersOfNewAccounts } from "./new-accounts.ts";
import { castVote, votedPapers, withdrawVote } from "./vote.queries.ts";

const nfe = "2409.19977";
const now = new Date("2026-11-23T12:00:00Z");

describe.each(databaseKinds())("votes on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  const db = () => database.db;
  const paper = () =>
    db()
      .selectFrom("paper")
      .select(["votes", "hotness", "featured_at", "changed_at"])
      .where("id", "=", nfe)
      .executeTakeFirstOrThrow();
  /** Counts and ranks of all papers are what their rows say. */
  const expectCountsToBeRows = async () => {
    const rows = await db()
      .selectFrom("paper")
      .select(["votes", "votes_elsewhere", "featured_at", "hotness"])
      .select(sql<number>`(select count(*)::int from vote where paper_id = paper.id and counted)`.as("rows"))
      .execute();
    for (const row of rows) {
      expect(row.votes).toBe(row.rows);
      const facts = { votes: row.votes, votesElsewhere: row.votes_elsewhere, featuredAt: row.featured_at ?? undefined };
      expect(row.hotness).toBeCloseTo(hotness(facts), 9);
    }
  };

  beforeAll(async () => {
    database = await open();
    await seed(db());
  });
  afterEach(async () => {
    await expectCountsToBeRows();
    await db().deleteFrom("account").execute();
    await db().updateTable("paper").set({ votes: 0, votes_elsewhere: 0 }).execute();
    await db().updateTable("paper").set({ hotness: sqlHotness() }).execute();
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  it("counts a person once, however often they vote, and takes the vote back once", async () => {
    const accountId = await addAccount(db(), "ada");
    const vote = { accountId, paperId: nfe, now };
    const before = (await paper()).hotness;
    expect(await castVote(db(), vote)).toEqual({ voted: true, waits: false, votes: 1 });
    expect(await castVote(db(), vote)).toEqual({ voted: true, waits: false, votes: 1 });
    expect((await paper()).hotness).toBeGreaterThan(before);
    expect((await paper()).changed_at).toEqual(now);
    expect(await votedPapers(db(), accountId, [nfe, "2103.11790"])).toEqual(new Set([nfe]));
    expect(await withdrawVote(db(), vote)).toEqual({ voted: false, waits: false, votes: 0 });
    expect(await withdrawVote(db(), vote)).toEqual({ voted: false, waits: false, votes: 0 });
    expect((await paper()).hotness).toBe(before);
  });

  it("adds the votes that the paper has elsewhere to what it tells", async () => {
    await db()
      .updateTable("paper")
      .set({ votes_elsewhere: 40, hotness: sql`hotness + log(41::float8)` })
      .where("id", "=", nfe)
      .execute();
    expect(await castVote(db(), { accountId: await addAccount(db(), "ada"), paperId: nfe, now })).toEqual({
      voted: true,
      waits: false,
      votes: 41,
    });
  });

  it("knows when there is no such paper or no such person any more", async () => {
    const accountId = await addAccount(db(), "ada");
    expect(await castVote(db(), { accountId, paperId: "9999.99999", now })).toBeUndefined();
    expect(await castVote(db(), { accountId: "nobody000000", paperId: nfe, now })).toBeUndefined();
  });

  it("loses no vote of many that come at once, for one paper and for several", async () => {
    const voters = await Promise.all(Array.from({ length: 40 }, (_, at) => addAccount(db(), `voter-${at}`)));
    const papers = [nfe, "2309.12307", "2103.11790"];
    await Promise.all(
      voters.flatMap((accountId, at) => [
        ...papers.map((paperId) => castVote(db(), { accountId, paperId, now })),
        castVote(db(), { accountId, paperId: nfe, now }),
        ...(at % 4 === 0 ? [withdrawVote(db(), { accountId, paperId: papers[1] ?? "", now })] : []),
      ]),
    );
    expect((await paper()).votes).toBe(40);
  });

  it("counts the votes of new accounts a day later, but for those who left, took them back or were banned", async () => {
    const hour = 3_600_000;
    const names = ["new-0", "new-1", "new-2", "leaves", "regrets", "banned"];
    const ids = await Promise.all(names.map((name) => addAccount(db(), name, { createdAt: now })));
    const id = (name: string) => ids[names.indexOf(name)] ?? "";
    const before = await paper();
    for (const accountId of ids) {
      expect(await castVote(db(), { accountId, paperId: nfe, now })).toEqual({ voted: true, waits: true, votes: 0 });
    }
    expect(await paper()).toEqual(before);
    expect(await votedPapers(db(), id("new-0"), [nfe])).toEqual(new Set([nfe]));
    expect((await papersOfNewAccounts(db(), 9)).map((noted) => [noted.id, noted.voters.length])).toEqual([[nfe, 6]]);

    await deleteAccount(db(), { accountId: id("leaves"), eraseComments: false, now });
    expect(await withdrawVote(db(), { accountId: id("regrets"), paperId: nfe, now })).toMatchObject({ votes: 0 });
    await db().updateTable("account").set({ banned_at: now }).where("id", "=", id("banned")).execute();
    await countWaitingVotes(db(), { now: new Date(now.getTime() + 23 * hour) });
    expect(await paper()).toEqual(before);
    const later = new Date(now.getTime() + 24 * hour);
    await Promise.all([countWaitingVotes(db(), { now: later }), countWaitingVotes(db(), { now: later })]);
    expect(await paper()).toMatchObject({ votes: 3, changed_at: later });
    expect(await withdrawVote(db(), { accountId: id("new-1"), paperId: nfe, now: later })).toMatchObject({ votes: 2 });
    await deleteAccount(db(), { accountId: id("new-2"), eraseComments: false, now: later });
    expect((await paper()).votes).toBe(1);
    expect(await papersOfNewAccounts(db(), 9)).toEqual([]);
  });

  it("takes the votes of those who leave, while others vote", async () => {
    const voters = await Promise.all(Array.from({ length: 24 }, (_, at) => addAccount(db(), `voter-${at}`)));
    const papers = [nfe, "2309.12307", "2103.11790"];
    for (const accountId of voters.slice(0, 8)) {
      for (const paperId of papers) await castVote(db(), { accountId, paperId, now });
    }
    await Promise.all([
      ...voters.slice(0, 8).map((accountId) => deleteAccount(db(), { accountId, eraseComments: false, now })),
      ...voters
        .slice(8)
        .flatMap((accountId, at) =>
          [0, 1, 2].map((step) => castVote(db(), { accountId, paperId: papers[(at + step) % 3] ?? nfe, now })),
        ),
      ...voters.slice(0, 8).map((accountId) => castVote(db(), { accountId, paperId: nfe, now })),
    ]);
    expect((await paper()).votes).toBe(16);
  });
});
