import type { LabelledScores } from "./labelled-scores.ts";

/** P(true | score) = 1 / (1 + exp(−(slope · score + intercept))). */
export interface Platt {
  readonly slope: number;
  readonly intercept: number;
}

/** The probability that a Platt fit gives a score. */
export function plattProbability({ slope, intercept }: Platt, score: number): number {
  return 1 / (1 + Math.exp(-(slope * score + intercept)));
}

/**
 * Weighted maximum likelihood of Platt's sigmoid, by Newton steps with halving (the problem is convex). As in Platt 1999 the
 * targets are (N₊ + 1)/(N₊ + 2) and 1/(N₋ + 2) rather than 1 and 0, so separable scores have a finite fit; as in
 * Lin, Lin and Weng 2007 (Machine Learning 68) the loss is taken in a form that cannot overflow.
 */
export function fitPlatt({ scores, labels, weights }: Pick<LabelledScores, "scores" | "labels" | "weights">): Platt {
  const count = scores.length;
  let positives = 0;
  let negatives = 0;
  let mean = 0;
  for (let i = 0; i < count; i++) {
    if (labels[i] === 1) positives += weights[i]!;
    else negatives += weights[i]!;
    mean += scores[i]! / count;
  }
  // Centred scores of unit spread keep the two-by-two system well conditioned.
  const spread = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2 / count, 0)) || 1;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (negatives + 2);

  const lossAt = (slope: number, intercept: number): number => {
    let loss = 0;
    for (let i = 0; i < count; i++) {
      const z = (slope * (scores[i]! - mean)) / spread + intercept;
      const target = labels[i] === 1 ? high : low;
      loss += weights[i]! * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - target * z);
    }
    return loss;
  };

  let slope = 0;
  let intercept = Math.log((positives + 1) / (negatives + 1));
  let loss = lossAt(slope, intercept);
  for (let step = 0; step < 100; step++) {
    // Gradient (g₁, g₀) and Hessian [h₁₁ h₁₀; h₁₀ h₀₀].
    let [g1, g0, h11, h10, h00] = [0, 0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const x = (scores[i]! - mean) / spread;
      const p = 1 / (1 + Math.exp(-(slope * x + intercept)));
      const weight = weights[i]!;
      const residual = weight * (p - (labels[i] === 1 ? high : low));
      const curvature = weight * p * (1 - p);
      g1 += residual * x;
      g0 += residual;
      h11 += curvature * x * x;
      h10 += curvature * x;
      h00 += curvature;
    }
    h11 += 1e-12;
    h00 += 1e-12;
    const determinant = h11 * h00 - h10 * h10;
    const d1 = (h10 * g0 - h00 * g1) / determinant;
    const d0 = (h10 * g1 - h11 * g0) / determinant;
    const descent = g1 * d1 + g0 * d0;
    let size = 1;
    let next = lossAt(slope + d1, intercept + d0);
    while (!(next <= loss + 1e-4 * size * descent) && size > 1e-10) {
      size /= 2;
      next = lossAt(slope + size * d1, intercept + size * d0);
    }
    if (size <= 1e-10) break; // no lower loss to be had in float64
    slope += size * d1;
    intercept += size * d0;
    loss = next;
    if (-descent < 1e-12 * (positives + negatives)) break;
  }
  return { slope: slope / spread, intercept: intercept - (slope * mean) / spread };
}
