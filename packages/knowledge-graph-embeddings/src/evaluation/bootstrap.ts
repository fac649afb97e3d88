import { EvaluationInputError } from "./errors.ts";
import type { Ranks } from "./ranks.ts";

/** Lower and upper end. */
export type Interval = readonly [number, number];

/** Percentile bootstrap intervals of the realistic metrics of a split. */
export interface Intervals {
  readonly method: string;
  readonly level: number;
  readonly samples: number;
  readonly mrr: Interval;
  readonly mr: Interval;
  readonly hits: Readonly<Record<string, Interval>>;
  readonly amri: Interval | null;
}

export interface BootstrapOptions {
  /** Numbers evenly drawn from [0, 1); seed it, and the intervals repeat exactly. */
  readonly random: () => number;
  /** Number of resampled splits; default 1,000. */
  readonly samples?: number;
  /** Share of the resampled values inside of an interval; default 0.95. */
  readonly level?: number;
}

/**
 * Intervals by resampling triples, not queries: the head and the tail query of a triple are answered by the same vectors
 * and so are not independent. They tell how much the figures depend on which triples were held out, not on the training seed.
 * @param triples `[queries]`, the triple that each query was made from.
 */
export function bootstrapIntervals(
  ranks: Ranks,
  triples: Int32Array,
  hitsAt: readonly number[],
  { random, samples = 1000, level = 0.95 }: BootstrapOptions,
): Intervals {
  if (!Number.isInteger(samples) || samples < 1 || !(level > 0 && level < 1)) {
    throw new EvaluationInputError(
      `bootstrap: wanted samples of at least 1 and a level between 0 and 1, got ${samples} and ${level}`,
    );
  }
  const { queries, reciprocal, rank, chanceRank, hits } = sumsByTriple(ranks, triples, hitsAt);
  const resamples = resample([queries, reciprocal, rank, chanceRank, ...hits], samples, random);
  const means = (column: number): number[] => resamples.map((sums) => sums[column]! / sums[0]!);
  const [reciprocals, rankMeans, chanceMeans] = [means(1), means(2), means(3)];
  const amri = rankMeans.map((mr, i) => 1 - (mr - 1) / (chanceMeans[i]! - 1));
  return {
    method: "percentile bootstrap over triples; the head and the tail query of a triple stay together",
    level,
    samples,
    mrr: percentiles(reciprocals, level),
    mr: percentiles(rankMeans, level),
    hits: Object.fromEntries(hitsAt.map((k, i) => [k, percentiles(means(4 + i), level)] as const)),
    amri: amri.every(Number.isFinite) ? percentiles(amri, level) : null,
  };
}

/** Sums over each triple's queries, `[triples]` each. */
function sumsByTriple(ranks: Ranks, triples: Int32Array, hitsAt: readonly number[]) {
  const rowOf = new Map<number, number>();
  for (const triple of triples) if (!rowOf.has(triple)) rowOf.set(triple, rowOf.size);
  const summed = (valueOf: (query: number) => number): Float64Array => {
    const sums = new Float64Array(rowOf.size);
    triples.forEach((triple, query) => {
      const row = rowOf.get(triple)!;
      sums[row] = sums[row]! + valueOf(query);
    });
    return sums;
  };
  const rankOf = (query: number): number => ranks.realistic[query]!;
  return {
    queries: summed(() => 1),
    reciprocal: summed((query) => 1 / rankOf(query)),
    rank: summed(rankOf),
    chanceRank: summed((query) => (ranks.candidates[query]! + 1) / 2),
    hits: hitsAt.map((k) => summed((query) => (rankOf(query) <= k ? 1 : 0))),
  };
}

/** For each of `samples` splits, drawn with replacement and as long as the first: the total of every column. */
function resample(columns: readonly Float64Array[], samples: number, random: () => number): number[][] {
  const rows = columns[0]!.length;
  const drawn = new Int32Array(rows);
  return Array.from({ length: samples }, () => {
    for (let i = 0; i < rows; i++) drawn[i] = Math.floor(random() * rows);
    return columns.map((column) => totalOf(column, drawn));
  });
}

/** The sum of `column` at `rows`; two sums, so that one addition need not wait for the other. */
function totalOf(column: Float64Array, rows: Int32Array): number {
  let even = 0;
  let odd = 0;
  let i = 0;
  for (; i < rows.length - 1; i += 2) {
    even += column[rows[i]!]!;
    odd += column[rows[i + 1]!]!;
  }
  return i < rows.length ? even + odd + column[rows[i]!]! : even + odd;
}

/** The middle `level` of `values`, interpolated linearly between neighbours. */
function percentiles(values: readonly number[], level: number): Interval {
  const sorted = Float64Array.from(values).toSorted();
  const quantile = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const low = sorted[below]!;
    return low + (place - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - low);
  };
  return [quantile((1 - level) / 2), quantile((1 + level) / 2)];
}
