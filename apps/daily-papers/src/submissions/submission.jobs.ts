import { sql, type Kysely } from "kysely";
import { z } from "zod";
import type { Database } from "../database/schema.ts";
import { jobHandler, type JobHandlers } from "../jobs/job-handler.ts";
import type { RegularJob } from "../jobs/schedule.ts";

/** A reader is told after this time, even if arXiv still asks us to wait. */
const mostWaitMs = 24 * 3_600_000;

export const submissionSchedule: readonly RegularJob[] = [{ name: "end-submissions", every: { minutes: 5 } }];

/** The jobs of submissions; the paper itself is fetched by a job of the sources. */
export function submissionHandlers(now: () => Date = () => new Date()): JobHandlers {
  return {
    "end-submissions": jobHandler({
      schema: z.object({}),
      async handle(_payload, { db }) {
        await endUnanswered(db, now());
      },
    }),
  };
}

/**
 * Ends the waiting of submissions whose paper nobody asks for any more, because the job was given up, and of those that
 * have waited for a day. Their readers see it and can ask again.
 * @returns how many.
 */
export async function endUnanswered(db: Kysely<Database>, now: Date): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable("submission")
    .set({ state: "unanswered", state_reason: "arXiv could not be asked, or did not answer", settled_at: now })
    .where("state", "=", "waiting")
    .where((eb) =>
      eb.or([
        eb("created_at", "<", new Date(now.getTime() - mostWaitMs)),
        sql<boolean>`not exists (select from job where job.name = 'fetch-paper'
          and job.dedupe_key = submission.id and job.finished_at is null)`,
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}
