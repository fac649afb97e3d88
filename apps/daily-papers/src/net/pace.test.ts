import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { databaseKinds } from "../testing/databases.ts";
import { inTurn, postpone, waitTurn } from "./pace.ts";

describe.each(databaseKinds())("turns kept in $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`are not tried: ${missing}`, () => undefined);
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

  it("come one at a time and apart, whoever asks at once", async () => {
    const times: { begun: number; ended: number }[] = [];
    const pace = { intervalMs: 60, leaseMs: 5_000 };
    await Promise.all(
      [0, 1, 2, 3, 4].map(() =>
        inTurn(database.db, "one", pace, async () => {
          const begun = performance.now();
          await new Promise((done) => setTimeout(done, 20));
          times.push({ begun, ended: performance.now() });
        }),
      ),
    );
    for (const [index, { begun }] of times.entries()) {
      const before = times[index - 1];
      if (before === undefined) continue;
      expect(begun).toBeGreaterThanOrEqual(before.ended);
      // The turn begins just before the work does.
      expect(begun - before.begun).toBeGreaterThan(50);
    }
    expect(times).toHaveLength(5);
  });

  it("pass on when work fails, when its holder died, and not before a postponed time", async () => {
    const pace = { intervalMs: 0, leaseMs: 5_000 };
    await expect(inTurn(database.db, "two", pace, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await waitTurn(database.db, "two", 40);
    await postpone(database.db, "two", 80);
    const begun = performance.now();
    await waitTurn(database.db, "two", 0);
    expect(performance.now() - begun).toBeGreaterThan(60);
  });

  it("are not waited for by one who is told to stop", async () => {
    await waitTurn(database.db, "three", 60_000);
    const stopped = waitTurn(database.db, "three", 1, AbortSignal.timeout(30));
    await expect(stopped).rejects.toThrow();
  });
});
