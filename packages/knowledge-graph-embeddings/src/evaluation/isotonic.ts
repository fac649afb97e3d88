import type { LabelledScores } from "./labelled-scores.ts";

/** A non-decreasing, piecewise linear map: `probabilities[i]` at `scores[i]`, ascending, constant beyond the ends. */
export interface Isotonic {
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
}

/** The probability that an isotonic fit gives a score. */
export function isotonicProbability({ scores, probabilities }: Isotonic, score: number): number {
  let low = 0; // scores before low are at most `score`
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (scores[middle]! <= score) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return probabilities[0]!;
  if (low === scores.length) return probabilities[low - 1]!;
  const share = (score - scores[low - 1]!) / (scores[low]! - scores[low - 1]!);
  return probabilities[low - 1]! + share * (probabilities[low]! - probabilities[low - 1]!);
}

/**
 * The non-decreasing step function nearest to the labels in weighted squares, made continuous between its steps. One made-up true
 * answer at the lowest score and one false at the highest keep every probability inside of (0, 1): a run of n true answers
 * at the top of the scale gives n/(n + 1), not certainty.
 * @param samples ascending by score.
 */
export function fitIsotonic({
  scores,
  labels,
  weights,
}: Pick<LabelledScores, "scores" | "labels" | "weights">): Isotonic {
  const points: Point[] = [];
  const add = (score: number, weight: number, sum: number): void => {
    const last = points.at(-1);
    if (last?.score === score) {
      last.weight += weight;
      last.sum += sum;
    } else {
      points.push({ score, weight, sum });
    }
  };
  const [lowest, highest] = [scores[0]!, scores.at(-1)!];
  add(lowest, 1, 1);
  scores.forEach((score, i) => add(score, weights[i]!, weights[i]! * labels[i]!));
  add(highest, 1, 0);

  const means = poolAdjacentViolators(
    points.map(({ sum, weight }) => sum / weight),
    points.map(({ weight }) => weight),
  );
  // Inner points of a level run add nothing: keep its two ends.
  const ends = points.flatMap((_, i) => (means[i] === means[i - 1] && means[i] === means[i + 1] ? [] : [i]));
  return { scores: ends.map((i) => points[i]!.score), probabilities: ends.map((i) => means[i]!) };
}

interface Point {
  readonly score: number;
  weight: number;
  sum: number;
}

/** The non-decreasing sequence nearest to `values` in weighted squares; linear time (Ayer et al. 1955). */
export function poolAdjacentViolators(values: readonly number[], weights: readonly number[]): Float64Array {
  const pools: { sum: number; weight: number; count: number }[] = [];
  values.forEach((value, i) => {
    let pool = { sum: value * weights[i]!, weight: weights[i]!, count: 1 };
    for (let last = pools.at(-1); last && last.sum / last.weight >= pool.sum / pool.weight; last = pools.at(-1)) {
      pool = { sum: last.sum + pool.sum, weight: last.weight + pool.weight, count: last.count + pool.count };
      pools.pop();
    }
    pools.push(pool);
  });
  const fitted = new Float64Array(values.length);
  let at = 0;
  for (const { sum, weight, count } of pools) {
    fitted.fill(sum / weight, at, at + count);
    at += count;
  }
  return fitted;
}
