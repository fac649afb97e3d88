import { sql, type Kysely, type Transaction } from "kysely";
import type { Database, Day, SubmissionState } from "../database/schema.ts";
import { enqueueJob } from "../jobs/jobs.ts";
import type { Verdict } from "../moderation/text-rating.ts";
import { featurePaper } from "../papers/feature-paper.ts";
import { newId } from "../secrets.ts";

/** A reader's wish that a paper enters the feed. */
export interface Submission {
  readonly id: string;
  readonly paperId: string;
  /** Its title, once the paper was fetched. */
  readonly title: string | undefined;
  readonly by: { readonly id: string; readonly name: string } | undefined;
  readonly state: SubmissionState;
  readonly stateReason: string | undefined;
  readonly createdAt: Date;
}

/** What became of a submission when it was sent. */
export type Submitted =
  | { readonly outcome: "fetching" | "featured" | "held" }
  | { readonly outcome: "in-feed"; readonly day: Day }
  | { readonly outcome: "waiting" }
  | { readonly outcome: "too-many" };

/** One person may submit so many papers in 24 hours. */
export const mostSubmissionsADay = 5;
const oneDay = 86_400_000;
/** Tries to fetch a paper, ever more rarely: some hours in all, which is as long as arXiv is away at times. */
const mostFetches = 11;

export interface NewSubmission {
  readonly arxivId: string;
  readonly accountId: string;
  /** What the rating says of a paper that is here already; one that is not is rated when it was fetched. */
  readonly verdict: Verdict | undefined;
  readonly now: Date;
}

