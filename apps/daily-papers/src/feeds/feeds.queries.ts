import { sql, type Kysely } from "kysely";
import { listPapers, type ListedPaper } from "../api/paper-list.queries.ts";
import { daysOfMonth, daysOfWeek, type Period } from "../api/periods.ts";
import type { Database } from "../database/schema.ts";

/** A comment that everybody may read. */
export interface FeedComment {
  readonly id: string;
  readonly body: string;
  readonly question: boolean;
  readonly createdAt: Date;
  /** Name of the account; undefined when it is gone. */
  readonly writer: string | undefined;
}

/** The newest comments on a paper. */
export async function newestComments(db: Kysely<Database>, paperId: string, limit: number): Promise<FeedComment[]> {
  const rows = await db
    .selectFrom("comment")
    .leftJoin("account", "account.id", "comment.account_id")
    .select(["comment.id", "body", "question", "comment.created_at", "account.name"])
    .where("paper_id", "=", paperId)
    .where("state", "=", "shown")
    .orderBy("comment.created_at", "desc")
    .orderBy("comment.id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    body: row.body,
    question: row.question,
    createdAt: row.created_at,
    writer: row.name ?? undefined,
  }));
}

/** The best papers of a week or a month that is over. */
export interface Roundup extends Period {
  readonly name: string;
  readonly papers: readonly ListedPaper[];
}

/** The newest weeks or months with papers that ended before `now`, newest first. */
export async function newestRoundups(
  db: Kysely<Database>,
  kind: "week" | "month",
  { now, most, papers }: { now: Date; most: number; papers: number },
): Promise<Roundup[]> {
  const form = kind === "week" ? 'IYYY-"W"IW' : "YYYY-MM";
  const today = now.toISOString().slice(0, 10);
  const { rows } = await sql<{ name: string }>`
    select distinct to_char(day, ${sql.lit(form)}) as name from featured_paper
    where day < date_trunc(${sql.lit(kind)}, ${today}::date) order by name desc limit ${most}`.execute(db);
  const roundups: Roundup[] = [];
  for (const { name } of rows) {
    const days = kind === "week" ? daysOfWeek(name) : daysOfMonth(name);
    if (days === undefined) continue;
    roundups.push({ ...days, name, papers: await listBest(db, days, papers) });
  }
  return roundups;
}

async function listBest(db: Kysely<Database>, days: Period, limit: number): Promise<ListedPaper[]> {
  return listPapers(db, { days }, { order: "voted", limit, offset: 0 });
}
