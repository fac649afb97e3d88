import type { RandomStream } from "@offprint/training";
import { GenerationError } from "./errors.ts";

/** How the next token is chosen from the logits. What is absent does nothing; tokens that tie at a border all stay. */
export interface SamplingOptions {
  /** Logits are divided by it; 0, or absent: the likeliest token, and nothing is drawn. */
  readonly temperature?: number | undefined;
  /** Only the k likeliest. */
  readonly topK?: number | undefined;
  /** Only the likeliest that together reach this probability, in (0, 1]. Holtzman et al. 2020 (arXiv:1904.09751). */
  readonly topP?: number | undefined;
  /** Only those with at least this share of the likeliest one's probability, in [0, 1]. Nguyen et al. 2024 (arXiv:2407.01082). */
  readonly minP?: number | undefined;
  /**
   * Logits of tokens that occurred already, prompt included, are divided by it where positive and multiplied where
   * negative; above 1 repeats less. Keskar et al. 2019 (arXiv:1909.05858).
   */
  readonly repetitionPenalty?: number | undefined;
}

/** @throws {GenerationError} naming the option and its range. */
export function checkSampling({ temperature = 0, topK = 1, topP = 1, minP = 0, ...rest }: SamplingOptions): void {
  const { repetitionPenalty = 1 } = rest;
  const wrong = (option: string, value: number, wanted: string) =>
    new GenerationError(`${option} is ${value}; it must be ${wanted}`);
  if (!(temperature >= 0 && temperature < Infinity)) throw wrong("temperature", temperature, "a number, 0 or more");
  if (!Number.isSafeInteger(topK) || topK < 1) throw wrong("topK", topK, "a whole number, 1 or more");
  if (!(topP > 0 && topP <= 1)) throw wrong("topP", topP, "above 0, at most 1");
  if (!(minP >= 0 && minP <= 1)) throw wrong("minP", minP, "from 0 to 1");
  if (!(repetitionPenalty > 0 && repetitionPenalty < Infinity))
    throw wrong("repetitionPenalty", repetitionPenalty, "a number above 0");
}

/** Changes the logits of tokens that occurred already. */
function penalizeRepetition(logits: Float32Array, seen: Iterable<number>, penalty: number): void {
  for (const token of new Set(seen)) {
    const logit = logits[token] ?? 0;
    logits[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/** The place of the largest value; the first of several. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i;
  return best;
}

/**
 * What the next token is drawn from: probabilities after temperature, top-k, top-p and min-p, in this order; they sum to 1.
 * @param options `temperature` above 0.
 */
export function tokenProbabilities(logits: Float32Array, options: SamplingOptions): Float64Array {
  const { temperature = 1, topK = logits.length, topP = 1, minP = 0 } = options;
  // In ascending order; sorting values alone is many times faster than sorting tokens by them.
  const sorted = topK < logits.length || topP < 1 ? logits.toSorted() : undefined;
  const largest = sorted?.at(-1) ?? logits[likeliest(logits)] ?? 0;
  const weight = (logit: number): number => Math.exp((logit - largest) / temperature);
  let least = -Infinity;
  if (sorted) {
    const kept = sorted.subarray(Math.max(sorted.length - topK, 0));
    least = kept[0] ?? -Infinity;
    if (topP < 1) {
      const total = kept.reduce((sum, logit) => sum + weight(logit), 0);
      let [at, reached] = [kept.length, 0];
      while (at > 0 && reached < topP * total) reached += weight(kept[--at] ?? 0);
      least = kept[at] ?? least;
    }
  }
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const logit = logits[i] ?? 0;
    const own = logit >= least ? weight(logit) : 0;
    if (own >= minP) total += weights[i] = own;
  }
  return weights.map((value) => value / total);
}

/** The place where a uniform number in [0, 1) falls when the probabilities lie side by side. */
export function draw(probabilities: Float64Array, uniform: number): number {
  let [last, reached] = [0, 0];
  for (const [i, probability] of probabilities.entries()) {
    if (probability === 0) continue;
    reached += probability;
    last = i;
    if (uniform < reached) break;
  }
  return last;
}

/**
 * The next token.
 * @param seen tokens before it, for the repetition penalty.
 * @throws {GenerationError} when every token is forbidden.
 */
export function chooseToken(
  logits: Float32Array,
  seen: Iterable<number>,
  options: SamplingOptions,
  random: RandomStream,
): number {
  const { temperature = 0, repetitionPenalty = 1 } = options;
  const best = logits[likeliest(logits)] ?? NaN;
  if (!Number.isFinite(best)) throw new GenerationError(`no token can be chosen: the largest logit is ${best}`);
  const penalized = logits.slice();
  if (repetitionPenalty !== 1) penalizeRepetition(penalized, seen, repetitionPenalty);
  if (temperature === 0) return likeliest(penalized);
  return draw(tokenProbabilities(penalized, options), random.uniform());
}
