import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { leastPapers } from "./graph.ts";
import type { Neighbour } from "./nearest.ts";
import { fromStored, neighboursSchema, type StoredNeighbour } from "./neighbour.ts";

/** A paper that lies near another one. */
export interface NearPair {
  /** The paper that was asked about. */
  readonly from: string;
  readonly neighbour: Neighbour;
}

/** As many papers that hold an asked one to be near are read, the newest first. */
const mostReverse = 400;

/**
 * What lies near these papers: their own neighbours, and the papers that have one of them as a neighbour, so that a new
 * paper is found from an old one that has enough of its own.
 */
export async function pairsNear(db: Kysely<Database>, ids: readonly string[]): Promise<NearPair[]> {
  if (ids.length === 0) return [];
  const asked = new Set(ids);
  const rows = await db
    .selectFrom("paper_neighbours")
    .innerJoin("paper", "paper.id", "paper_neighbours.paper_id")
    .select(["paper_id", "facts"])
    .where((row) => row.or([row("paper_id", "in", ids), sql<boolean>`ids && ${sql.val([...ids])}::text[]`]))
    .orderBy(sql`paper_id = any(${sql.val([...ids])}::text[])`, "desc")
    .orderBy("paper.published_on", "desc")
    .orderBy("paper_id")
    .limit(ids.length + mostReverse)
    .execute();
  const pairs = new Map<string, NearPair>();
  for (const { paper_id, facts } of rows) {
    for (const stored of neighboursSchema.parse(facts)) {
      const neighbour = fromStored(stored);
      if (asked.has(paper_id)) pairs.set(`${paper_id} ${stored.id}`, { from: paper_id, neighbour });
      if (!asked.has(stored.id)) continue;
      const key = `${stored.id} ${paper_id}`;
      // The spread is that of the paper at the other end, which is not the one that is shown.
      const reverse = { ...neighbour, id: paper_id, spread: undefined };
      if (!pairs.has(key)) pairs.set(key, { from: stored.id, neighbour: reverse });
    }
  }
  return [...pairs.values()];
}

/** Whether neighbours are to be looked for: some of the newest papers have none, and there are enough to compare. */
export async function lacksNeighbours(db: Kysely<Database>, most: number): Promise<boolean> {
  const { papers, lacking } = await db
    .selectFrom(
      db
        .selectFrom("paper")
        .select("id")
        .where("withdrawn_at", "is", null)
        .orderBy("published_on", "desc")
        .orderBy("id")
        .limit(most)
        .as("newest"),
    )
    .leftJoin("paper_neighbours", "paper_neighbours.paper_id", "newest.id")
    .select([
      sql<number>`count(*)::int`.as("papers"),
      sql<number>`(count(*) filter (where paper_neighbours.paper_id is null))::int`.as("lacking"),
    ])
    .executeTakeFirstOrThrow();
  return papers >= leastPapers && lacking > 0;
}

export interface PaperNeighbours {
  readonly id: string;
  readonly neighbours: readonly StoredNeighbour[];
}

/** Keeps what was found; papers that are gone since are passed over, and what is the same already is not written. */
export async function saveNeighbours(
  db: Kysely<Database>,
  found: readonly PaperNeighbours[],
  now: Date,
): Promise<void> {
  const rows = JSON.stringify(
    found.map(({ id, neighbours }) => ({ id, ids: neighbours.map((one) => one.id), facts: neighbours })),
  );
  await sql`
    insert into paper_neighbours (paper_id, ids, facts, made_at)
    select paper.id, t.ids, t.facts, ${now}::timestamptz
    from jsonb_to_recordset(${rows}::jsonb) as t (id text, ids text[], facts jsonb) join paper on paper.id = t.id
    on conflict (paper_id) do update set ids = excluded.ids, facts = excluded.facts, made_at = excluded.made_at
    where paper_neighbours.facts <> excluded.facts`.execute(db);
}
