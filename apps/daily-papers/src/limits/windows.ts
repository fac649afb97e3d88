import { sql, type Kysely } from "kysely";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Database } from "../database/schema.ts";

/** So many points in so many seconds, counted under a name. */
export interface Rule {
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
}

/** What is left of a rule's points to one who took one. */
export interface Allowance {
  readonly allowed: boolean;
  readonly left: number;
  /** Whole seconds until all points are there again, at least 1. */
  readonly resetSeconds: number;
}

/** Counts what is done in windows of time. A window begins with the first thing done and is not moved by later ones. */
export interface Windows {
  /** Takes one point of the rule from `key`. */
  readonly take: (rule: Rule, key: string) => Promise<Allowance>;
}

/** Windows in this process's memory: right for a site that is one process. */
export function memoryWindows(): Windows {
  const limiters = new Map<string, RateLimiterMemory>();
  return {
    async take(rule, key) {
      const id = `${rule.name} ${rule.points} ${rule.seconds}`;
      let limiter = limiters.get(id);
      if (limiter === undefined) {
        limiter = new RateLimiterMemory({ keyPrefix: rule.name, points: rule.points, duration: rule.seconds });
        limiters.set(id, limiter);
      }
      const result = await limiter.consume(key).catch((refused: unknown) => {
        if (refused instanceof RateLimiterRes) return refused;
        throw refused;
      });
      return allowanceOf(rule, result.consumedPoints, result.msBeforeNext);
    },
  };
}

/**
 * Windows in the database, for a site of several processes. While the database does not answer, each process counts for
 * itself: a reader is then not turned away for our trouble.
 */
export function databaseWindows(db: Kysely<Database>, now: () => Date = () => new Date()): Windows {
  const meanwhile = memoryWindows();
  return {
    async take(rule, key) {
      const at = now();
      const end = new Date(at.getTime() + rule.seconds * 1000);
      try {
        const { used, ends_at } = await db
          .insertInto("rate_window")
          .values({ key: `${rule.name} ${key}`, used: 1, ends_at: end })
          .onConflict((conflict) =>
            conflict.column("key").doUpdateSet({
              used: sql`case when rate_window.ends_at <= ${at} then 1 else rate_window.used + 1 end`,
              ends_at: sql`case when rate_window.ends_at <= ${at} then ${end} else rate_window.ends_at end`,
            }),
          )
          .returning(["used", "ends_at"])
          .executeTakeFirstOrThrow();
        return allowanceOf(rule, used, ends_at.getTime() - at.getTime());
      } catch {
        return meanwhile.take(rule, key);
      }
    },
  };
}

/** Forgets the windows that are over. */
export async function removeOldWindows(db: Kysely<Database>, now: Date): Promise<void> {
  await db.deleteFrom("rate_window").where("ends_at", "<", now).execute();
}

function allowanceOf({ points }: Rule, used: number, milliseconds: number): Allowance {
  return {
    allowed: used <= points,
    left: Math.max(points - used, 0),
    resetSeconds: Math.max(Math.ceil(milliseconds / 1000), 1),
  };
}
