import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { sqlHotness } from "../papers/ranking.ts";
import { isOldEnough } from "./new-accounts.ts";

export interface VoteChange {
  readonly accountId: string;
  readonly paperId: string;
  readonly now: Date;
}

/** How a paper stands after a vote was given or taken back. */
export interface VoteResult {
  /** Whether the reader's vote is given now. */
  readonly voted: boolean;
  /** Whether it waits until the reader's account is old enough. */
  readonly waits: boolean;
  /** All votes of this site's readers and of the paper's source. */
  readonly votes: number;
}

/** Gives a reader's vote to a paper; one that is given already stays. Undefined when there is no such paper. */
export function castVote(db: Kysely<Database>, change: VoteChange): Promise<VoteResult | undefined> {
  return changeVote(db, change, true);
}

/** Takes a reader's vote back; one that was not given is no error. Undefined when there is no such paper. */
export function withdrawVote(db: Kysely<Database>, change: VoteChange): Promise<VoteResult | undefined> {
  return changeVote(db, change, false);
}

/**
 * Row, count and rank in one transaction. The paper's row is locked, so that votes for it come one after the other; the
 * account's before it, as everywhere where both are, so that nobody waits in a circle.
 */
async function changeVote(
  db: Kysely<Database>,
  { accountId, paperId, now }: VoteChange,
  voted: boolean,
): Promise<VoteResult | undefined> {
  return db.transaction().execute(async (trx) => {
    const voter = await trx
      .selectFrom("account")
      .select("created_at")
      .where("id", "=", accountId)
      .forKeyShare()
      .executeTakeFirst();
    if (voter === undefined) return undefined;
    const paper = await trx
      .selectFrom("paper")
      .select(["votes", "votes_elsewhere"])
      .where("id", "=", paperId)
      .forUpdate()
      .executeTakeFirst();
    if (paper === undefined) return undefined;
    const counted = isOldEnough(voter.created_at, now);
    const changed = voted
      ? await trx
          .insertInto("vote")
          .values({ account_id: accountId, paper_id: paperId, created_at: now, counted })
          .onConflict((conflict) => conflict.doNothing())
          .returning("counted")
          .executeTakeFirst()
      : await trx
          .deleteFrom("vote")
          .where("account_id", "=", accountId)
          .where("paper_id", "=", paperId)
          .returning("counted")
          .executeTakeFirst();
    const difference = changed?.counted === true ? (voted ? 1 : -1) : 0;
    if (difference !== 0) {
      const votes = sql<number>`paper.votes + ${difference}::integer`;
      await trx
        .updateTable("paper")
        .set({ votes, hotness: sqlHotness({ votes }), changed_at: now })
        .where("id", "=", paperId)
        .execute();
    }
    return { voted, waits: voted && !counted, votes: paper.votes + paper.votes_elsewhere + difference };
  });
}

/** Which of these papers a reader has voted for. */
export async function votedPapers(
  db: Kysely<Database>,
  accountId: string | undefined,
  paperIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (accountId === undefined || paperIds.length === 0) return new Set();
  const rows = await db
    .selectFrom("vote")
    .select("paper_id")
    .where("account_id", "=", accountId)
    .where("paper_id", "in", [...paperIds])
    .execute();
  return new Set(rows.map((row) => row.paper_id));
}

/** The papers that a reader voted for last. */
export async function papersVotedBy(
  db: Kysely<Database>,
  accountId: string,
  most: number,
): Promise<{ readonly id: string; readonly title: string }[]> {
  return db
    .selectFrom("vote")
    .innerJoin("paper", "paper.id", "vote.paper_id")
    .select(["paper.id", "paper.title"])
    .where("vote.account_id", "=", accountId)
    .orderBy("vote.created_at", "desc")
    .orderBy("paper.id")
    .limit(most)
    .execute();
}
