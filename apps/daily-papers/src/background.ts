import type { Kysely } from "kysely";
import type { Config } from "./config.ts";
import type { Database } from "./database/schema.ts";
import { digestHandlers, digestSchedule } from "./digest/digest.jobs.ts";
import type { JobHandlers } from "./jobs/job-handler.ts";
import { JobWorker } from "./jobs/job.worker.ts";
import { housekeepingHandlers, housekeepingSchedule } from "./jobs/housekeeping.ts";
import { judgeText, textOfPaper, type RateText } from "./moderation/text-rating.ts";
import type { RegularJob } from "./jobs/schedule.ts";
import { MailSender } from "./mail/mail.sender.ts";
import type { Metrics } from "./operations/metrics.ts";
import { recommendationHandlers, recommendationSchedule } from "./recommendations/recommendation.jobs.ts";
import type { Implementations } from "./runs/implementations.ts";
import { sourceHandlers, sourceSchedule, sourcesOf } from "./sources/ingest.ts";
import { submissionHandlers, submissionSchedule } from "./submissions/submission.jobs.ts";
import { voteHandlers, voteSchedule } from "./votes/new-accounts.ts";

export interface Background {
  readonly jobs: JobWorker;
  /** Ends what is under way, or leaves it to be taken up later. */
  readonly stop: () => Promise<void>;
}

/** Begins all that happens without a reader: the queue of jobs, regular ones among them, and the sending of mails. */
export function startBackground({
  db,
  config,
  implementations,
  onError,
  rateText,
  metrics,
}: {
  db: Kysely<Database>;
  config: Config;
  implementations: Implementations;
  onError: (error: unknown) => void;
  rateText: RateText | undefined;
  metrics: Metrics;
}): Background {
  const handlers: JobHandlers = {
    ...housekeepingHandlers(),
    ...sourceHandlers({
      ...sourcesOf(config, metrics.countSourceRequest),
      judge: (paper) => judgeText(textOfPaper(paper), rateText, onError),
    }),
    ...submissionHandlers(),
    ...voteHandlers(),
    ...recommendationHandlers(config),
    ...digestHandlers({
      config,
      onError,
      runsHere: ({ implementation }) => implementations.find(implementation) !== undefined,
    }),
  };
  const regular: RegularJob[] = [
    ...housekeepingSchedule,
    ...sourceSchedule(config),
    ...submissionSchedule,
    ...voteSchedule,
    ...digestSchedule,
    ...recommendationSchedule,
  ];
  const jobs = new JobWorker({ db, handlers, regular, onError });
  const { smtp } = config.mail;
  const sender = smtp === undefined ? undefined : new MailSender({ db, config: { ...config.mail, smtp }, onError });
  jobs.start();
  sender?.start();
  return {
    jobs,
    async stop() {
      await Promise.all([jobs.stop(), sender?.stop()]);
    },
  };
}
