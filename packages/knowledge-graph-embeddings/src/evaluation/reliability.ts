import { z } from "zod";

/** How far probabilities agree with what happened. */
export const reliabilitySchema = z.looseObject({
  /** Total weight of the rows, and the share of it that was true. */
  weight: z.number(),
  baseRate: z.number(),
  /** Weighted mean of |observed − predicted| over the bins. */
  expectedCalibrationError: z.number(),
  /** Mean squared error, and mean −ln of the probability given to what happened; lower is better. */
  brier: z.number(),
  logLoss: z.number(),
  /** The same two for always answering the base rate: a useful model is well below. */
  baseline: z.looseObject({ brier: z.number(), logLoss: z.number() }),
  /** Bins of equal width that are not empty: mean probability given, share that was true. */
  bins: z.array(
    z.looseObject({
      from: z.number(),
      to: z.number(),
      weight: z.number(),
      predicted: z.number(),
      observed: z.number(),
    }),
  ),
});
export type Reliability = z.infer<typeof reliabilitySchema>;

/** Judges probabilities (inside of (0, 1)) by their labels (0 or 1); all arrays of one length above 0. */
export function reliabilityOf(
  probabilities: Float64Array,
  labels: Uint8Array,
  weights: Float64Array,
  binCount = 10,
): Reliability {
  const bins = Array.from({ length: binCount }, () => ({ weight: 0, predicted: 0, observed: 0 }));
  let [total, positive, brier, logLoss] = [0, 0, 0, 0];
  probabilities.forEach((p, i) => {
    const label = labels[i]!;
    const weight = weights[i]!;
    total += weight;
    positive += weight * label;
    brier += weight * (p - label) ** 2;
    logLoss -= weight * (label === 1 ? Math.log(p) : Math.log1p(-p));
    const bin = bins[Math.min(binCount - 1, Math.floor(p * binCount))]!;
    bin.weight += weight;
    bin.predicted += weight * p;
    bin.observed += weight * label;
  });
  const baseRate = positive / total;
  return {
    weight: total,
    baseRate,
    expectedCalibrationError: bins.reduce((sum, bin) => sum + Math.abs(bin.observed - bin.predicted) / total, 0),
    brier: brier / total,
    logLoss: logLoss / total,
    baseline: { brier: baseRate * (1 - baseRate), logLoss: entropy(baseRate) },
    bins: bins.flatMap(({ weight, predicted, observed }, i) =>
      weight === 0
        ? []
        : [
            {
              from: i / binCount,
              to: (i + 1) / binCount,
              weight,
              predicted: predicted / weight,
              observed: observed / weight,
            },
          ],
    ),
  };
}

/** −p ln p − (1 − p) ln(1 − p) */
function entropy(p: number): number {
  return p === 0 || p === 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log1p(-p);
}
