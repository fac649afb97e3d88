import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEmbeddedDatabase, usePostgres, type OpenDatabase } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { enqueueJob } from "../jobs/jobs.ts";
import { makeSeededFolder, testPostgres } from "../testing/databases.ts";
import { answer, startRemoteServer, type RemoteServer } from "../testing/remote-server.ts";
import { temporaryFolder } from "../testing/sites.ts";

const ingestProcess = fileURLToPath(new URL("../testing/ingest-process.ts", import.meta.url));
const now = "2026-08-20T12:00:00Z";
const days = [13, 14, 15, 16, 17, 18, 19, 20].map((day) => `2026-08-${day}`);
const papersADay = 40;

/** The papers of a day, as Hugging Face sends them. */
function dayOf(day: string): unknown[] {
  return Array.from({ length: papersADay }, (_, index) => {
    const id = `2608.${day.slice(-2)}${String(index).padStart(3, "0")}`;
    return { paper: { id, title: id, summary: "S", authors: [{ name: "A" }], publishedAt: `${day}T00:00:00Z` } };
  });
}

describe("an ingest whose process is killed", { timeout: 600_000 }, () => {
  const server = testPostgres();
  let source: RemoteServer;
  beforeEach(async () => {
    source = await startRemoteServer((response, request) => {
      const day = new URL(request.url ?? "", "http://hf.test").searchParams.get("date") ?? "";
      setTimeout(() => answer(JSON.stringify(dayOf(day)), "application/json")(response, request), 60);
    });
  });
  afterEach(() => source.close());
  afterAll(server.stop);

  async function killIngest(where: string, open: () => Promise<OpenDatabase>): Promise<void> {
    const first = await open();
    await migrate(first.db);
    await enqueueJob(first.db, { name: "ingest-hugging-face", payload: {} });
    await first.close();
    /** Runs until the source was asked so often, then kills without a word; without it, to the end. */
    const run = async (asked = Infinity) => {
      const child = spawn(
        process.execPath,
        ["--conditions=source", "--import", import.meta.resolve("tsx"), ingestProcess, where, source.url, now],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      let said = "";
      child.stdout.on("data", (text: Buffer) => (said += text.toString()));
      const watch = setInterval(() => source.asked.length >= asked && child.kill("SIGKILL"), 2);
      await once(child, "exit");
      clearInterval(watch);
      return said;
    };
    for (const asked of [2, 6]) expect(await run(asked)).toBe("");
    expect(await run()).toBe("done\n");

    const { db, close } = await open();
    expect(await db.selectFrom("job").select(["failed", "error"]).execute()).toEqual([{ failed: false, error: null }]);
    const featured = await db
      .selectFrom("featured_paper")
      .selectAll()
      .where("day", ">=", days[0] ?? "")
      .where("day", "<=", days.at(-1) ?? "")
      .orderBy("day")
      .orderBy("position")
      .execute();
    expect(featured.map(({ day, paper_id }) => `${day} ${paper_id}`)).toEqual(
      days.flatMap((day) =>
        Array.from(
          { length: papersADay },
          (_, index) => `${day} 2608.${day.slice(-2)}${String(index).padStart(3, "0")}`,
        ),
      ),
    );
    await close();
  }

  it("goes on from the last whole day, and has each paper once, in the embedded database", async () => {
    const data = temporaryFolder();
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    await killIngest(data.folder, () => openEmbeddedDatabase(data.folder));
    data.remove();
  });

  it.skipIf(server.missing !== undefined)("goes on from the last whole day in PostgreSQL", async () => {
    const { url, drop } = await server.newDatabase();
    await killIngest(url, async () => usePostgres(url));
    await drop();
  });
});
