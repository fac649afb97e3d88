import type { RandomStream } from "@offprint/training";
import { byScore, keptCandidates, type KeepOptions, type OfferedToken } from "./mask.ts";

/**
 * Drawing a token and scoring only as many candidates as that takes.
 *
 * Each candidate gets a key: its logit over the temperature, plus its own Gumbel noise. Within any set K that does not
 * depend on the noise, the largest key belongs to each candidate with its probability under the model restricted to K
 * (Gumbel's trick). So the first candidate of K in the order of falling keys is a draw from exactly what full scoring leaves.
 *
 * Let w be the first in that order that passes. If more than keepMin pass, K is all that pass, and w is drawn. If not, K is
 * the keepMin best-scored; all that pass are among them, so w is drawn unless one before it is among them, too. So w is
 * certain once keepMin candidates are known to rank above each one before w: at once where the first candidate passes.
 * Whatever is not scored then changes nothing. With a penalty ≤ 0 on the keys instead of a mask, the best penalised key is
 * certain once it is not below the next key.
 */
export interface Race extends KeepOptions {
  readonly offered: readonly OfferedToken[];
  /** `[offered]`, see {@link raceKeys}. */
  readonly keys: Float64Array;
  /** Instead of a mask: what a key loses for a score, ≤ 0. */
  readonly penalty?: ((score: number) => number) | undefined;
  /** Go on until it is known whether the fallback decided. */
  readonly untilFallbackKnown?: boolean | undefined;
  /** `[offered]`, NaN where unknown. */
  readonly scores: Float64Array;
  /** Finds the scores of these places. */
  readonly score: (places: readonly number[]) => Promise<void>;
}

export interface RaceResult {
  /** The place that is drawn. */
  readonly winner: number;
  /** Too few passed, and the best-scored raced; `null` where the same one wins either way. */
  readonly fallback: boolean | null;
  /** `[offered]`: whether each could be drawn; `null` where that is not known. */
  readonly kept: readonly (boolean | null)[];
}

/** Keys of a draw at a temperature; without noise, so that the likeliest wins, at 0. */
export function raceKeys(offered: readonly OfferedToken[], temperature: number, random: RandomStream): Float64Array {
  if (temperature === 0) return Float64Array.from(offered, ({ logit }) => logit);
  return Float64Array.from(offered, ({ logit }) => logit / temperature - Math.log(-Math.log(random.uniform())));
}

/** Scores in the order of falling keys, in growing portions, until the winner is certain. */
export async function race(given: Race): Promise<RaceResult> {
  const { offered, keys, penalty, score, keepMin, untilFallbackKnown = false } = given;
  const order = [...offered.keys()].toSorted((a, b) => (keys[b] ?? NaN) - (keys[a] ?? NaN));
  let portion = untilFallbackKnown ? keepMin + 1 : 1;
  for (let count = 0; ;) {
    await score(order.slice(count, count + portion));
    count += portion;
    portion = Math.max(count, keepMin);
    const result = penalty ? softResult(given, penalty, order, count) : maskResult(given, order, count);
    if (result) return result;
  }
}

/** The result when the first `count` candidates of the order have scores; undefined while it is not certain. */
function maskResult(given: Race, order: readonly number[], count: number): RaceResult | undefined {
  const { offered, scores, threshold, keepMin, untilFallbackKnown = false } = given;
  const tokens = offered.map(({ token }) => token);
  if (count >= order.length) {
    const { places, fallback } = keptCandidates(tokens, scores, { threshold, keepMin });
    const kept = new Set(places);
    const winner = order.find((place) => kept.has(place)) ?? 0;
    return { winner, fallback, kept: tokens.map((_, place) => kept.has(place)) };
  }
  const scored = order.slice(0, count);
  const passes = (place: number): boolean => (scores[place] ?? NaN) > threshold;
  const first = scored.findIndex(passes);
  const enough = scored.filter(passes).length > keepMin;
  if (first < 0 || (untilFallbackKnown && !enough)) return undefined;
  const rank = byScore(tokens, scores);
  const out = new Set(enough ? scored.filter((place) => !passes(place)) : scored.slice(0, first));
  const surely = (place: number): boolean => scored.filter((other) => rank(other, place) < 0).length >= keepMin;
  if (!enough && ![...out].every(surely)) return undefined;
  const kept = tokens.map((_, place) => (out.has(place) ? false : passes(place) || null));
  return { winner: scored[first] ?? 0, fallback: enough ? false : null, kept };
}

function softResult(
  { offered, keys, scores }: Race,
  penalty: (score: number) => number,
  order: readonly number[],
  count: number,
): RaceResult | undefined {
  const penalised = (place: number): number => (keys[place] ?? NaN) + penalty(scores[place] ?? NaN);
  const winner = order.slice(0, count).reduce((best, place) => (penalised(place) > penalised(best) ? place : best));
  const next = order[count];
  if (next !== undefined && penalised(winner) < (keys[next] ?? NaN)) return undefined;
  return { winner, fallback: false, kept: offered.map(() => true) };
}
