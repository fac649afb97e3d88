import { auc } from "./auc.ts";

/** What becomes of texts whose score is at most `threshold`, when these are removed. */
export interface RocPoint {
  readonly threshold: number;
  /** Share of the clean texts that are removed. */
  readonly falsePositive: number;
  /** Share of the toxic texts that are removed. */
  readonly truePositive: number;
}

/** Every threshold that makes a difference, from none removed to all; toxic texts score low. */
export function rocCurve(scores: readonly number[], toxic: readonly boolean[]): RocPoint[] {
  const order = scores.map((_, index) => index).toSorted((a, b) => scores[a]! - scores[b]!);
  const bad = toxic.filter(Boolean).length;
  const good = toxic.length - bad;
  const curve: RocPoint[] = [{ threshold: Number.NEGATIVE_INFINITY, falsePositive: 0, truePositive: 0 }];
  let [removedBad, removedGood] = [0, 0];
  for (const [place, index] of order.entries()) {
    if (toxic[index] === true) removedBad++;
    else removedGood++;
    const threshold = scores[index]!;
    if (scores[order[place + 1] ?? -1] === threshold) continue;
    curve.push({ threshold, falsePositive: removedGood / good, truePositive: removedBad / bad });
  }
  return curve;
}

/** What a threshold is chosen for: clean texts lost at most, or the best difference of the two rates (Youden's J). */
export type Objective = { readonly falsePositiveRate: number } | "youden";

/** The threshold of a curve that serves the objective best. */
export function chooseThreshold(curve: readonly RocPoint[], objective: Objective): RocPoint {
  const gain = ({ truePositive, falsePositive }: RocPoint) => truePositive - falsePositive;
  const allowed =
    objective === "youden"
      ? curve.slice(1)
      : curve.filter(({ falsePositive }) => falsePositive <= objective.falsePositiveRate);
  const worth = objective === "youden" ? gain : ({ truePositive }: RocPoint) => truePositive;
  return allowed.reduce((best, point) => (worth(point) > worth(best) ? point : best), allowed[0]!);
}

/** A share with its 95 % interval. */
export interface Rate {
  readonly share: number;
  readonly interval: readonly [low: number, high: number];
  readonly n: number;
}

/** Share of texts at or below the threshold, with Wilson's score interval. */
export function rateAtOrBelow(scores: readonly number[], threshold: number): Rate {
  const n = scores.length;
  const share = scores.filter((score) => score <= threshold).length / n;
  const z = 1.96;
  const middle = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return { share, interval: [Math.max(0, middle - half), Math.min(1, middle + half)], n };
}

/** The area under the curve with its 95 % interval. @see Hanley and McNeil 1982, Radiology 143. */
export function areaOf(scores: readonly number[], toxic: readonly boolean[]): Rate {
  const share = auc(
    scores.map((score) => -score),
    toxic,
  );
  const bad = toxic.filter(Boolean).length;
  const good = toxic.length - bad;
  const [q1, q2] = [share / (2 - share), (2 * share ** 2) / (1 + share)];
  const variance =
    (share * (1 - share) + (bad - 1) * (q1 - share ** 2) + (good - 1) * (q2 - share ** 2)) / (bad * good);
  const half = 1.96 * Math.sqrt(Math.max(0, variance));
  return { share, interval: [Math.max(0, share - half), Math.min(1, share + half)], n: toxic.length };
}
