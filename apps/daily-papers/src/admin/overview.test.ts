import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { databaseKinds } from "../testing/databases.ts";
import { needsOf, type Circumstances } from "./needs.ts";
import { readDisk, readOverview } from "./overview.queries.ts";

const now = new Date("2026-11-23T03:00:00Z");
const hour = 3_600_000;
const calm: Circumstances = {
  jobs: { waiting: 2, oldestSeconds: 5, failed: 0 },
  sources: [
    {
      name: "huggingface",
      state: {},
      succeededAt: new Date(now.getTime() - hour),
      failedAt: undefined,
      error: undefined,
      waitsUntil: undefined,
    },
  ],
  sender: { succeededAt: now, failedAt: undefined, error: undefined },
  overview: {
    heldComments: 0,
    heldSubmissions: 0,
    reports: 0,
    unsureMails: 0,
    people: 5,
    subscribers: 7,
    unconfirmed: 1,
    suppressed: 1,
    nextIssueAt: undefined,
    databaseBytes: 1e8,
  },
  disk: { freeBytes: 5e9, totalBytes: 2e10 },
  ingests: true,
  now,
};

describe("what the admin must know", () => {
  it("is nothing where all is well", () => {
    expect(needsOf(calm)).toEqual([]);
    expect(needsOf({ ...calm, sender: undefined, disk: undefined, sources: [] })).toEqual([]);
  });

  it.each<[string, Partial<Circumstances>, string]>([
    ["a full disk", { disk: { freeBytes: 2e8, totalBytes: 2e10 } }, "The disk is nearly full"],
    ["work that nobody does", { jobs: { ...calm.jobs, oldestSeconds: 7_300 } }, "Work has waited for 2 hours"],
    [
      "a mail server that is away",
      { sender: { succeededAt: undefined, failedAt: now, error: "it refuses" } },
      "it refuses",
    ],
    ["mails that may have arrived", { overview: { ...calm.overview, unsureMails: 1 } }, "Of 1 mail nobody knows"],
    ["jobs that were given up", { jobs: { ...calm.jobs, failed: 3 } }, "3 jobs given up"],
    ["what waits for a judgement", { overview: { ...calm.overview, heldComments: 1, reports: 1 } }, "2 texts or"],
    [
      "a feed that is silent",
      { sources: calm.sources.map((source) => ({ ...source, succeededAt: new Date(now.getTime() - 30 * hour) })) },
      "not been read for 30 hours",
    ],
  ])("is %s", (_, change, words) => {
    const needs = needsOf({ ...calm, ...change });
    expect(needs).toHaveLength(1);
    expect(needs[0]?.text).toContain(words);
  });

  it("says nothing of a silent feed that is not asked", () => {
    const silent = calm.sources.map((source) => ({ ...source, succeededAt: new Date(0) }));
    expect(needsOf({ ...calm, sources: silent, ingests: false })).toEqual([]);
  });
});

describe.each(databaseKinds())("the overview of $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not read: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  it("counts what there is", async () => {
    const subscriber = { email: "a@example.org", frequency: "daily" as const, created_at: now, next_issue_at: now };
    await database.db
      .insertInto("subscriber")
      .values([
        { ...subscriber, id: "aaaaaaaaaaaa", state: "confirmed" },
        { ...subscriber, id: "bbbbbbbbbbbb", email: "b@example.org", state: "pending", next_issue_at: null },
      ])
      .execute();
    const overview = await readOverview(database.db);
    expect(overview).toMatchObject({ subscribers: 1, unconfirmed: 1, suppressed: 0, reports: 0, nextIssueAt: now });
    expect(overview.databaseBytes).toBeGreaterThan(1e6);
    expect(await readDisk("/")).toMatchObject({ freeBytes: expect.any(Number) });
    expect(await readDisk("/nowhere/at/all")).toBeUndefined();
  });
});
