import { sql, type Kysely, type Transaction } from "kysely";
import { z } from "zod";
import type { Database } from "../database/schema.ts";
import { jobHandler, type JobHandlers } from "../jobs/job-handler.ts";
import type { RegularJob } from "../jobs/schedule.ts";
import { sqlHotness } from "../papers/ranking.ts";

/** Votes of an account count from this age on, so that accounts made for one day's votes are seen before they count. */
export const countingHours = 24;
const countingMs = countingHours * 3_600_000;
/** So many waiting votes for one paper are shown to moderators. */
const leastNoted = 3;

/** Whether an account's votes count at once. */
export function isOldEnough(createdAt: Date, now: Date): boolean {
  return now.getTime() - createdAt.getTime() >= countingMs;
}

export const voteSchedule: readonly RegularJob[] = [{ name: "count-votes", every: { minutes: 10 } }];

export function voteHandlers(now: () => Date = () => new Date()): JobHandlers {
  return {
    "count-votes": jobHandler({
      schema: z.object({}),
      async handle(_payload, { db, signal }) {
        await countWaitingVotes(db, { now: now(), signal });
      },
    }),
  };
}

/**
 * Counts the votes whose accounts have become old enough; those of banned accounts go on waiting. Paper by paper, each
 * with its count and rank in one transaction, under the paper's lock as when somebody votes.
 */
export async function countWaitingVotes(
  db: Kysely<Database>,
  { now, signal }: { now: Date; signal?: AbortSignal },
): Promise<void> {
  const papers = await selectRipe(db, now).select("vote.paper_id").distinct().orderBy("vote.paper_id").execute();
  for (const { paper_id: paperId } of papers) {
    signal?.throwIfAborted();
    await db.transaction().execute((trx) => countVotesOf(trx, paperId, now));
  }
}

async function countVotesOf(trx: Transaction<Database>, paperId: string, now: Date): Promise<void> {
  await trx.selectFrom("paper").select("id").where("id", "=", paperId).forUpdate().execute();
  const ripe = selectRipe(trx, now).select("vote.account_id").where("vote.paper_id", "=", paperId);
  const { numUpdatedRows } = await trx
    .updateTable("vote")
    .set({ counted: true })
    .where("paper_id", "=", paperId)
    .where("counted", "=", false)
    .where("account_id", "in", ripe)
    .executeTakeFirstOrThrow();
  const votes = sql<number>`paper.votes + ${Number(numUpdatedRows)}::integer`;
  await trx
    .updateTable("paper")
    .set({ votes, hotness: sqlHotness({ votes }), changed_at: now })
    .where("id", "=", paperId)
    .execute();
}

function selectRipe(db: Kysely<Database>, now: Date) {
  return selectWaiting(db).where("account.created_at", "<=", new Date(now.getTime() - countingMs));
}

function selectWaiting(db: Kysely<Database>) {
  return db
    .selectFrom("vote")
    .innerJoin("account", "account.id", "vote.account_id")
    .where("vote.counted", "=", false)
    .where("account.banned_at", "is", null);
}

/** A paper that several new accounts voted for, with their names. */
export interface NotedPaper {
  readonly id: string;
  readonly title: string;
  readonly voters: readonly string[];
}

/** Papers with several votes that do not count yet, those with the most first: for moderators, who can ban before. */
export async function papersOfNewAccounts(db: Kysely<Database>, most: number): Promise<NotedPaper[]> {
  return selectWaiting(db)
    .innerJoin("paper", "paper.id", "vote.paper_id")
    .select(["paper.id", "paper.title", sql<string[]>`array_agg(account.name order by vote.created_at)`.as("voters")])
    .groupBy("paper.id")
    .having(sql<boolean>`count(*) >= ${leastNoted}`)
    .orderBy(sql`count(*)`, "desc")
    .orderBy("paper.id")
    .limit(most)
    .execute();
}
