import pcorrtest from "@stdlib/stats-pcorrtest";
import { CorrelationError } from "../errors.ts";
import { auc, ranks } from "./auc.ts";

/** How well scores agree with people. */
export interface Agreement {
  readonly n: number;
  /** Pearson's r with its two-sided p (t-test) and its 95 % interval (Fisher's z). */
  readonly r: number;
  readonly p: number;
  readonly interval: readonly [low: number, high: number];
  /** Spearman's rank correlation. */
  readonly rho: number;
  /** Share of items on the same side of zero, zero counted as positive. */
  readonly sameSign: number;
  /** Area under the ROC curve for a human score of at least 0. */
  readonly auc: number;
}

/**
 * Agreement of two columns, as the tables of the paper's study report it.
 * @throws {CorrelationError} for fewer than four pairs, numbers that are not finite, or a column that does not vary.
 */
export function agreement(scores: readonly number[], human: readonly number[]): Agreement {
  if (scores.length !== human.length) throw new CorrelationError(`${scores.length} and ${human.length} came`);
  if (scores.length < 4) throw new CorrelationError(`${scores.length} pairs came`);
  for (const column of [scores, human]) {
    if (!column.every(Number.isFinite)) throw new CorrelationError("one of them is not finite");
    if (column.every((value) => value === column[0])) throw new CorrelationError("one of them is constant");
  }
  const { pcorr, ci } = pcorrtest([...scores], [...human]);
  const positive = human.map((value) => value >= 0);
  return {
    n: scores.length,
    r: pcorr,
    p: pValueOf(scores, human, pcorr),
    interval: [ci[0] ?? Number.NaN, ci[1] ?? Number.NaN],
    rho: spearman(scores, human),
    sameSign: scores.filter((score, index) => score >= 0 === positive[index]).length / scores.length,
    auc: auc(scores, positive),
  };
}

/** Two-sided; from the lower tail, since 1 − a probability near 1 has no digits left below 1e-16. */
function pValueOf(a: readonly number[], b: readonly number[], r: number): number {
  const falling = r > 0 ? b.map((value) => -value) : [...b];
  return 2 * pcorrtest([...a], falling, { alternative: "less" }).pValue;
}

/** Pearson's r of the ranks, ties sharing theirs. */
function spearman(a: readonly number[], b: readonly number[]): number {
  return pcorrtest(ranks(a), ranks(b)).pcorr;
}
