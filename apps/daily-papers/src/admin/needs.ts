import { formatBytes } from "@offprint/experiment";
import { writeAmount } from "../look/numbers.ts";
import type { SenderState } from "../mail/sender-state.ts";
import type { JobStanding } from "../operations/standing.queries.ts";
import type { SourceReport } from "../sources/source-state.ts";
import type { Disk, Overview } from "./overview.queries.ts";

/** Something that does not get well by itself, and where to see to it. */
export interface Need {
  readonly text: string;
  readonly href?: string;
}

export interface Circumstances {
  readonly jobs: JobStanding;
  readonly sources: readonly SourceReport[];
  /** Undefined where no mail server is configured. */
  readonly sender: SenderState | undefined;
  readonly overview: Overview;
  readonly disk: Disk | undefined;
  /** Whether sources are asked by themselves. */
  readonly ingests: boolean;
  readonly now: Date;
}

const lateSeconds = 3_600;
/** The feed is looked at each hour; after this long there is more to it than a bad hour. */
const quietHours = 26;
const leastFree = { bytes: 1e9, share: 0.05 };

/** What the admin must know first, worst first; nothing where all is well. */
export function needsOf({ jobs, sources, sender, overview, disk, ingests, now }: Circumstances): Need[] {
  const needs: Need[] = [];
  const add = (isSo: boolean, text: string, href?: string) => {
    if (isSo) needs.push({ text, ...(href === undefined ? {} : { href }) });
  };
  if (disk !== undefined) {
    const isFull = disk.freeBytes < Math.min(leastFree.bytes, leastFree.share * disk.totalBytes);
    add(isFull, `The disk is nearly full: ${formatBytes(disk.freeBytes)} are left.`);
  }
  add(
    jobs.oldestSeconds > lateSeconds,
    `Work has waited for ${writeAmount(Math.floor(jobs.oldestSeconds / 3_600), "hour")}: no process may be working it off.`,
    "/admin/jobs",
  );
  add(sender?.error !== undefined, `Mails are not sent: ${sender?.error}.`, "/admin/mails");
  add(
    overview.unsureMails > 0,
    `Of ${writeAmount(overview.unsureMails, "mail")} nobody knows whether it arrived; send it again or let it be.`,
    "/admin/mails?state=unsure",
  );
  add(jobs.failed > 0, `${writeAmount(jobs.failed, "job")} given up.`, "/admin/jobs?state=failed");
  const held = overview.heldComments + overview.heldSubmissions + overview.reports;
  add(held > 0, `${writeAmount(held, "text or report", "texts or reports")} to be judged.`, "/moderation/queue");
  const feed = sources.find(({ name }) => name === "huggingface");
  const quietMs = feed?.succeededAt === undefined ? 0 : now.getTime() - feed.succeededAt.getTime();
  add(
    ingests && quietMs > quietHours * 3_600_000,
    `The daily papers have not been read for ${writeAmount(Math.floor(quietMs / 3_600_000), "hour")}.`,
  );
  return needs;
}
