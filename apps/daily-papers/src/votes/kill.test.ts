import { spawn } from "node:child_process";
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
import { makeSeededFolder, testPostgres } from "../testing/databases.ts";
import { temporaryFolder } from "../testing/sites.ts";

const voter = fileURLToPath(new URL("../testing/vote-for-ever.ts", import.meta.url));

/** Votes in a process of its own that is killed in the middle of it, twice. */
async function killVoters(where: string, open: () => Promise<OpenDatabase>): Promise<void> {
  const first = await open();
  await migrate(first.db);
  await seed(first.db);
  for (let at = 0; at < 8; at += 1) await addAccount(first.db, `voter-${at}`);
  await first.close();
  for (let times = 0; times < 2; times += 1) {
    const child = spawn(
      process.execPath,
      ["--conditions=source", "--import", import.meta.resolve("tsx"), voter, where],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let acknowledged = 0;
    child.stdout.on("data", (lines: Buffer) => {
      acknowledged += lines.toString().split("\n").length - 1;
      if (acknowledged > 60 + 31 * times) child.kill("SIGKILL");
    });
    await once(child, "exit");
    expect(acknowledged).toBeGreaterThan(60);

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
    await close();
  }
}

describe("a process that is killed while readers vote", { timeout: 120_000 }, () => {
  const server = testPostgres();
  afterAll(server.stop);

  it("leaves counts that are the numbers of votes, in the embedded database", async () => {
    const data = temporaryFolder();
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    await killVoters(data.folder, () => openEmbeddedDatabase(data.folder));
    data.remove();
  });

  it.skipIf(server.missing !== undefined)("leaves counts that are the numbers of votes, in PostgreSQL", async () => {
    const { url, drop } = await server.newDatabase();
    await killVoters(url, async () => usePostgres(url));
    await drop();
  });
});
