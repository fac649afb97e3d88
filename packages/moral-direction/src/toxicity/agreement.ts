import { RandomStream } from "@offprint/training";
import { auc } from "../statistics/auc.ts";
import type { Estimate, ToxicityAgreement } from "./measure.ts";

/** Pearson's correlation; NaN where one side does not vary. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  let [sumA, sumB] = [0, 0];
  for (let i = 0; i < n; i++) [sumA, sumB] = [sumA + a[i]!, sumB + b[i]!];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i]! - sumA / n, b[i]! - sumB / n];
    [ab, aa, bb] = [ab + x * y, aa + x * x, bb + y * y];
  }
  return ab / Math.sqrt(aa * bb);
}

/** Mean |rate − score|. */
export function absoluteError(rates: ArrayLike<number>, scores: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < rates.length; i++) sum += Math.abs(rates[i]! - scores[i]!);
  return sum / rates.length;
}

/** Expected calibration error over ten bins of equal width. Naeini et al. 2015, with scores in place of labels. */
export function calibrationError(rates: ArrayLike<number>, scores: ArrayLike<number>): number {
  const gaps = new Float64Array(10);
  for (let i = 0; i < rates.length; i++) gaps[Math.min(9, Math.floor(rates[i]! * 10))]! += rates[i]! - scores[i]!;
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / rates.length;
}

/**
 * How well rates agree with scores, with intervals from a bootstrap over groups of texts that belong together.
 * @param groups `[n]`: equal numbers are drawn together.
 */
export function agreementOf(
  rates: Float64Array,
  scores: Float64Array,
  { groups, seed = 0, resamples = 200 }: { groups?: ArrayLike<number>; seed?: number; resamples?: number } = {},
): ToxicityAgreement {
  const members = new Map<number, number[]>();
  for (let i = 0; i < rates.length; i++) {
    const own = groups?.[i] ?? i;
    const list = members.get(own);
    if (list) list.push(i);
    else members.set(own, [i]);
  }
  const clusters = [...members.values()];
  const random = RandomStream.create(seed, "agreement");
  const measure = (pick: readonly number[]) => {
    const ours = Float64Array.from(pick, (i) => rates[i]!);
    const theirs = Float64Array.from(pick, (i) => scores[i]!);
    const toxic = Array.from(theirs, (score) => score > 0.5);
    return {
      auc: auc([...ours], toxic),
      r: correlation(ours, theirs),
      mae: absoluteError(ours, theirs),
      ece: calibrationError(ours, theirs),
    };
  };
  const whole = measure(Array.from(rates, (_, i) => i));
  const drawn = Array.from({ length: resamples }, () =>
    measure(clusters.flatMap(() => clusters[random.integer(clusters.length)]!)),
  );
  const estimate = (name: keyof typeof whole): Estimate => {
    return { value: whole[name], interval: percentileInterval(drawn.map((one) => one[name])) };
  };
  const share = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + (value > 0.5 ? 1 : 0), 0) / values.length;
  return {
    texts: rates.length,
    auc: Number.isFinite(whole.auc) ? estimate("auc") : null,
    r: Number.isFinite(whole.r) ? estimate("r") : null,
    mae: estimate("mae"),
    ece: estimate("ece"),
    share: { scores: share(scores), rates: share(rates) },
  };
}

/** The middle 95 % of bootstrap values; those that are not numbers are left out. */
export function percentileInterval(values: readonly number[]): [low: number, high: number] {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  return [at(0.025), at(0.975)];
}
