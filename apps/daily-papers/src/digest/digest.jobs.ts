import { z } from "zod";
import type { Config } from "../config.ts";
import { jobHandler, type JobHandlers } from "../jobs/job-handler.ts";
import type { RegularJob } from "../jobs/schedule.ts";
import type { Paper } from "../papers/paper.ts";
import { sendDueIssues } from "./send-issues.ts";
import { forgetSubscribers } from "./subscriber.queries.ts";

export const digestSchedule: readonly RegularJob[] = [
  { name: "send-issues", every: { minutes: 5 } },
  { name: "forget-subscribers", every: { dayAt: { hour: 2, minute: 30 } } },
];

export interface DigestOptions {
  readonly config: Config;
  readonly onError: (error: unknown) => void;
  readonly now?: () => Date;
  /** Whether a paper runs on this site. */
  readonly runsHere?: (paper: Paper) => boolean;
}

/** The jobs of the digest. */
export function digestHandlers({ config, onError, now = () => new Date(), runsHere }: DigestOptions): JobHandlers {
  return {
    "send-issues": jobHandler({
      schema: z.object({}),
      async handle(_payload, { db, signal }) {
        await sendDueIssues({ db, config, now, signal, onError, runsHere });
      },
    }),
    "forget-subscribers": jobHandler({
      schema: z.object({}),
      async handle(_payload, { db }) {
        await forgetSubscribers(db, now());
      },
    }),
  };
}
