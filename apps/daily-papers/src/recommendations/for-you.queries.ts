import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { selectPapers, toPaper } from "../papers/paper.queries.ts";
import type { Paper } from "../papers/paper.ts";
import { similarPapers as similarByText } from "../papers/similar-papers.ts";
import { papersVotedBy } from "../votes/vote.queries.ts";
import { pairsNear, type NearPair } from "./neighbour.queries.ts";
import { writeLink } from "./reason.ts";
import type { Spread } from "./places.ts";

/** A paper for a reader, and the way to it: from a paper that this reader voted for. */
export interface Recommendation {
  readonly paper: Paper;
  readonly votedFor: { readonly id: string; readonly title: string };
  /** What leads from one to the other: `also by Ada Example`. */
  readonly link: string;
  /** How many of the reader's papers it lies near, this one among them. */
  readonly nearTo: number;
  readonly spread: Spread | undefined;
}

export interface ForYou {
  /** The reader's votes that were looked at, the newest. */
  readonly votes: number;
  readonly papers: readonly Recommendation[];
}

/** Votes that count: what one liked long ago is not what one reads now. */
const mostVotes = 100;
/** Votes whose words are compared where nothing was worked out yet. */
const mostByText = 5;
const eachByText = 12;

interface Found {
  readonly paperId: string;
  readonly votedId: string;
  readonly closeness: number;
  readonly link: string;
  readonly spread: Spread | undefined;
}

/** Papers near those that a reader voted for, nearest first: neither voted for, nor passed over, nor withdrawn. */
export async function papersFor(db: Kysely<Database>, accountId: string, most: number): Promise<ForYou> {
  const voted = await papersVotedBy(db, accountId, mostVotes);
  const ids = voted.map(({ id }) => id);
  const pairs = (await pairsNear(db, ids)).map(toFound);
  const reached = new Set(pairs.map(({ votedId }) => votedId));
  const unreached = ids.filter((id) => !reached.has(id)).slice(0, mostByText);
  const found = [...pairs];
  for (const id of unreached) found.push(...(await foundByText(db, id)));

  const unwanted = await seenPapers(db, accountId);
  const best = [...groupByPaper(found)]
    .filter(([id]) => !unwanted.has(id))
    .map(([id, ways]) => ({ id, ways, score: ways.reduce((sum, { closeness }) => sum + closeness, 0) }))
    .toSorted((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1))
    .slice(0, most);
  const papers = await papersById(
    db,
    best.map(({ id }) => id),
  );
  const titles = new Map(voted.map((paper) => [paper.id, paper]));
  return {
    votes: voted.length,
    papers: best.flatMap(({ id, ways }) => {
      const paper = papers.get(id);
      const [way] = ways.toSorted((a, b) => b.closeness - a.closeness || (a.votedId < b.votedId ? -1 : 1));
      const votedFor = titles.get(way?.votedId ?? "");
      if (paper === undefined || way === undefined || votedFor === undefined) return [];
      const spread = ways.find((one) => one.spread !== undefined)?.spread;
      return [{ paper, votedFor, link: way.link, nearTo: ways.length, spread }];
    }),
  };
}

/** Keeps a paper out of a reader's list; undefined when there is no such paper, or account. */
export async function passOver(
  db: Kysely<Database>,
  { accountId, paperId, now }: { accountId: string; paperId: string; now: Date },
): Promise<void> {
  await db
    .insertInto("passed_over")
    .columns(["account_id", "paper_id", "created_at"])
    .expression((row) =>
      row
        .selectFrom(["account", "paper"])
        .select((value) => ["account.id", "paper.id as paper_id", value.val(now).as("created_at")])
        .where("account.id", "=", accountId)
        .where("paper.id", "=", paperId),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Lets a paper back into the list. */
export async function letBack(db: Kysely<Database>, accountId: string, paperId: string): Promise<void> {
  await db.deleteFrom("passed_over").where("account_id", "=", accountId).where("paper_id", "=", paperId).execute();
}

/** What a reader voted for, however long ago, or does not want to be shown. */
async function seenPapers(db: Kysely<Database>, accountId: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("vote")
    .select("paper_id")
    .where("account_id", "=", accountId)
    .union(db.selectFrom("passed_over").select("paper_id").where("account_id", "=", accountId))
    .execute();
  return new Set(rows.map((row) => row.paper_id));
}

async function papersById(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, Paper>> {
  if (ids.length === 0) return new Map();
  const rows = await selectPapers(db).where("paper.id", "in", ids).where("withdrawn_at", "is", null).execute();
  return new Map(rows.map((row) => [row.id, toPaper(row)]));
}

async function foundByText(db: Kysely<Database>, votedId: string): Promise<Found[]> {
  const similar = await similarByText(db, votedId, eachByText);
  return similar.map(({ id, reason }, place) => ({
    paperId: id,
    votedId,
    closeness: 1 / (2 + place),
    link: reason.charAt(0).toLowerCase() + reason.slice(1),
    spread: undefined,
  }));
}

function toFound({ from, neighbour }: NearPair): Found {
  const { id, closeness, spread } = neighbour;
  return { paperId: id, votedId: from, closeness, link: writeLink(neighbour), spread };
}

function groupByPaper(found: readonly Found[]): Map<string, Found[]> {
  const groups = new Map<string, Found[]>();
  for (const one of found) {
    const group = groups.get(one.paperId);
    if (group === undefined) groups.set(one.paperId, [one]);
    else group.push(one);
  }
  return groups;
}
