import { selectTriples, type Triples } from "../data/triples.ts";
import { scoreBlocks, type Scoring } from "./blocks.ts";
import { includesSorted, knownAnswers, type KnownAnswers } from "./filter.ts";
import { type Queries, queriesOf } from "./queries.ts";
import { checkFiniteRow, placeOf } from "./ranks.ts";

/** Scores of true and false answers, ascending by score; arrays of one length. */
export interface LabelledScores {
  readonly scores: Float64Array;
  /** 1 for the query's own answer, 0 for an entity that is not known to answer it. */
  readonly labels: Uint8Array;
  /** How many candidates the row stands for. */
  readonly weights: Float64Array;
  /** Which query the row belongs to, and which triple that came from: rows of one triple are not independent. */
  readonly queries: Int32Array;
  readonly triples: Int32Array;
}

export interface SampleOptions extends Scoring {
  /** Triples the model was not trained on: validation. */
  readonly split: Triples;
  /** Entities never taken as false answers. Of train and validation only: the test split must stay unseen. */
  readonly known: KnownAnswers;
  /** Numbers evenly drawn from [0, 1). */
  readonly random: () => number;
  /** Weighs the false answers of each query as this many random corruptions; by default as all of them. */
  readonly corruptions?: number;
  /** Triples used at most, drawn evenly; default 2,500. */
  readonly maxTriples?: number;
}

/** False answers of a query that are kept: its best-scored ones, and as many of the rest. */
const HARDEST = 16;
const DRAWN = 16;

/**
 * Scores of true and false answers for a calibrator. Each query gives its true answer, weight 1, and false answers whose weights add
 * up to all entities not known to answer it (or to `corruptions`). Those that rank highest decide how far the top of a
 * list can be trusted and are rare, so they are all taken; the long rest is sampled, and each row drawn weighs what it stands for.
 * @throws {NonFiniteScoresError} on NaN or an infinity.
 */
export async function sampleLabelledScores(options: SampleOptions): Promise<LabelledScores> {
  const { split, known, random, corruptions, maxTriples = 2500 } = options;
  const { entityCount } = known;
  const queries = queriesOf(drawTriples(split, maxTriples, random), known);
  const rows: Row[] = [];
  let ranked = 0;
  for await (const { start, rows: count, scores } of scoreBlocks(queries, entityCount, options)) {
    for (let query = Math.max(ranked, start); query < start + count; query++) {
      const from = (query - start) * entityCount;
      checkFiniteRow(scores, from, entityCount, () => placeOf(queries, query));
      const row = scores.subarray(from, from + entityCount);
      const add = (entity: number, label: 0 | 1, weight: number): void => {
        rows.push({ score: row[entity]!, label, weight, query, triple: queries.triples[query]! });
      };
      const excluded = excludedOf(queries, query, known);
      add(queries.answers[query]!, 1, 1);
      const falseCount = entityCount - excluded.length;
      const scale = corruptions === undefined ? 1 : corruptions / falseCount;
      const hard = bestScored(row, excluded, falseCount <= HARDEST + DRAWN ? falseCount : HARDEST);
      for (const entity of hard) add(entity, 0, scale);
      const rest = falseCount - hard.length;
      const taken = rest === 0 ? new Set<number>() : drawRest(entityCount, excluded, hard, DRAWN, random);
      for (const entity of taken) add(entity, 0, (scale * rest) / taken.size);
    }
    ranked = start + count;
  }
  return sortedColumns(rows);
}

interface Row {
  readonly score: number;
  readonly label: 0 | 1;
  readonly weight: number;
  readonly query: number;
  readonly triple: number;
}

/** `count` triples drawn evenly without repeats, or all of them. */
function drawTriples(split: Triples, count: number, random: () => number): Triples {
  if (split.length <= count) return split;
  const order = Array.from({ length: split.length }, (_, row) => row);
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (order.length - i));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return selectTriples(split, order.slice(0, count));
}

/** Entities that are no false answers, ascending: the known answers and the query's own. */
function excludedOf(queries: Queries, query: number, known: KnownAnswers): Int32Array {
  const answer = queries.answers[query]!;
  const others = knownAnswers(known, queries.anchors[query]!, queries.relations[query]!);
  if (includesSorted(others, answer)) return others;
  const all = new Int32Array(others.length + 1).fill(answer);
  all.set(others);
  return all.toSorted();
}

/** The `count` best-scored entities of a row that are not excluded, best first. */
function bestScored(row: Float32Array, excluded: Int32Array, count: number): number[] {
  const best: number[] = [];
  let threshold = Number.NEGATIVE_INFINITY;
  let entity = 0;
  for (let gap = 0; gap <= excluded.length; gap++) {
    const end = excluded[gap] ?? row.length;
    for (; entity < end; entity++) {
      const score = row[entity]!;
      if (best.length === count && score <= threshold) continue;
      if (best.length === count) best.pop();
      let place = best.length;
      while (place > 0 && row[best[place - 1]!]! < score) place -= 1;
      best.splice(place, 0, entity);
      threshold = row[best.at(-1)!]!;
    }
    entity = end + 1;
  }
  return best;
}

/** `count` entities that are neither excluded nor taken already, drawn evenly without repeats. */
function drawRest(
  entityCount: number,
  excluded: Int32Array,
  taken: readonly number[],
  count: number,
  random: () => number,
): Set<number> {
  const drawn = new Set<number>();
  while (drawn.size < count) {
    const entity = Math.floor(random() * entityCount);
    if (!includesSorted(excluded, entity) && !taken.includes(entity)) drawn.add(entity);
  }
  return drawn;
}

function sortedColumns(rows: Row[]): LabelledScores {
  rows.sort((a, b) => a.score - b.score);
  return {
    scores: Float64Array.from(rows, ({ score }) => score),
    labels: Uint8Array.from(rows, ({ label }) => label),
    weights: Float64Array.from(rows, ({ weight }) => weight),
    queries: Int32Array.from(rows, ({ query }) => query),
    triples: Int32Array.from(rows, ({ triple }) => triple),
  };
}
