import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import type { OpenDatabase } from "../database/database.ts";
import { JobWorker } from "../jobs/job.worker.ts";
import { enqueueJob } from "../jobs/jobs.ts";
import { upsertPapers } from "../papers/save-papers.ts";
import { openMigratedPglite } from "../testing/databases.ts";
import { groupedPapers, groupOf } from "../testing/grouped-papers.ts";
import { temporaryFolder } from "../testing/sites.ts";
import { changedTriples } from "./graph-folder.ts";
import { readGraph, triplesOf } from "./graph.ts";
import { currentGeneration, recommendationsFolder } from "./model-folder.ts";
import { pairsNear } from "./neighbour.queries.ts";
import { findNeighbours, learnGraph, recommendationHandlers } from "./recommendation.jobs.ts";

const whale = "2601.00001";
const now = () => new Date();

describe("learning the graph in the background", { timeout: 300_000 }, () => {
  const data = temporaryFolder();
  const { command } = readConfig({});
  const config = { dataFolder: data.folder, command };
  const errors: unknown[] = [];
  let database: OpenDatabase;
  const db = () => database.db;
  const never = new AbortController().signal;
  /** A command that does what a script says. */
  const script = (text: string) => {
    const path = join(data.folder, "command.mjs");
    writeFileSync(path, text);
    return { ...config, command: path };
  };
  const add = (count: number) =>
    db()
      .transaction()
      .execute((trx) => upsertPapers(trx, groupedPapers(count), { source: "import" }));

  beforeAll(async () => {
    database = await openMigratedPglite();
  });
  afterAll(async () => {
    await database.close();
    data.remove();
    expect(errors).toEqual([]);
  });

  it("does nothing for a handful of papers", async () => {
    await add(10);
    expect(await learnGraph(db(), config, never)).toBe(false);
    expect(await findNeighbours(db(), config, { all: true, signal: never, now })).toBe(false);
    expect(existsSync(recommendationsFolder(data.folder))).toBe(false);
  });

  it("trains NFE-1 with the real command, finds neighbours with it, and trains again only when enough changed", async () => {
    await add(60);
    const worker = new JobWorker({
      db: db(),
      handlers: recommendationHandlers(config, now),
      onError: (error) => errors.push(error),
    });
    await enqueueJob(db(), { name: "learn-graph", payload: {} });
    await worker.idle();
    await worker.stop();
    const jobs = await db().selectFrom("job").select(["name", "failed", "error"]).orderBy("id").execute();
    expect(jobs).toEqual([
      { name: "learn-graph", failed: false, error: null },
      { name: "find-neighbours", failed: false, error: null },
    ]);

    const generation = await currentGeneration(data.folder);
    expect(JSON.parse(readFileSync(join(generation?.model ?? "", "config.json"), "utf8"))).toMatchObject({
      config: { model: "nfe-1" },
    });
    const pairs = await pairsNear(db(), [whale]);
    const nearest = pairs.toSorted((a, b) => b.neighbour.closeness - a.neighbour.closeness).slice(0, 3);
    expect(nearest.map(({ neighbour }) => groupOf(neighbour.id))).toEqual([0, 0, 0]);
    expect(pairs.some(({ neighbour }) => neighbour.spread !== undefined)).toBe(true);

    expect(await changedTriples(generation?.graph ?? "", triplesOf(await readGraph(db())))).toBe(0);
    expect(await learnGraph(db(), config, never)).toBe(false);
    expect(await findNeighbours(db(), config, { all: false, signal: never, now })).toBe(false);
  });

  it("keeps the last good model when training fails or is cut short, and clears away what was begun", async () => {
    const before = await currentGeneration(data.folder);
    expect(before).toBeDefined();
    await add(120);
    const failing = script(`console.error("out of luck"); process.exit(3);`);
    await expect(learnGraph(db(), failing, never)).rejects.toThrow("offprint kge train: out of luck");
    expect(await currentGeneration(data.folder)).toEqual(before);

    const begun = join(data.folder, "begun");
    const slow = script(
      `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(begun)}, ""); setInterval(() => {}, 1000);`,
    );
    const abort = new AbortController();
    const training = learnGraph(db(), slow, abort.signal);
    const ended = expect(training).rejects.toThrow("the server stops");
    while (!existsSync(begun)) await new Promise((done) => setTimeout(done, 50));
    abort.abort(new Error("the server stops"));
    await ended;
    expect(await currentGeneration(data.folder)).toEqual(before);

    const succeeding = script("");
    expect(await learnGraph(db(), succeeding, never)).toBe(true);
    const after = await currentGeneration(data.folder);
    expect(after).not.toEqual(before);
    expect(readdirSync(recommendationsFolder(data.folder)).toSorted()).toEqual([
      "current",
      expect.stringMatching(/^generation-/),
    ]);
  });

  it("gives a child nothing of the server's environment", async () => {
    const seen = join(data.folder, "seen.json");
    const spying = script(
      `import { writeFileSync } from "node:fs";
       writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ env: process.env, words: process.argv }));
       process.exit(1);`,
    );
    process.env["DATABASE_URL_OF_THE_TEST"] = "postgres://secret";
    await expect(findNeighbours(db(), spying, { all: true, signal: never, now })).rejects.toThrow("papers neighbours");
    delete process.env["DATABASE_URL_OF_THE_TEST"];
    expect(readFileSync(seen, "utf8")).not.toContain("postgres://secret");
  });
});
