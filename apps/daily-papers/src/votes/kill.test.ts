import { spawn, type ChildProcess } from "node:child_process";
import { cpSync } from "node:fs";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { openEmbeddedDatabase, usePostgres, type OpenDatabase } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { seed } from "../database/seed.ts";
import { hotness } from "../papers/ranking.ts";
import { addAccount } from "../testing/accounts.ts";
import { installedPostgres, makeSeededFolder, startPostgres, testPostgres } from "../testing/databases.ts";
import { temporaryFolder } from "../testing/sites.ts";

const installed = installedPostgres();
const voter = fileURLToPath(new URL("../testing/vote-for-ever.ts", import.meta.url));

/** Votes in a process of its own that is killed in the middle of it, twice; or whose database is. */
async function killVoters(
  where: string,
  open: () => Promise<OpenDatabase>,
  strike: (child: ChildProcess) => unknown = (child) => child.kill("SIGKILL"),
): Promise<void> {
  const first = await open();
  await migrate(first.db);
  await seed(first.db);
  for (let at = 0; at < 8; at += 1) await addAccount(first.db, `voter-${at}`);
  await first.close();
  for (let times = 0; times < 2; times += 1) {
    const child = spawn(
      process.execPath,
      ["--conditions=source", "--import", import.meta.resolve("tsx"), voter, where],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    let told = "";
    let struck: unknown;
    const acknowledged = () => told.split("\n").slice(0, -1);
    child.stdout.on("data", (lines: Buffer) => {
      told += lines.toString();
      if (acknowledged().length > 60 + 31 * times) struck ??= strike(child);
    });
    await once(child.stdout, "close");
    await struck;
    expect(acknowledged().length).toBeGreaterThan(60);

    const { db, close } = await open();
    const rows = await db
      .selectFrom("paper")
      .select(["votes", "votes_elsewhere", "featured_at", "hotness"])
      .select(sql<number>`(select count(*)::int from vote where paper_id = paper.id)`.as("rows"))
      .execute();
    for (const row of rows) {
      expect(row.votes).toBe(row.rows);
      const facts = { votes: row.votes, votesElsewhere: row.votes_elsewhere, featuredAt: row.featured_at ?? undefined };
      expect(row.hotness).toBeCloseTo(hotness(facts), 9);
    }
    // What was acknowledged last holds, but for the one change of an account that was under way.
    const wanted = new Map(acknowledged().map((line) => [line.replace(/ \w+$/, ""), line.endsWith(" on")]));
    const votes = await db.selectFrom("vote").select(["account_id", "paper_id"]).execute();
    const given = new Set(votes.map((vote) => `${vote.account_id} ${vote.paper_id}`));
    const others = [...wanted].filter(([key, on]) => given.has(key) !== on).map(([key]) => key.split(" ")[0]);
    expect(new Set(others).size).toBe(others.length);
    await close();
  }
}

describe("a process that is killed while readers vote", { timeout: 300_000 }, () => {
  const server = testPostgres();
  afterAll(server.stop);

  it("keeps every acknowledged vote, and counts that are the numbers of votes, in the embedded database", async () => {
    const data = temporaryFolder();
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    await killVoters(data.folder, () => openEmbeddedDatabase(data.folder));
    data.remove();
  });

  it.skipIf(server.missing !== undefined)(
    "keeps every acknowledged vote, and counts that are the numbers of votes, in PostgreSQL",
    async () => {
      const { url, drop } = await server.newDatabase();
      await killVoters(url, async () => usePostgres(url));
      await drop();
    },
  );

  it.skipIf(installed === undefined)("keeps every acknowledged vote when PostgreSQL itself starts anew", async () => {
    const postgres = await startPostgres(installed ?? "");
    const open = async () => usePostgres(postgres.url);
    await killVoters(postgres.url, open, () => postgres.restart());
    await postgres.stop();
  });
});
