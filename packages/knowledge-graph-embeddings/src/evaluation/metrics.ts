import type { RankConvention, Ranks } from "./ranks.ts";

/** Plain means over queries. `hits` maps k to the share of queries whose rank is at most k. */
export interface RankMetrics {
  readonly mrr: number;
  readonly mr: number;
  readonly hits: Readonly<Record<string, number>>;
}

/** What is reported for any group of queries; ranks are realistic (ties share the mean of their places). */
export interface GroupMetrics extends RankMetrics {
  readonly queries: number;
  /** Adjusted mean rank index: 1 is perfect, 0 is chance, below 0 is worse; null where each query has one candidate. */
  readonly amri: number | null;
  /** Share of queries whose answer ties with another candidate. */
  readonly tied: number;
}

/** A group's metrics with what they are worth against chance, and under each tie rule. */
export interface Summary extends GroupMetrics {
  /** Adjusted mean rank: mean rank over its expectation by chance; 1 is chance, lower is better. */
  readonly amr: number;
  /** (value − chance) / (1 − chance): 1 is perfect, 0 is chance; null where chance is perfect. */
  readonly adjusted: { readonly mrr: number | null; readonly hits: Readonly<Record<string, number | null>> };
  /** Expectation when the candidates left after filtering are put in random order. */
  readonly chance: RankMetrics;
  readonly ranks: Readonly<Record<RankConvention, RankMetrics>>;
}

/** The usual k of Hits@k. */
export const defaultHitsAt: readonly number[] = [1, 3, 10];

/** Sums over queries, from which any of the metrics follow. */
export class Tally {
  readonly #hitsAt: readonly number[];
  readonly #optimistic: RankSums;
  readonly #realistic: RankSums;
  readonly #pessimistic: RankSums;
  readonly #chance: RankSums;
  #tied = 0;

  constructor(hitsAt: readonly number[] = defaultHitsAt) {
    this.#hitsAt = hitsAt;
    this.#optimistic = new RankSums(hitsAt);
    this.#realistic = new RankSums(hitsAt);
    this.#pessimistic = new RankSums(hitsAt);
    this.#chance = new RankSums(hitsAt);
  }

  /** Counts one query of `ranks`. */
  add(ranks: Ranks, query: number): void {
    const optimistic = ranks.optimistic[query]!;
    const pessimistic = ranks.pessimistic[query]!;
    this.#optimistic.add(optimistic);
    this.#realistic.add(ranks.realistic[query]!);
    this.#pessimistic.add(pessimistic);
    this.#chance.addChance(ranks.candidates[query]!);
    if (pessimistic > optimistic) this.#tied += 1;
  }

  get queries(): number {
    return this.#realistic.queries;
  }

  group(): GroupMetrics {
    const metrics = this.#realistic.means();
    const amri = adjust(-metrics.mr, -this.#chance.means().mr, -1);
    return { queries: this.queries, ...metrics, amri, tied: this.#tied / this.queries };
  }

  summary(): Summary {
    const group = this.group();
    const chance = this.#chance.means();
    const adjustedHits = this.#hitsAt.map((k) => [k, adjust(group.hits[k]!, chance.hits[k]!, 1)] as const);
    return {
      ...group,
      amr: group.mr / chance.mr,
      adjusted: { mrr: adjust(group.mrr, chance.mrr, 1), hits: Object.fromEntries(adjustedHits) },
      chance,
      ranks: {
        optimistic: this.#optimistic.means(),
        realistic: this.#realistic.means(),
        pessimistic: this.#pessimistic.means(),
      },
    };
  }
}

/** Sums of rank, 1 / rank and hits under one tie rule. */
class RankSums {
  readonly #hitsAt: readonly number[];
  readonly #hits: Float64Array;
  #rank = 0;
  #reciprocal = 0;
  queries = 0;

  constructor(hitsAt: readonly number[]) {
    this.#hitsAt = hitsAt;
    this.#hits = new Float64Array(hitsAt.length);
  }

  add(rank: number): void {
    this.queries += 1;
    this.#rank += rank;
    this.#reciprocal += 1 / rank;
    this.#hitsAt.forEach((k, i) => {
      if (rank <= k) this.#hits[i] = this.#hits[i]! + 1;
    });
  }

  /** Expectations for a rank drawn evenly from 1 to `candidates`. */
  addChance(candidates: number): void {
    this.queries += 1;
    this.#rank += (candidates + 1) / 2;
    this.#reciprocal += harmonic(candidates) / candidates;
    this.#hitsAt.forEach((k, i) => {
      this.#hits[i] = this.#hits[i]! + Math.min(k, candidates) / candidates;
    });
  }

  means(): RankMetrics {
    const hits = this.#hitsAt.map((k, i) => [k, this.#hits[i]! / this.queries] as const);
    return {
      mrr: this.#reciprocal / this.queries,
      mr: this.#rank / this.queries,
      hits: Object.fromEntries(hits),
    };
  }
}

/** `value` on the scale where chance is 0 and `best` is 1; null where chance is already the best. */
function adjust(value: number, chance: number, best: number): number | null {
  return chance === best ? null : (value - chance) / (best - chance);
}

/** 1 + 1/2 + … + 1/n; from 64 on by its asymptotic series, whose error is below 1e-13 there. */
function harmonic(n: number): number {
  if (n >= 64) return Math.log(n) + 0.5772156649015329 + 1 / (2 * n) - 1 / (12 * n ** 2) + 1 / (120 * n ** 4);
  let sum = 0;
  for (let i = n; i >= 1; i--) sum += 1 / i;
  return sum;
}
