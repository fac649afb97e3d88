import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { upsertPapers } from "../papers/save-papers.ts";
import { addAccount } from "../testing/accounts.ts";
import { databaseKinds } from "../testing/databases.ts";
import { groupedPapers, groupOf } from "../testing/grouped-papers.ts";
import { castVote } from "../votes/vote.queries.ts";
import { letBack, papersFor, passOver } from "./for-you.queries.ts";
import { leastLikes, readGraph, type GraphPaper } from "./graph.ts";
import { NearestPapers } from "./nearest.ts";
import { toStored } from "./neighbour.ts";
import { lacksNeighbours, pairsNear, saveNeighbours } from "./neighbour.queries.ts";
import { similarPapers } from "./similar-papers.ts";

const now = new Date("2026-11-23T12:00:00Z");
const whale = "2601.00001";

describe.each(databaseKinds())("papers for a reader on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  const db = () => database.db;
  const vote = (accountId: string, paperId: string) => castVote(db(), { accountId, paperId, now });
  const findNeighbours = async (papers: readonly GraphPaper[]) => {
    const nearest = new NearestPapers(papers);
    const found = papers.map(({ id }, index) => ({ id, neighbours: nearest.of(index, 4).map(toStored) }));
    await saveNeighbours(db(), found, now);
  };

  beforeAll(async () => {
    database = await open();
    await db()
      .transaction()
      .execute((trx) => upsertPapers(trx, groupedPapers(), { source: "import" }));
  }, 60_000);
  beforeEach(async () => {
    await db().deleteFrom("paper_neighbours").execute();
    await db().deleteFrom("account").execute();
    await db().updateTable("paper").set({ votes: 0, withdrawn_at: null }).execute();
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  it("reads the graph, with votes only where several readers like a paper, and without their ids", async () => {
    const readers = await Promise.all(["ada", "bob", "cyd"].map((name) => addAccount(db(), name)));
    for (const reader of readers.slice(1)) await vote(reader, whale);
    expect((await readGraph(db())).likes).toEqual([]);
    await vote(readers[0] ?? "", whale);
    const { papers, likes } = await readGraph(db());
    expect(papers).toHaveLength(60);
    expect(papers[0]?.id).toBe("2601.00051");
    expect(likes).toHaveLength(leastLikes);
    for (const { reader } of likes) expect(readers).not.toContain(reader);
    expect(await readGraph(db())).toEqual({ papers, likes });
    expect((await readGraph(db(), 7)).papers).toHaveLength(7);
  });

  it("falls back to what stands in the papers until neighbours are known, and uses these then", async () => {
    expect(await lacksNeighbours(db(), 100)).toBe(true);
    const before = await similarPapers(db(), whale, 4);
    expect(before.map(({ id }) => groupOf(id))).toEqual([0, 0, 0, 0]);
    await findNeighbours((await readGraph(db())).papers);
    expect(await lacksNeighbours(db(), 100)).toBe(false);
    const after = await similarPapers(db(), whale, 4);
    expect(after.map(({ id }) => groupOf(id))).toEqual([0, 0, 0, 0]);
    expect(after[0]?.reason).toMatch(/^Also by /);
    expect(await similarPapers(db(), "2601.99999", 4)).toEqual([]);
  });

  it("finds a new paper from an old one, and passes over what is withdrawn or gone", async () => {
    const { papers } = await readGraph(db());
    const nearest = new NearestPapers(papers);
    const index = papers.findIndex(({ id }) => id === "2601.00051");
    await saveNeighbours(db(), [{ id: "2601.00051", neighbours: nearest.of(index, 5).map(toStored) }], now);
    const reverse = await pairsNear(db(), [whale]);
    expect(reverse.map(({ from, neighbour }) => [from, neighbour.id])).toEqual([[whale, "2601.00051"]]);
    await db().updateTable("paper").set({ withdrawn_at: now }).where("id", "=", "2601.00051").execute();
    expect((await similarPapers(db(), whale, 4)).map(({ id }) => id)).not.toContain("2601.00051");
    await saveNeighbours(db(), [{ id: "2699.00001", neighbours: [] }], now);
    expect(await db().selectFrom("paper_neighbours").select("paper_id").execute()).toHaveLength(1);
  });

  it("writes neighbours again only where they changed", async () => {
    const { papers } = await readGraph(db());
    await findNeighbours(papers);
    const later = new Date(now.getTime() + 60_000);
    const nearest = new NearestPapers(papers);
    const one = (most: number) => [
      {
        id: whale,
        neighbours: nearest
          .of(
            papers.findIndex(({ id }) => id === whale),
            most,
          )
          .map(toStored),
      },
    ];
    const madeAt = async () =>
      (
        await db()
          .selectFrom("paper_neighbours")
          .select("made_at")
          .where("paper_id", "=", whale)
          .executeTakeFirstOrThrow()
      ).made_at;
    await saveNeighbours(db(), one(4), later);
    expect(await madeAt()).toEqual(now);
    await saveNeighbours(db(), one(3), later);
    expect(await madeAt()).toEqual(later);
  });

  it.each(["neighbours", "words"])("recommends by %s what is near the votes, with the way there", async (by) => {
    if (by === "neighbours") await findNeighbours((await readGraph(db())).papers);
    const ada = await addAccount(db(), "ada");
    expect(await papersFor(db(), ada, 10)).toEqual({ votes: 0, papers: [] });
    await vote(ada, whale);
    await vote(ada, "2601.00011");
    const forAda = await papersFor(db(), ada, 4);
    expect(forAda.votes).toBe(2);
    expect(forAda.papers.map(({ paper }) => groupOf(paper.id))).toEqual([0, 0, 0, 0]);
    const ids = forAda.papers.map(({ paper }) => paper.id);
    expect(ids).not.toContain(whale);
    expect(ids).not.toContain("2601.00011");
    for (const { votedFor, link, nearTo } of forAda.papers) {
      expect([whale, "2601.00011"]).toContain(votedFor.id);
      expect(link).not.toBe("");
      expect(nearTo).toBeGreaterThan(0);
    }
    expect(await papersFor(db(), ada, 4)).toEqual(forAda);
  });

  it("keeps away what a reader passes over, for that reader alone, until it is let back", async () => {
    await findNeighbours((await readGraph(db())).papers);
    const [ada, bob] = [await addAccount(db(), "ada"), await addAccount(db(), "bob")];
    for (const reader of [ada, bob]) await vote(reader, whale);
    const ids = async (reader: string) => (await papersFor(db(), reader, 3)).papers.map(({ paper }) => paper.id);
    const before = await ids(ada);
    const unwanted = before[0] ?? "";
    for (let times = 0; times < 2; times++) await passOver(db(), { accountId: ada, paperId: unwanted, now });
    await passOver(db(), { accountId: ada, paperId: "2699.00001", now });
    expect(await ids(ada)).not.toContain(unwanted);
    expect(await ids(bob)).toEqual(before);
    await letBack(db(), bob, unwanted);
    expect(await ids(ada)).not.toContain(unwanted);
    await letBack(db(), ada, unwanted);
    expect(await ids(ada)).toEqual(before);
  });

  it("shows a reader nothing of another's votes", async () => {
    await findNeighbours((await readGraph(db())).papers);
    const [ada, bob] = [await addAccount(db(), "ada"), await addAccount(db(), "bob")];
    await vote(ada, whale);
    const ids = ({ papers }: Awaited<ReturnType<typeof papersFor>>) => papers.map(({ paper }) => paper.id);
    const alone = ids(await papersFor(db(), ada, 5));
    await vote(bob, whale);
    await vote(bob, "2601.00002");
    await findNeighbours((await readGraph(db())).papers);
    const forAda = await papersFor(db(), ada, 5);
    expect(ids(forAda)).toEqual(alone);
    expect(new Set(forAda.papers.map(({ votedFor }) => votedFor.id))).toEqual(new Set([whale]));
  });
});