/** Submits a paper: one that is known enters today's feed at once, any other when a job has fetched it from arXiv. */
export async function submitPaper(db: Kysely<Database>, submission: NewSubmission): Promise<Submitted> {
  const { arxivId: paperId, accountId, verdict, now } = submission;
  return db.transaction().execute(async (trx) => {
    // Under this lock, of two submissions by one person the second counts the first.
    await trx.selectFrom("account").select("id").where("id", "=", accountId).forUpdate().executeTakeFirstOrThrow();
    const paper = await trx.selectFrom("paper").select("featured_on").where("id", "=", paperId).executeTakeFirst();
    if (paper?.featured_on != null) return { outcome: "in-feed", day: paper.featured_on };
    const open = await openSubmission(trx, paperId);
    if (open !== undefined) {
      // Asked for again in case the first try was given up; a job that waits is not doubled.
      if (open.state === "waiting") await askForPaper(trx, { submissionId: open.id, arxivId: paperId, now });
      return { outcome: "waiting" };
    }
    if ((await countLately(trx, { accountId, paperId, now })) >= mostSubmissionsADay) return { outcome: "too-many" };
    // Asked again: it takes the place of the one that arXiv did not answer.
    await removeUnanswered(trx, accountId, paperId);
    const id = newId();
    const state: SubmissionState = paper === undefined ? "waiting" : verdict?.state === "held" ? "held" : "featured";
    const added = await trx
      .insertInto("submission")
      .values({
        id,
        paper_id: paperId,
        account_id: accountId,
        state,
        state_reason: verdict?.reason ?? null,
        moral_score: verdict?.score ?? null,
        created_at: now,
        settled_at: state === "featured" ? now : null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    if (added === undefined) return { outcome: "waiting" };
    if (state === "featured") await feature(trx, { paperId, accountId, at: now });
    if (state === "waiting") await askForPaper(trx, { submissionId: id, arxivId: paperId, now });
    return { outcome: state === "waiting" ? "fetching" : state === "held" ? "held" : "featured" };
  });
}

/**
 * Ends the waiting of a submission whose paper was looked for: it enters the feed of its day, is held for review, or is
 * refused because arXiv does not know it. For the job that fetches, in the transaction that saves the paper.
 */
export async function settleSubmission(
  trx: Transaction<Database>,
  { submissionId, found, verdict, now }: { submissionId: string; found: boolean; verdict?: Verdict; now: Date },
): Promise<SubmissionState | undefined> {
  const submission = await trx
    .selectFrom("submission")
    .selectAll()
    .where("id", "=", submissionId)
    .where("state", "=", "waiting")
    .forUpdate()
    .executeTakeFirst();
  if (submission === undefined) return undefined;
  const state = !found ? "refused" : verdict?.state === "held" ? "held" : "featured";
  if (state === "featured") {
    await feature(trx, { paperId: submission.paper_id, accountId: submission.account_id, at: submission.created_at });
  }
  await trx
    .updateTable("submission")
    .set({
      state,
      state_reason: found ? (verdict?.reason ?? null) : "arXiv knows no paper of this id",
      moral_score: verdict?.score ?? null,
      settled_at: state === "held" ? null : now,
    })
    .where("id", "=", submissionId)
    .execute();
  return state;
}

/** Puts a held submission's paper into the feed of the day of the decision, or refuses it. False when it is not held. */
export async function decideSubmission(
  trx: Transaction<Database>,
  { id, feature: wanted, reason, now }: { id: string; feature: boolean; reason: string; now: Date },
): Promise<boolean> {
  const held = await trx
    .selectFrom("submission")
    .select(["paper_id", "account_id"])
    .where("id", "=", id)
    .where("state", "=", "held")
    .forUpdate()
    .executeTakeFirst();
  if (held === undefined) return false;
  if (wanted) await feature(trx, { paperId: held.paper_id, accountId: held.account_id, at: now });
  await trx
    .updateTable("submission")
    .set({ state: wanted ? "featured" : "refused", state_reason: wanted ? null : reason, settled_at: now })
    .where("id", "=", id)
    .execute();
  return true;
}

function feature(
  trx: Transaction<Database>,
  { paperId, accountId, at }: { paperId: string; accountId: string | null; at: Date },
) {
  return featurePaper(trx, {
    paperId,
    day: at.toISOString().slice(0, 10),
    at,
    submittedBy: accountId ?? undefined,
  });
}

function askForPaper(
  trx: Transaction<Database>,
  { submissionId, arxivId, now }: { submissionId: string; arxivId: string; now: Date },
) {
  return enqueueJob(trx, {
    name: "fetch-paper",
    payload: { submissionId, arxivId },
    dedupeKey: submissionId,
    mostAttempts: mostFetches,
    now,
  });
}

function openSubmission(trx: Transaction<Database>, paperId: string) {
  return trx
    .selectFrom("submission")
    .select(["id", "state"])
    .where("paper_id", "=", paperId)
    .where("state", "in", ["waiting", "held"])
    .executeTakeFirst();
}

async function removeUnanswered(trx: Transaction<Database>, accountId: string, paperId: string): Promise<void> {
  await trx
    .deleteFrom("submission")
    .where("account_id", "=", accountId)
    .where("paper_id", "=", paperId)
    .where("state", "=", "unanswered")
    .execute();
}

/** What somebody submitted in 24 hours, but for what this paper's new submission takes the place of. */
async function countLately(
  trx: Transaction<Database>,
  { accountId, paperId, now }: { accountId: string; paperId: string; now: Date },
): Promise<number> {
  const { count } = await trx
    .selectFrom("submission")
    .select(sql<number>`count(*)::integer`.as("count"))
    .where("account_id", "=", accountId)
    .where("created_at", ">", new Date(now.getTime() - oneDay))
    .where((eb) => eb.or([eb("state", "!=", "unanswered"), eb("paper_id", "!=", paperId)]))
    .executeTakeFirstOrThrow();
  return count;
}

/** Submissions with the titles of their papers, newest first. */
function selectSubmissions(db: Kysely<Database>) {
  return db
    .selectFrom("submission")
    .leftJoin("paper", "paper.id", "submission.paper_id")
    .leftJoin("account", "account.id", "submission.account_id")
    .selectAll("submission")
    .select(["paper.title", "account.name"])
    .orderBy("submission.created_at", "desc")
    .orderBy("submission.id");
}

/** The newest submissions of an account; of others' only those that are in the feed are to be shown. */
export async function submissionsBy(
  db: Kysely<Database>,
  accountId: string,
  { most, onlyFeatured }: { most: number; onlyFeatured: boolean },
): Promise<Submission[]> {
  const all = selectSubmissions(db).where("submission.account_id", "=", accountId).limit(most);
  return (await (onlyFeatured ? all.where("submission.state", "=", "featured") : all).execute()).map(toSubmission);
}

/** Submissions that wait for a moderator. */
export async function heldSubmissions(db: Kysely<Database>, most: number): Promise<Submission[]> {
  return (await selectSubmissions(db).where("submission.state", "=", "held").limit(most).execute()).map(toSubmission);
}

export async function findSubmission(db: Kysely<Database>, id: string): Promise<Submission | undefined> {
  const row = await selectSubmissions(db).where("submission.id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : toSubmission(row);
}

type Selected = Awaited<ReturnType<ReturnType<typeof selectSubmissions>["executeTakeFirstOrThrow"]>>;

function toSubmission(row: Selected): Submission {
  return {
    id: row.id,
    paperId: row.paper_id,
    title: row.title ?? undefined,
    by: row.account_id === null || row.name === null ? undefined : { id: row.account_id, name: row.name },
    state: row.state,
    stateReason: row.state_reason ?? undefined,
    createdAt: row.created_at,
  };
}
