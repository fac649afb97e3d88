import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { seed } from "../database/seed.ts";
import { openMigratedPglite } from "../testing/databases.ts";
import { fakeCommand, temporaryFolder } from "../testing/sites.ts";
import { trainWords } from "./knowledge-graph/command-line.ts";
import { settingsSchema } from "./knowledge-graph/settings.ts";
import { readProgress } from "./run.progress.ts";
import { findRun, queueRun, requeueRun } from "./run.queries.ts";
import { metricsFile, RunWorker, runFolder } from "./run.worker.ts";
import type { Run } from "./run.ts";

const settings = {
  dataset: "wordnet",
  model: "nfe-1",
  loss: "by-graph",
  dimension: 8,
  epochs: 2,
  learningRate: 0.001,
  gamma: 3,
  batchSize: 64,
  decay: 0.98,
  seed: 0,
};

describe("a worker", () => {
  let database: OpenDatabase;
  let worker: RunWorker;
  let data: ReturnType<typeof temporaryFolder>;
  const errors: unknown[] = [];

  const newWorker = (graceMs = 5_000) =>
    new RunWorker({
      db: database.db,
      dataFolder: data.folder,
      command: fakeCommand,
      wordsOf: (run) => trainWords(settingsSchema.parse(run.config), data.folder),
      onError: (error) => errors.push(error),
      graceMs,
    });
  const queue = (changes: Partial<typeof settings> = {}) =>
    queueRun(database.db, {
      paperId: "2409.19977",
      implementation: "knowledge-graph-embeddings",
      config: { ...settings, ...changes },
      maxWaiting: 10,
      now: new Date(),
    });
  const runNow = async (id: string): Promise<Run> => {
    const run = await findRun(database.db, id);
    if (run === undefined) throw new Error(`there is no run ${id}`);
    return run;
  };
  /** Waits until the run is as wanted, at each news of it. */
  const until = async (id: string, wanted: (run: Run) => boolean): Promise<Run> => {
    let wake: (() => void) | undefined;
    const unwatch = worker.watch(id, () => wake?.());
    for (;;) {
      const news = new Promise<void>((resolve) => (wake = resolve));
      const run = await runNow(id);
      if (wanted(run)) {
        unwatch();
        return run;
      }
      await news;
    }
  };
  const untilStep = (id: string, step: number) => until(id, () => (worker.live(id)?.progress.last?.step ?? 0) >= step);
  const untilRest = (id: string) => until(id, (run) => run.status !== "queued" && run.status !== "running");
  const progressOf = (id: string) => readProgress(metricsFile(runFolder(data.folder, id)));

  beforeAll(async () => {
    database = await openMigratedPglite();
    await seed(database.db);
  });
  beforeEach(() => {
    data = temporaryFolder();
    worker = newWorker();
  });
  afterEach(async () => {
    await worker.stop();
    await sql`truncate run`.execute(database.db);
    data.remove();
    expect(errors.splice(0)).toEqual([]);
  });
  afterAll(() => database.close());

  it("runs the command and keeps its numbers", async () => {
    const { id } = await queue();
    await worker.start();
    const run = await untilRest(id);
    expect(run).toMatchObject({ status: "completed", attempts: 1, error: undefined });
    expect(run.metrics?.["mrr"]).toBeCloseTo(0.45 * (1 - Math.exp(-1 / 0.3)), 6);
    const progress = await progressOf(id);
    expect(progress.losses).toHaveLength(20);
    expect(progress.curve("mrr", "valid").map(({ x }) => x)).toEqual([10, 20]);
  });

  it("runs one at a time, in the order of the queue", async () => {
    const [first, second] = [await queue({ epochs: 1 }), await queue({ epochs: 1 })];
    await worker.start();
    await untilStep(first.id, 1);
    expect((await runNow(second.id)).status).toBe("queued");
    await untilRest(first.id);
    expect((await untilRest(second.id)).status).toBe("completed");
  });

  it("cancels a run once however often it is asked, keeps its checkpoint and resumes from it", async () => {
    const { id } = await queue({ epochs: 50, learningRate: 0.02 });
    await worker.start();
    await untilStep(id, 12);
    await Promise.all([worker.cancel(id), worker.cancel(id)]);
    expect(await untilRest(id)).toMatchObject({ status: "cancelled", error: undefined });
    await worker.cancel(id);
    expect((await runNow(id)).status).toBe("cancelled");
    const stoppedAt = (await progressOf(id)).last?.step ?? 0;
    expect(stoppedAt).toBeGreaterThanOrEqual(12);

    await requeueRun(database.db, { id, maxWaiting: 5, now: new Date() });
    worker.wake();
    await untilStep(id, stoppedAt + 1);
    expect((await runNow(id)).attempts).toBe(2);
    const steps = (await progressOf(id)).losses.map(({ x }) => x);
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, index) => index + 1));
  });

  it("cancels a run that waits without starting it", async () => {
    const { id } = await queue();
    await worker.cancel(id);
    await worker.start();
    await worker.stop();
    expect(await runNow(id)).toMatchObject({ status: "cancelled", attempts: 0 });
    expect(existsSync(runFolder(data.folder, id))).toBe(false);
  });

  it("kills a run that does not heed the wish to stop", async () => {
    worker = newWorker(300);
    const { id } = await queue({ seed: 16, epochs: 50, learningRate: 0.02 });
    await worker.start();
    await untilStep(id, 1);
    await worker.cancel(id);
    expect((await untilRest(id)).status).toBe("cancelled");
  });

  it.each([
    { seed: 13, says: "the loss is NaN at step 10", why: "what the finished event says" },
    { seed: 14, says: "train.tsv, line 3: wanted 3 columns, got 2", why: "the last line of stderr" },
    { seed: 15, says: "its process was killed from outside, as systems do when memory runs out", why: "the signal" },
  ])("tells of a failed run $why", async ({ seed: behaviour, says }) => {
    const { id } = await queue({ seed: behaviour });
    await worker.start();
    expect(await untilRest(id)).toMatchObject({ status: "failed", error: says });
  });

  it("passes over output that is no event, however long", async () => {
    const { id } = await queue({ seed: 17 });
    await worker.start();
    expect((await untilRest(id)).status).toBe("completed");
  });

  it("interrupts the run when it stops, and the next worker goes on with it", async () => {
    const { id } = await queue({ epochs: 20, learningRate: 0.02 });
    await worker.start();
    await untilStep(id, 5);
    await worker.stop();
    expect(await runNow(id)).toMatchObject({ status: "interrupted", error: "the server stopped" });
    worker = newWorker();
    await worker.start();
    await untilStep(id, 20);
    expect((await runNow(id)).attempts).toBe(2);
  });

  it("goes on by itself twice, then waits for a reader", async () => {
    const { id } = await queue({ epochs: 50, learningRate: 0.02 });
    for (const attempt of [1, 2, 3]) {
      await worker.start();
      await untilStep(id, 1);
      expect((await runNow(id)).attempts).toBe(attempt);
      await worker.stop();
      worker = newWorker();
    }
    await worker.start();
    expect((await runNow(id)).status).toBe("interrupted");
  });

  it("begins afresh when a run left no checkpoint", async () => {
    const { id } = await queue({ seed: 14 });
    await worker.start();
    await untilRest(id);
    await requeueRun(database.db, { id, maxWaiting: 5, now: new Date() });
    worker.wake();
    expect(await until(id, (run) => run.attempts === 2 && run.status === "failed")).toMatchObject({ status: "failed" });
  });

  it("gives a run no secret of the server", async () => {
    process.env["DATABASE_URL"] = "postgres://someone:secret@host/db";
    const { id } = await queue({ epochs: 20, learningRate: 0.05 });
    await worker.start();
    await untilStep(id, 1);
    const { rows } = await sql<{ process_id: number }>`select process_id from run`.execute(database.db);
    const environment = join("/proc", String(rows[0]?.process_id), "environ");
    if (existsSync(environment)) expect(readFileSync(environment, "utf8")).not.toContain("secret");
    delete process.env["DATABASE_URL"];
  });
});
