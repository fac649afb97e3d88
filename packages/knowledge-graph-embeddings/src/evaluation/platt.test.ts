import { describe, expect, it } from "vitest";

import { fitPlatt, plattProbability } from "./platt.ts";
import { seededRandom } from "./testing.ts";

/** Labels drawn with probability 1 / (1 + exp(−(slope · score + intercept))). */
function drawLabels(count: number, slope: number, intercept: number, seed: number) {
  const random = seededRandom(seed);
  const scores = Float64Array.from({ length: count }, () => 20 * random() - 12).toSorted();
  const labels = Uint8Array.from(scores, (score) => (random() < plattProbability({ slope, intercept }, score) ? 1 : 0));
  return { scores, labels, weights: new Float64Array(count).fill(1) };
}

describe("fitPlatt", () => {
  it("recovers the sigmoid that labels were drawn from", () => {
    const { slope, intercept } = fitPlatt(drawLabels(200_000, 0.7, 1.5, 1));
    expect(slope).toBeCloseTo(0.7, 1.5);
    expect(intercept).toBeCloseTo(1.5, 1);
  });

  it("fits a weighted row as it fits that many equal rows", () => {
    const { scores, labels } = drawLabels(300, 1, 0, 2);
    const weights = Float64Array.from(scores, (_, i) => 1 + (i % 3));
    const rows = [...scores.keys()].flatMap((i) => Array.from({ length: weights[i]! }, () => i));
    const weighted = fitPlatt({ scores, labels, weights });
    const repeated = fitPlatt({
      scores: Float64Array.from(rows, (i) => scores[i]!),
      labels: Uint8Array.from(rows, (i) => labels[i]!),
      weights: new Float64Array(rows.length).fill(1),
    });
    expect(weighted.slope).toBeCloseTo(repeated.slope, 6);
    expect(weighted.intercept).toBeCloseTo(repeated.intercept, 6);
  });

  it("is at the bottom of its loss: no small step in any direction is better", () => {
    const { scores, labels, weights } = drawLabels(500, 0.4, -1, 3);
    const positives = labels.reduce((sum, label) => sum + label, 0);
    const loss = (slope: number, intercept: number) =>
      scores.reduce((sum, score, i) => {
        const p = plattProbability({ slope, intercept }, score);
        const target = labels[i] === 1 ? (positives + 1) / (positives + 2) : 1 / (500 - positives + 2);
        return sum - target * Math.log(p) - (1 - target) * Math.log(1 - p);
      }, 0);
    const { slope, intercept } = fitPlatt({ scores, labels, weights });
    for (const [ds, di] of [
      [1e-3, 0],
      [-1e-3, 0],
      [0, 1e-3],
      [0, -1e-3],
    ] as const) {
      expect(loss(slope + ds, intercept + di)).toBeGreaterThan(loss(slope, intercept));
    }
  });

  it("moves with the scores: a · s + b for s gives the same probabilities", () => {
    const samples = drawLabels(1000, 0.5, 0.2, 4);
    const fit = fitPlatt(samples);
    const moved = fitPlatt({ ...samples, scores: samples.scores.map((score) => 1000 * score - 5e5) });
    for (const score of [-10, 0, 7]) {
      expect(plattProbability(moved, 1000 * score - 5e5)).toBeCloseTo(plattProbability(fit, score), 8);
    }
  });

  it("stays finite where a threshold separates true from false", () => {
    const scores = Float64Array.of(-1e6, -2, -1, 1, 2, 1e6);
    const { slope, intercept } = fitPlatt({
      scores,
      labels: Uint8Array.of(0, 0, 0, 1, 1, 1),
      weights: new Float64Array(6).fill(1),
    });
    expect(Number.isFinite(slope) && slope > 0).toBe(true);
    expect(Number.isFinite(intercept)).toBe(true);
  });

  it("answers the base rate when all scores are equal", () => {
    const labels = Uint8Array.of(1, 0, 0, 0);
    const fit = fitPlatt({
      scores: new Float64Array(4).fill(3),
      labels,
      weights: Float64Array.of(1, 1000, 1000, 1000),
    });
    expect(plattProbability(fit, 3)).toBeLessThan(0.001);
  });
});
