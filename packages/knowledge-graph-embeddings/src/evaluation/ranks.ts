import { ConstantScoresError, NonFiniteScoresError, type QueryPlace, ScoreBlockError } from "./errors.ts";
import { knownAnswers, type KnownAnswers } from "./filter.ts";
import type { Queries, Questions } from "./queries.ts";

/**
 * Filtered ranks of the true answers, 1 = best, one entry a query. Candidates are all entities but the other known answers.
 * With G candidates above the answer's score and E others equal to it: optimistic 1 + G, pessimistic 1 + G + E (the
 * convention of the official NFE code), realistic the mean of both (halves possible). Berrendorf et al. 2020 (arXiv:2002.06914).
 */
export interface Ranks {
  readonly optimistic: Int32Array;
  readonly realistic: Float64Array;
  readonly pessimistic: Int32Array;
  /** Number of candidates left after filtering, the answer among them: the worst rank possible. */
  readonly candidates: Int32Array;
}

export type RankConvention = "optimistic" | "realistic" | "pessimistic";

/**
 * What to do with a row whose N > 1 scores are all equal. `"refuse"` throws at the first one: a trained model scores no
 * query so, whereas a collapsed or forgotten one does, and with optimistic ties it would look perfect. `"rank"` ranks
 * it like any other row, to look into such a model.
 */
export type ConstantScores = "refuse" | "rank";

/** Room for the ranks of `count` queries. */
export function emptyRanks(count: number): Ranks {
  return {
    optimistic: new Int32Array(count),
    realistic: new Float64Array(count),
    pessimistic: new Int32Array(count),
    candidates: new Int32Array(count),
  };
}

/**
 * Ranks the queries `start` to `start + rows` into `ranks`; `scores` is only read.
 * @param scores `[rows, N]`, row-major; higher is better.
 * @throws {NonFiniteScoresError} on NaN or an infinity, {ConstantScoresError} unless constant rows are to be ranked,
 * {ScoreBlockError} when `scores` is not a whole number of rows.
 */
export function rankBlock(
  scores: Float32Array,
  queries: Queries,
  start: number,
  known: KnownAnswers,
  ranks: Ranks,
  constantScores: ConstantScores = "refuse",
): void {
  const { entityCount } = known;
  const rows = scores.length / entityCount;
  if (!Number.isInteger(rows) || start + rows > queries.answers.length) {
    throw new ScoreBlockError(
      `scores: wanted rows of ${entityCount} for at most ${queries.answers.length - start} queries, ` +
        `got ${scores.length} numbers`,
    );
  }
  const counts = { above: 0, atLeast: 0, sum: 0 };
  for (let row = 0; row < rows; row++) {
    const query = start + row;
    const from = row * entityCount;
    const answer = queries.answers[query]!;
    const target = scores[from + answer]!;
    countRow(scores, from, from + entityCount, target, counts);
    if (!Number.isFinite(counts.sum)) refuseNonFinite(scores, from, entityCount, placeOf(queries, query));
    let { above, atLeast } = counts;
    if (constantScores === "refuse" && entityCount > 1 && above === 0 && atLeast === entityCount) {
      throw new ConstantScoresError(placeOf(queries, query), entityCount, target);
    }
    let candidates = entityCount;
    for (const other of knownAnswers(known, queries.anchors[query]!, queries.relations[query]!)) {
      if (other === answer) continue;
      const score = scores[from + other]!;
      candidates -= 1;
      if (score > target) above -= 1;
      if (score >= target) atLeast -= 1;
    }
    ranks.optimistic[query] = 1 + above;
    ranks.pessimistic[query] = atLeast; // the answer itself is one of them
    ranks.realistic[query] = (1 + above + atLeast) / 2;
    ranks.candidates[query] = candidates;
  }
}

/** @throws {NonFiniteScoresError} naming the first NaN or infinity among the `entityCount` scores from `from`. */
export function checkFiniteRow(scores: Float32Array, from: number, entityCount: number, place: () => QueryPlace): void {
  let sum = 0;
  for (let i = from; i < from + entityCount; i++) sum += scores[i]!;
  if (!Number.isFinite(sum)) refuseNonFinite(scores, from, entityCount, place());
}

/** The query as an error names it. */
export function placeOf({ anchors, relations }: Questions, query: number): QueryPlace {
  return { query, anchor: anchors[query]!, relation: relations[query]! };
}

/**
 * How many of `scores[from..to)` are above and at least `target`, and their sum: a float64 sum of float32 numbers is finite
 * exactly when all of them are. Booleans are added as numbers, four at a time: no branch depends on the data,
 * and the sums do not wait for one another (2.5 to 4 times faster than `if (x > target) above++`).
 */
function countRow(
  scores: Float32Array,
  from: number,
  to: number,
  target: number,
  counts: { above: number; atLeast: number; sum: number },
): void {
  let above = 0;
  let atLeast = 0;
  let sum = 0;
  let i = from;
  for (; i < to - 3; i += 4) {
    const a = scores[i]!;
    const b = scores[i + 1]!;
    const c = scores[i + 2]!;
    const d = scores[i + 3]!;
    above = (above + +(a > target) + +(b > target) + +(c > target) + +(d > target)) | 0;
    atLeast = (atLeast + +(a >= target) + +(b >= target) + +(c >= target) + +(d >= target)) | 0;
    sum += a + b + (c + d);
  }
  for (; i < to; i++) {
    const x = scores[i]!;
    above += +(x > target);
    atLeast += +(x >= target);
    sum += x;
  }
  counts.above = above;
  counts.atLeast = atLeast;
  counts.sum = sum;
}

function refuseNonFinite(scores: Float32Array, from: number, entityCount: number, place: QueryPlace): never {
  const row = scores.subarray(from, from + entityCount);
  const candidate = row.findIndex((score) => !Number.isFinite(score));
  throw new NonFiniteScoresError(place, candidate, row[candidate]!);
}
