import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { feedOfDay } from "../feed/feed.queries.ts";
import { daysOfPaper, findPaper, papersOfDay } from "../papers/paper.queries.ts";
import {
  claimNextRun,
  findRun,
  finishRun,
  newestRuns,
  processesLeftBehind,
  queueRun,
  QueueFullError,
  rememberProcess,
  requestCancel,
  requeueInterrupted,
  requeueRun,
  runsAhead,
} from "../runs/run.queries.ts";
import type { Run } from "../runs/run.ts";
import { addAccount } from "../testing/accounts.ts";
import { databaseKinds } from "../testing/databases.ts";
import { temporaryFolder } from "../testing/sites.ts";
import { DatabaseUnusableError, openEmbeddedDatabase, openPostgres, type OpenDatabase } from "./database.ts";
import { migrate, MigrationError } from "./migrate.ts";
import { seed } from "./seed.ts";

const nfe = "2409.19977";
const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 12, minute));
const config = { model: "nfe-1", dimension: 128, learningRate: 0.01 };

describe.each(databaseKinds())("on $name", ({ missing, open, openEmpty, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  afterAll(stop);

  describe("migrations", () => {
    let database: OpenDatabase;
    beforeAll(async () => {
      database = await openEmpty();
    });
    afterAll(() => database.close());
    afterEach(() => sql.raw("drop schema public cascade; create schema public").execute(database.db));

    it("are applied once, in order, and known again", async () => {
      expect(await migrate(database.db)).toEqual(readdirSync(new URL("migrations/", import.meta.url)).toSorted());
      expect(await migrate(database.db)).toEqual([]);
    });

    it("leave nothing behind when one of them fails", async () => {
      const good = { name: "0001-good.sql", text: "create table a (id int); insert into a values (1);", checksum: "a" };
      const bad = { name: "0002-bad.sql", text: "create table b (id int); select no_such_thing;", checksum: "b" };
      await expect(migrate(database.db, [good, bad])).rejects.toThrow("no_such_thing");
      const tables = sql`select table_name from information_schema.tables where table_schema = 'public'`;
      expect((await tables.execute(database.db)).rows).toEqual([]);
    });

    it("refuse a database with a changed or an unknown migration, by name", async () => {
      const first = { name: "0001-first.sql", text: "create table first (id int)", checksum: "a" };
      await migrate(database.db, [first]);
      await expect(migrate(database.db, [{ ...first, checksum: "b" }])).rejects.toThrow("0001-first.sql was changed");
      await expect(migrate(database.db, [])).rejects.toThrow(MigrationError);
    });
  });

  describe("queries", () => {
    let database: OpenDatabase;
    beforeAll(async () => {
      database = await open();
      await seed(database.db);
    });
    afterAll(() => database.close());
    afterEach(() => sql`truncate run`.execute(database.db));

    const queue = (minute: number, maxWaiting = 5): Promise<Run> =>
      queueRun(database.db, {
        paperId: nfe,
        implementation: "knowledge-graph-embeddings",
        config,
        maxWaiting,
        now: at(minute),
      });
    const claim = (minute: number) => database.db.transaction().execute((trx) => claimNextRun(trx, at(minute)));

    it("seed once, and make the seed's papers run where they came from elsewhere", async () => {
      const paper = database.db.updateTable("paper").where("id", "=", nfe);
      await paper.set({ implementation: null, title: "As a source has it" }).execute();
      await seed(database.db);
      const seeded = { implementation: "knowledge-graph-embeddings", title: "As a source has it" };
      expect(await findPaper(database.db, nfe)).toMatchObject(seeded);
      expect((await papersOfDay(database.db, "2024-12-10")).map(({ id }) => id)).toEqual([
        "2103.11790",
        nfe,
        "2309.12307",
      ]);
    });

    it("give a paper with its authors in order and its day without a time zone", async () => {
      const paper = await findPaper(database.db, nfe);
      expect(paper?.authors).toEqual(["Changyi Xiao", "Xiangnan He", "Yixin Cao"]);
      expect(paper?.publishedOn).toBe("2024-09-30");
      expect(await daysOfPaper(database.db, nfe)).toEqual(["2024-12-10"]);
    });

    it("find no paper under an id that is none", async () => {
      for (const id of ["", "2409.1997", "2409.19977v1", "../etc/passwd", "2409.99999", "\u0000"]) {
        expect(await findPaper(database.db, id)).toBeUndefined();
      }
    });

    it("fall back to the day with papers before, and know the neighbours", async () => {
      await database.db
        .insertInto("featured_paper")
        .values([
          { day: "2024-12-09", paper_id: nfe, position: 0 },
          { day: "2024-12-13", paper_id: nfe, position: 0 },
        ])
        .execute();
      expect(await feedOfDay(database.db, "2024-12-12")).toMatchObject({
        day: "2024-12-10",
        earlier: "2024-12-09",
        later: "2024-12-13",
      });
      expect(await feedOfDay(database.db)).toMatchObject({ day: "2024-12-13", later: undefined });
      expect(await feedOfDay(database.db, "2024-12-08")).toBeUndefined();
      await database.db.deleteFrom("featured_paper").where("day", "<>", "2024-12-10").execute();
    });

    it("keep a run's config as it was given", async () => {
      const run = await queue(0);
      expect(await findRun(database.db, run.id)).toMatchObject({
        config,
        status: "queued",
        attempts: 0,
        queuedAt: at(0),
      });
      expect(await findRun(database.db, "../../passwd")).toBeUndefined();
    });

    it("claim runs in the order of the queue, each once", async () => {
      const [first, second] = [await queue(0), await queue(1)];
      expect(await runsAhead(database.db, second)).toBe(1);
      expect(await claim(2)).toMatchObject({ id: first.id, status: "running", attempts: 1, startedAt: at(2) });
      expect((await claim(3))?.id).toBe(second.id);
      expect(await claim(4)).toBeUndefined();
    });

    it("let at most so many wait", async () => {
      await queue(0, 2);
      const last = await queue(1, 2);
      await expect(queue(2, 2)).rejects.toThrow(QueueFullError);
      await claim(3);
      await queue(4, 2);
      await requestCancel(database.db, last.id, at(5));
      await queue(6, 2);
      await expect(requeueRun(database.db, { id: last.id, maxWaiting: 2, now: at(7) })).rejects.toThrow("2 runs wait");
    });

    it("let at most so many of one reader's runs wait or work, however they come at once", async () => {
      const accountId = await addAccount(database.db, "ada");
      const start = () =>
        queueRun(database.db, {
          paperId: nfe,
          implementation: "knowledge-graph-embeddings",
          config,
          maxWaiting: 5,
          accountId,
          mostOpen: 2,
          now: at(0),
        });
      const started = await Promise.allSettled([start(), start(), start(), start()]);
      expect(started.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
      await claim(1);
      await expect(start()).rejects.toThrow("2 runs of yours wait or work already");
      expect((await queue(2)).accountId).toBeUndefined();
    });

    it("cancel what waits, note the wish for what runs, and leave the rest alone", async () => {
      const [running, waiting] = [await queue(0), await queue(1)];
      await claim(2);
      expect(await requestCancel(database.db, waiting.id, at(3))).toMatchObject({
        status: "cancelled",
        finishedAt: at(3),
      });
      expect(await requestCancel(database.db, waiting.id, at(4))).toMatchObject({
        status: "cancelled",
        finishedAt: at(3),
      });
      expect(await requestCancel(database.db, running.id, at(5))).toMatchObject({
        status: "running",
        cancelRequested: true,
      });
      await finishRun(database.db, running.id, { status: "completed", metrics: { mrr: 0.4 } }, at(6));
      expect(await requestCancel(database.db, running.id, at(7))).toMatchObject({
        status: "completed",
        metrics: { mrr: 0.4 },
      });
      expect(await requestCancel(database.db, "aaaaaaaaaaaa", at(8))).toBeUndefined();
    });

    it("put back what was stopped, and never what is done", async () => {
      const run = await queue(0);
      await claim(1);
      await finishRun(database.db, run.id, { status: "failed", error: "no memory" }, at(2));
      await requeueRun(database.db, { id: run.id, maxWaiting: 5, now: at(3) });
      expect(await findRun(database.db, run.id)).toMatchObject({ status: "queued", error: undefined, queuedAt: at(3) });
      expect(await claim(4)).toMatchObject({ attempts: 2, startedAt: at(1) });
      await finishRun(database.db, run.id, { status: "completed", metrics: {} }, at(5));
      await requeueRun(database.db, { id: run.id, maxWaiting: 5, now: at(6) });
      expect((await findRun(database.db, run.id))?.status).toBe("completed");
    });

    it("name the processes that a dead server left, and continue interrupted runs so many times", async () => {
      const [often, once] = [await queue(0), await queue(1)];
      await claim(2);
      await rememberProcess(database.db, often.id, { pid: 4711, started: "then" });
      expect(await processesLeftBehind(database.db)).toEqual([{ id: often.id, pid: 4711, started: "then" }]);
      await finishRun(database.db, often.id, { status: "interrupted", error: "the server stopped" }, at(3));
      await requeueInterrupted(database.db, 2);
      expect((await claim(4))?.id).toBe(often.id);
      await finishRun(database.db, often.id, { status: "interrupted" }, at(5));
      await requeueInterrupted(database.db, 2);
      expect((await findRun(database.db, often.id))?.status).toBe("interrupted");
      expect((await claim(6))?.id).toBe(once.id);
      expect(await processesLeftBehind(database.db)).toEqual([{ id: once.id, pid: undefined, started: undefined }]);
    });

    it("list the newest runs first", async () => {
      const runs = [await queue(0), await queue(2), await queue(1)];
      expect((await newestRuns(database.db, { most: 2 })).map(({ id }) => id)).toEqual([runs[1]?.id, runs[2]?.id]);
      expect(await newestRuns(database.db, { paperId: "2309.12307", most: 5 })).toEqual([]);
    });
  });
});

it("tells of an embedded database that is damaged, and of a server that cannot be reached, without its password", async () => {
  const data = temporaryFolder();
  mkdirSync(join(data.folder, "database"));
  writeFileSync(join(data.folder, "database", "PG_VERSION"), "18\n");
  await expect(openEmbeddedDatabase(data.folder)).rejects.toThrow(DatabaseUnusableError);
  data.remove();
  const attempt = openPostgres("postgres://someone:secret@127.0.0.1:1/none");
  await expect(attempt).rejects.toThrow("the database of DATABASE_URL cannot be reached: connect ECONNREFUSED");
  await expect(attempt).rejects.not.toThrow("secret");
});
