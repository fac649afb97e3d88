import { GuidanceLogitsError } from "./errors.ts";

/** A token that the model offers, and its probability among those offered. */
export interface OfferedToken {
  readonly token: number;
  readonly logit: number;
  readonly probability: number;
}

/** What is offered; the paper takes 50 and 0.9. */
export interface OfferOptions {
  readonly topK: number;
  readonly topP: number;
  /** Logits are divided by it before top-p. Default 1; 0, where the likeliest is taken, counts as 1. */
  readonly temperature?: number;
}

/**
 * The candidates of a step, likeliest first: the k best logits, those equal to the k-th included; of these the likeliest up
 * to and including the first with which their probability exceeds p; without those whose float32 probability is 0.
 * Paper, section "guided generation", steps 2 to 4.
 * @param logits `[vocabulary]`; −∞ is never offered.
 * @throws {GuidanceLogitsError} when the largest is not finite.
 */
export function offeredTokens(
  logits: Float32Array | Float64Array,
  { topK, topP, temperature = 1 }: OfferOptions,
): OfferedToken[] {
  const least = kthLargest(logits, topK);
  const best: { token: number; logit: number }[] = [];
  for (const [token, logit] of logits.entries()) {
    if (Number.isNaN(logit)) throw new GuidanceLogitsError(logit);
    if (logit >= least && logit > -Infinity) best.push({ token, logit });
  }
  best.sort((a, b) => b.logit - a.logit || a.token - b.token);
  const largest = best[0]?.logit ?? -Infinity;
  if (!Number.isFinite(largest)) throw new GuidanceLogitsError(largest);
  const weights = best.map(({ logit }) => Math.exp((logit - largest) / (temperature || 1)));
  const total = sum(weights);
  let [count, reached] = [0, 0];
  // At p = 1 rounding must not cut the end off.
  const enough = topP < 1 ? topP * total : Infinity;
  for (; count < best.length && reached <= enough; count++) reached += weights[count] ?? 0;
  const left = sum(weights.slice(0, count));
  return best
    .slice(0, count)
    .map(({ token, logit }, place) => ({ token, logit, probability: (weights[place] ?? 0) / left }))
    .filter(({ probability }) => Math.fround(probability) !== 0);
}

/** Which candidates stay. */
export interface Kept {
  /** Places among the candidates, best-scored first. */
  readonly places: readonly number[];
  /** Too few passed, and the best-scored stay instead. */
  readonly fallback: boolean;
}

/** When a candidate stays: the paper keeps at least 5. */
export interface KeepOptions {
  /** A score must be above it. */
  readonly threshold: number;
  /** Where no more than this many pass, this many of the best-scored stay, whatever their scores. */
  readonly keepMin: number;
}

/**
 * Of scored candidates those above the threshold, or the best-scored where too few are; of equal scores the higher token
 * id is the better. Paper, section "guided generation", steps 6 and 7.
 * @param tokens their ids.
 * @param scores as many numbers.
 */
export function keptCandidates(
  tokens: readonly number[],
  scores: ArrayLike<number>,
  { threshold, keepMin }: KeepOptions,
): Kept {
  const order = [...tokens.keys()].toSorted(byScore(tokens, scores));
  const passed = order.filter((place) => (scores[place] ?? NaN) > threshold);
  if (passed.length > keepMin) return { places: passed, fallback: false };
  return { places: order.slice(0, keepMin), fallback: true };
}

/** Orders places by falling score; of equal scores the higher token id goes first. */
export function byScore(tokens: readonly number[], scores: ArrayLike<number>): (a: number, b: number) => number {
  return (a, b) => (scores[b] ?? NaN) - (scores[a] ?? NaN) || (tokens[b] ?? 0) - (tokens[a] ?? 0);
}

/** The k-th largest value; −∞ when there are no more than k. */
function kthLargest(values: Float32Array | Float64Array, k: number): number {
  if (k >= values.length) return -Infinity;
  if (k > 256) return values.toSorted().at(-k) ?? -Infinity;
  const best = new Float64Array(k).fill(-Infinity); // ascending
  for (const value of values) {
    if (!(value > (best[0] ?? NaN))) continue;
    let place = 0;
    while (place + 1 < k && (best[place + 1] ?? NaN) < value) best[place] = best[++place] ?? NaN;
    best[place] = value;
  }
  return best[0] ?? -Infinity;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
