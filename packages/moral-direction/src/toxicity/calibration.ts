/**
 * Makes a rate between 0 and 1 of a raw score, never falling as it rises.
 * `isotonic`: straight lines between the points (from, to), flat outside. `platt`: 1 / (1 + e^−(slope · score + offset)).
 */
export type Calibration =
  | { readonly kind: "isotonic"; readonly from: readonly number[]; readonly to: readonly number[] }
  | { readonly kind: "platt"; readonly slope: number; readonly offset: number };

export const calibrations = ["isotonic", "platt"] as const;

/** Applies a calibration to one raw score. */
export function calibrate(calibration: Calibration, score: number): number {
  if (calibration.kind === "platt") return 1 / (1 + Math.exp(-(calibration.slope * score + calibration.offset)));
  const { from, to } = calibration;
  let [low, high] = [0, from.length - 1];
  if (score <= from[low]!) return to[low]!;
  if (score >= from[high]!) return to[high]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle]! <= score) low = middle;
    else high = middle;
  }
  const part = (score - from[low]!) / (from[high]! - from[low]!);
  return to[low]! + part * (to[high]! - to[low]!);
}

/** Fits raw scores to targets in [0, 1]; both `[n]`, n ≥ 1. */
export function fitCalibration(
  kind: Calibration["kind"],
  scores: ArrayLike<number>,
  targets: ArrayLike<number>,
): Calibration {
  return kind === "isotonic" ? isotonic(scores, targets) : platt(scores, targets);
}

/** Fewest texts of one step of the isotonic curve: a step of a few follows noise at the ends. */
const smallestBlock = 20;

/**
 * The rising step function of least squared error (pool adjacent violators, Ayer et al. 1955), each step as the point of
 * its mean score, so that different scores keep different rates.
 */
function isotonic(scores: ArrayLike<number>, targets: ArrayLike<number>): Calibration {
  const order = Array.from(scores, (_, i) => i).toSorted((a, b) => scores[a]! - scores[b]!);
  const blocks: { score: number; target: number; count: number }[] = [];
  for (const i of order) {
    blocks.push({ score: scores[i]!, target: targets[i]!, count: 1 });
    for (let last = blocks.at(-1)!, before = blocks.at(-2); before; before = blocks.at(-2)) {
      const rises = last.target / last.count > before.target / before.count;
      const apart = last.score / last.count > before.score / before.count;
      if (rises && apart && before.count >= smallestBlock) break;
      blocks.splice(-2, 2, {
        score: last.score + before.score,
        target: last.target + before.target,
        count: last.count + before.count,
      });
      last = blocks.at(-1)!;
    }
  }
  const [before, last] = blocks.slice(-2);
  if (before && last && last.count < smallestBlock) {
    const { score, target, count } = last;
    blocks.splice(-2, 2, {
      score: score + before.score,
      target: target + before.target,
      count: count + before.count,
    });
  }
  return {
    kind: "isotonic",
    from: blocks.map(({ score, count }) => score / count),
    to: blocks.map(({ target, count }) => Math.min(1, Math.max(0, target / count))),
  };
}

/** Logistic regression on one number by Newton's method; targets may lie between 0 and 1. Platt 1999. */
function platt(scores: ArrayLike<number>, targets: ArrayLike<number>): Calibration {
  let [slope, offset] = [1, 0];
  for (let round = 0; round < 50; round++) {
    // A little ridge keeps the slope finite where scores tell the targets apart entirely.
    let [g0, g1, h00, h01, h11] = [1e-6 * slope, 1e-6 * offset, 1e-6, 0, 1e-6];
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!;
      const rate = 1 / (1 + Math.exp(-(slope * score + offset)));
      const error = rate - targets[i]!;
      const weight = Math.max(rate * (1 - rate), 1e-9);
      g0 += error * score;
      g1 += error;
      h00 += weight * score * score;
      h01 += weight * score;
      h11 += weight;
    }
    const det = h00 * h11 - h01 * h01;
    const limit = (step: number) => Math.max(-5, Math.min(5, step));
    const [stepSlope, stepOffset] = [limit((h11 * g0 - h01 * g1) / det), limit((h00 * g1 - h01 * g0) / det)];
    slope -= stepSlope;
    offset -= stepOffset;
    if (Math.abs(stepSlope) + Math.abs(stepOffset) < 1e-9) break;
  }
  return { kind: "platt", slope, offset };
}
