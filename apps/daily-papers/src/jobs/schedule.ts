import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { enqueueJob } from "./jobs.ts";

/** A job that is begun again and again: every some minutes, or once a day at an hour of UTC. */
export interface RegularJob {
  readonly name: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly every:
    | { readonly minutes: number }
    | { readonly dayAt: { readonly hour: number; readonly minute?: number } };
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The last moment at or before `now` at which a regular job was due; the same in every process. */
export function lastDue(every: RegularJob["every"], now: Date): Date {
  const [length, offset] =
    "minutes" in every
      ? [every.minutes * minuteMs, 0]
      : [dayMs, (every.dayAt.hour * 60 + (every.dayAt.minute ?? 0)) * minuteMs];
  return new Date(Math.floor((now.getTime() - offset) / length) * length + offset);
}

/**
 * Adds the regular jobs that are due and that no process has begun yet. What was missed while no server ran is begun
 * once, not as often as it was missed. While one is still unfinished, another of the same name is not added.
 * @returns the names of those that were begun.
 */
export async function beginDueJobs(db: Kysely<Database>, regular: readonly RegularJob[], now: Date): Promise<string[]> {
  if (regular.length === 0) return [];
  const begun = new Map(
    (await db.selectFrom("schedule").selectAll().execute()).map(({ name, last_at }) => [name, last_at.getTime()]),
  );
  const due = regular.filter(({ name, every }) => (begun.get(name) ?? -Infinity) < lastDue(every, now).getTime());
  const names: string[] = [];
  for (const { name, every, payload = {} } of due) {
    const lastAt = lastDue(every, now);
    const isOurs = await db.transaction().execute(async (trx) => {
      const row = await trx
        .insertInto("schedule")
        .values({ name, last_at: lastAt })
        .onConflict((conflict) =>
          conflict.column("name").doUpdateSet({ last_at: lastAt }).where("schedule.last_at", "<", lastAt),
        )
        .returning("name")
        .executeTakeFirst();
      if (row === undefined) return false;
      await enqueueJob(trx, { name, payload, dedupeKey: "regular", now });
      return true;
    });
    if (isOurs) names.push(name);
  }
  return names;
}
