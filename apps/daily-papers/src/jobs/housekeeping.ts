import { z } from "zod";
import { refreshStatistics } from "../database/refresh-statistics.ts";
import { removeOldWindows } from "../limits/windows.ts";
import { forgetMails } from "../mail/mail.queries.ts";
import { removeEndedSessions } from "../people/session.queries.ts";
import { jobHandler, type JobHandlers } from "./job-handler.ts";
import { forgetJobs } from "./job.queries.ts";
import type { RegularJob } from "./schedule.ts";

const dayMs = 24 * 3_600_000;
/** What was done is of interest this long. */
const jobDays = 14;
/** How long the admin can look up what was sent; also how long a mail's key keeps it from being written again. */
const mailDays = 30;

export const housekeepingSchedule: readonly RegularJob[] = [{ name: "forget", every: { dayAt: { hour: 2 } } }];

/** Forgets what was finished long ago, so that the tables stay as small as what happens. */
export function housekeepingHandlers(now: () => Date = () => new Date()): JobHandlers {
  return {
    forget: jobHandler({
      schema: z.object({}),
      async handle(_payload, { db }) {
        await forgetJobs(db, new Date(now().getTime() - jobDays * dayMs));
        await forgetMails(db, new Date(now().getTime() - mailDays * dayMs));
        await removeEndedSessions(db, now());
        await removeOldWindows(db, now());
        await refreshStatistics(db);
      },
    }),
  };
}
