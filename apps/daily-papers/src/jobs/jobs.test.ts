import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { OpenDatabase } from "../database/database.ts";
import { databaseKinds } from "../testing/databases.ts";
import { backoffMs } from "./backoff.ts";
import { jobHandler, type JobHandlers } from "./job-handler.ts";
import {
  cancelJob,
  claimJob,
  countJobs,
  finishJob,
  forgetJobs,
  newestJobs,
  renewLease,
  retryJob,
} from "./job.queries.ts";
import { JobWorker, type JobWorkerOptions } from "./job.worker.ts";
import { enqueueJob, GiveUpError, RetryLaterError } from "./jobs.ts";
import { beginDueJobs, lastDue } from "./schedule.ts";

const start = new Date("2026-11-23T08:00:00Z");
const minute = 60_000;
const after = (minutes: number) => new Date(start.getTime() + minutes * minute);

describe.each(databaseKinds())("the queue of jobs on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  let now = start;
  let workers: JobWorker[] = [];
  let errors: unknown[] = [];

  beforeAll(async () => {
    database = await open();
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    workers = [];
    now = start;
    errors = [];
    await sql`truncate job, schedule`.execute(database.db);
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  const worker = (handlers: JobHandlers, options: Partial<JobWorkerOptions> = {}) => {
    const made = new JobWorker({
      db: database.db,
      handlers,
      onError: (error) => errors.push(error),
      now: () => now,
      random: () => 0,
      graceMs: 200,
      ...options,
    });
    workers.push(made);
    return made;
  };
  const add = (name: string, number: number, more = {}) =>
    enqueueJob(database.db, { name, payload: { number }, now, ...more });
  const numbers = (done: number[]): JobHandlers => ({
    count: jobHandler({
      schema: z.object({ number: z.number() }),
      handle: async ({ number }) => void done.push(number),
    }),
  });

  it("does each job once, in order, though several workers share them", async () => {
    for (let number = 0; number < 20; number += 1) await add("count", number);
    const done: number[] = [];
    await Promise.all([worker(numbers(done)), worker(numbers(done)), worker(numbers(done))].map((one) => one.idle()));
    expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, number) => number));
    expect(await countJobs(database.db, now)).toEqual([
      { name: "count", waiting: 0, running: 0, failed: 0, dueSince: undefined },
    ]);
  });

  it("adds no second job with a key while the first is unfinished, and none of a transaction that is rolled back", async () => {
    expect(await add("count", 1, { dedupeKey: "one" })).toBeDefined();
    expect(await add("count", 2, { dedupeKey: "one" })).toBeUndefined();
    expect(await add("other", 2, { dedupeKey: "one" })).toBeDefined();
    const rolledBack = database.db.transaction().execute(async (trx) => {
      await enqueueJob(trx, { name: "count", payload: { number: 9 }, now });
      throw new Error("rolled back");
    });
    await expect(rolledBack).rejects.toThrow("rolled back");
    const done: number[] = [];
    await worker(numbers(done)).idle();
    expect(done).toEqual([1]);
    expect(await add("count", 3, { dedupeKey: "one" })).toBeDefined();
  });

  it("is woken by a job that this process adds, in a transaction too", async () => {
    const done: number[] = [];
    worker(numbers(done), { pollMs: 3_600_000 }).start();
    await add("count", 1);
    await expect.poll(() => done).toEqual([1]);
    await database.db.transaction().execute(async (trx) => {
      await enqueueJob(trx, { name: "count", payload: { number: 2 }, now });
      await new Promise((wait) => setTimeout(wait, 20));
    });
    await expect.poll(() => done).toEqual([1, 2]);
  });

  it("tries a job that failed again, ever later, and gives up in the end", async () => {
    await add("fails", 1, { mostAttempts: 3 });
    let tries = 0;
    const handlers = {
      fails: jobHandler({
        schema: z.unknown(),
        async handle() {
          tries += 1;
          throw new Error(`failure ${tries}`);
        },
      }),
    };
    const one = worker(handlers);
    await one.idle();
    expect(await newestJobs(database.db, 1)).toMatchObject([
      { attempts: 1, error: "failure 1", runAfter: after(0.25) },
    ]);
    await one.idle();
    expect(tries).toBe(1);
    now = after(1);
    await one.idle();
    now = after(10);
    await one.idle();
    const [job] = await newestJobs(database.db, 1);
    expect(job).toMatchObject({ attempts: 3, failed: true, finishedAt: after(10), error: "failure 3" });
    expect(errors).toHaveLength(1);
    expect(await retryJob(database.db, job?.id ?? "", now)).toBe(true);
    await one.idle();
    expect(tries).toBe(4);
  });

  it("gives up at once when a handler says so, or when the payload cannot be read", async () => {
    await add("hopeless", 1);
    await enqueueJob(database.db, { name: "count", payload: { number: "one" }, now });
    const handlers = {
      ...numbers([]),
      hopeless: jobHandler({
        schema: z.unknown(),
        async handle() {
          throw new GiveUpError("there is no such paper");
        },
      }),
    };
    await worker(handlers).idle();
    expect((await newestJobs(database.db, 2)).map(({ failed, attempts }) => [failed, attempts])).toEqual([
      [true, 1],
      [true, 1],
    ]);
  });

  it("waits as long as a service asks, without counting it as a failure", async () => {
    await add("asked", 1, { mostAttempts: 1 });
    let tries = 0;
    const handlers = {
      asked: jobHandler({
        schema: z.unknown(),
        async handle() {
          tries += 1;
          if (tries < 3) throw new RetryLaterError(new Date(now.getTime() + minute), "503, Retry-After: 60");
        },
      }),
    };
    const one = worker(handlers);
    await one.idle();
    now = after(2);
    await one.idle();
    now = after(4);
    await one.idle();
    expect(tries).toBe(3);
    expect(await newestJobs(database.db, 1)).toMatchObject([{ failed: false, finishedAt: after(4) }]);
  });

  it("gives a dead worker's job to another when its lease is over, and not before", async () => {
    await add("count", 7);
    const dead = await claimJob(database.db, { names: ["count"], now, until: after(1) });
    const done: number[] = [];
    const one = worker(numbers(done));
    await one.idle();
    expect(done).toEqual([]);
    now = after(2);
    await one.idle();
    expect(done).toEqual([7]);
    // The dead one was only slow: what it says now counts no more.
    expect(await renewLease(database.db, dead ?? { id: "0", attempts: 0 }, after(9))).toBe(false);
    expect(await finishJob(database.db, dead ?? { id: "0", attempts: 0 }, { now, error: "late" })).toBe(false);
  });

  it("does not begin for ever what kills each worker", async () => {
    await add("count", 7, { mostAttempts: 2 });
    for (const minutes of [0, 2])
      await claimJob(database.db, { names: ["count"], now: after(minutes), until: after(minutes + 1) });
    now = after(10);
    const done: number[] = [];
    await worker(numbers(done)).idle();
    expect(done).toEqual([]);
    expect(await newestJobs(database.db, 1)).toMatchObject([{ failed: true }]);
  });

  it("tells a handler that the server stops, and puts its job back", async () => {
    await add("long", 1);
    let reason: unknown;
    const handlers = {
      long: jobHandler({
        schema: z.unknown(),
        handle: (_payload, { signal }) =>
          new Promise<void>((_, reject) => {
            signal.addEventListener("abort", () => {
              reason = signal.reason;
              reject(new Error("ended"));
            });
          }),
      }),
    };
    const one = worker(handlers);
    one.start();
    await expect.poll(async () => (await countJobs(database.db, now))[0]?.running).toBe(1);
    await one.stop();
    expect(reason).toEqual(new Error("the server stops"));
    expect(await newestJobs(database.db, 1)).toMatchObject([
      { attempts: 0, leasedUntil: undefined, finishedAt: undefined },
    ]);
  });

  it("tells a handler that its job was cancelled", async () => {
    const id = (await add("long", 1)) ?? "";
    let told = false;
    const handlers = {
      long: jobHandler({
        schema: z.unknown(),
        handle: (_payload, { signal }) =>
          new Promise<void>((_, reject) => {
            signal.addEventListener("abort", () => {
              told = true;
              reject(new Error("ended"));
            });
          }),
      }),
    };
    worker(handlers, { leaseMs: 90 }).start();
    await expect.poll(async () => (await newestJobs(database.db, 1))[0]?.attempts).toBe(1);
    expect(await cancelJob(database.db, id, now)).toBe(true);
    await expect.poll(() => told).toBe(true);
    expect(await newestJobs(database.db, 1)).toMatchObject([{ failed: true, error: "cancelled" }]);
  });

  it("keeps the connection free while a handler runs", async () => {
    await add("asks", 1);
    let answer: unknown;
    const handlers = {
      asks: jobHandler({
        schema: z.unknown(),
        async handle(_payload, { db }) {
          answer = await db.transaction().execute((trx) => trx.selectFrom("job").select("name").execute());
        },
      }),
    };
    await worker(handlers).idle();
    expect(answer).toEqual([{ name: "asks" }]);
  });

  it("begins regular jobs once over all processes, and what was missed once", async () => {
    const regular = [
      { name: "often", every: { minutes: 10 } },
      { name: "daily", every: { dayAt: { hour: 6, minute: 30 } } },
    ];
    const begin = (minutes: number) => beginDueJobs(database.db, regular, after(minutes));
    const both = await Promise.all([begin(1), begin(1)]);
    expect(both.flat().toSorted()).toEqual(["daily", "often"]);
    expect(await begin(9)).toEqual([]);
    expect(await begin(10)).toEqual(["often"]);
    expect(await begin(3 * 24 * 60)).toEqual(["often", "daily"]);
    expect(await begin(-60)).toEqual([]); // the clock was set back
    // Nobody worked them off: they did not pile up.
    expect((await newestJobs(database.db, 9)).map(({ name }) => name).toSorted()).toEqual(["daily", "often"]);
  });

  it("forgets what was finished long ago", async () => {
    await add("count", 1);
    await worker(numbers([])).idle();
    await add("count", 2);
    expect(await forgetJobs(database.db, after(1))).toBe(1);
    expect(await newestJobs(database.db, 9)).toHaveLength(1);
  });

  it("goes on when the database was gone for a moment", async () => {
    const done: number[] = [];
    let fails = true;
    const db = new Proxy(database.db, {
      get: (target, name) => {
        if (fails && name === "updateTable") throw new Error("the connection is lost");
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await add("count", 1);
    worker(numbers(done), { db, pollMs: 20 }).start();
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    fails = false;
    await expect.poll(() => done).toEqual([1]);
  });
});

describe("waiting", () => {
  it("doubles up to a limit, half of it by chance", () => {
    const most = { firstMs: 100, mostMs: 1_000 };
    expect([1, 2, 3, 4, 5, 99].map((failures) => backoffMs(failures, most, () => 0))).toEqual([
      50, 100, 200, 400, 500, 500,
    ]);
    expect(backoffMs(1, most, () => 0.999)).toBe(100);
  });

  it("knows when a regular job was due last", () => {
    expect(lastDue({ minutes: 15 }, after(14))).toEqual(start);
    expect(lastDue({ dayAt: { hour: 8 } }, start)).toEqual(start);
    expect(lastDue({ dayAt: { hour: 8, minute: 1 } }, start)).toEqual(after(1 - 24 * 60));
  });
});
