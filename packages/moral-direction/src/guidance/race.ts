import type { RandomStream } from "@offprint/training";
import { keptCandidates, type KeepOptions, type OfferedToken } from "./mask.ts";

/**
 * Drawing a token and scoring only as many candidates as that takes.
 *
 * Each candidate i gets a key: its logit over the temperature, plus its own Gumbel noise. For any set K that does not depend
 * on the noise, the largest key within K belongs to j with probability exp(key logit j) / Σ over K (Gumbel's trick): it is a
 * draw from the model's probabilities restricted to K. So the token that full scoring would draw is the first candidate of
 * K in the order of falling keys, and K is "score above the threshold" as soon as more than keepMin are known to be.
 * Scoring in that order may stop there: whatever is not scored has a smaller key. Only when all are scored can the
 * fallback be K. With a penalty ≤ 0 on the keys instead, it may stop when the best penalised key is above the next key.
 * What is scored depends on the noise, what is drawn from does not: the distribution is exactly that of full scoring.
 */
export interface Race extends KeepOptions {
  readonly offered: readonly OfferedToken[];
  /** `[offered]`, see {@link raceKeys}. */
  readonly keys: Float64Array;
  /** Instead of a mask: what a key loses for a score, ≤ 0. */
  readonly penalty?: ((score: number) => number) | undefined;
  /** `[offered]`, NaN where unknown. */
  readonly scores: Float64Array;
  /** Finds the scores of these places. */
  readonly score: (places: readonly number[]) => Promise<void>;
}

export interface RaceResult {
  /** The place that is drawn. */
  readonly winner: number;
  /** Too few passed, and the best-scored raced. */
  readonly fallback: boolean;
  /** `[offered]`: whether each could be drawn; `null` where that is not known. */
  readonly kept: readonly (boolean | null)[];
}

/** Keys of a draw at a temperature; without noise, so that the likeliest wins, at 0. */
export function raceKeys(offered: readonly OfferedToken[], temperature: number, random: RandomStream): Float64Array {
  if (temperature === 0) return Float64Array.from(offered, ({ logit }) => logit);
  return Float64Array.from(offered, ({ logit }) => logit / temperature - Math.log(-Math.log(random.uniform())));
}

/** Scores in the order of falling keys, each time as many as are known already, until the winner is certain. */
export async function race(given: Race): Promise<RaceResult> {
  const { offered, keys, penalty, scores, score, threshold, keepMin } = given;
  const key = (place: number): number => keys[place] ?? NaN;
  const known = (place: number): number => scores[place] ?? NaN;
  const order = [...offered.keys()].toSorted((a, b) => key(b) - key(a));
  const tokens = offered.map(({ token }) => token);
  for (let scored: readonly number[] = [], passed = scored; ;) {
    const more = Math.max(penalty ? 4 : keepMin + 1 - passed.length, scored.length);
    await score(order.slice(scored.length, scored.length + more));
    scored = order.slice(0, scored.length + more);
    passed = scored.filter((place) => known(place) > threshold);
    const all = scored.length === order.length;
    const unknown = order[scored.length] ?? NaN;
    if (penalty) {
      const penalised = (place: number): number => key(place) + penalty(known(place));
      const winner = scored.reduce((best, place) => (penalised(place) > penalised(best) ? place : best));
      if (all || penalised(winner) >= key(unknown)) return { winner, fallback: false, kept: tokens.map(() => true) };
    } else if (all || passed.length > keepMin) {
      const { places, fallback } = all
        ? keptCandidates(tokens, scores, { threshold, keepMin })
        : { places: passed, fallback: false };
      const kept = new Set(places);
      const winner = scored.find((place) => kept.has(place)) ?? 0;
      const judged = (place: number) => (Number.isNaN(known(place)) ? null : kept.has(place));
      return { winner, fallback, kept: tokens.map((_, place) => judged(place)) };
    }
  }
}
