import type { Kysely } from "kysely";
import { siteAddress, type Config } from "../config.ts";
import type { Database } from "../database/schema.ts";
import { feedOfDay } from "../feed/feed.queries.ts";
import type { Paper } from "../papers/paper.ts";
import { writeIssue, type Issue } from "./issue.tsx";
import { inOrder } from "./selection.ts";

const mostPapers = 20;

/** The issue of the newest day with papers, as somebody would get it who chose nothing; undefined without papers. */
export async function previewIssue(
  db: Kysely<Database>,
  config: Config,
  runsHere: (paper: Paper) => boolean,
): Promise<Issue | undefined> {
  const feed = await feedOfDay(db);
  if (feed === undefined) return undefined;
  const papers = feed.papers.toSorted(inOrder);
  return writeIssue({
    selection: {
      papers: papers.slice(0, mostPapers),
      more: Math.max(0, papers.length - mostPapers),
      days: [feed.day],
      lastNumber: 0,
    },
    site: siteAddress(config),
    links: undefined,
    frequency: "daily",
    imprint: config.mail.imprint,
    runsHere,
  });
}
