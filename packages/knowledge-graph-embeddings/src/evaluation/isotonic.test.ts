import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fitIsotonic, isotonicProbability, poolAdjacentViolators } from "./isotonic.ts";

/** The same by the min-max formula: the largest over beginnings of the smallest over ends of the mean between them. */
function minMax(values: number[], weights: number[]): number[] {
  const mean = (from: number, to: number): number => {
    let sum = 0;
    let weight = 0;
    for (let i = from; i <= to; i++) {
      sum += values[i]! * weights[i]!;
      weight += weights[i]!;
    }
    return sum / weight;
  };
  return values.map((_, i) => {
    const begins = Array.from({ length: i + 1 }, (_unused, from) => from);
    const ends = Array.from({ length: values.length - i }, (_unused, step) => i + step);
    return Math.max(...begins.map((from) => Math.min(...ends.map((to) => mean(from, to)))));
  });
}

describe("poolAdjacentViolators", () => {
  it("is the min-max solution, and never falls", () => {
    const point = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 12 }), (points) => {
        const values = points.map(([value]) => value);
        const weights = points.map(([, weight]) => weight);
        const fitted = poolAdjacentViolators(values, weights);
        minMax(values, weights).forEach((expected, i) => expect(fitted[i]).toBeCloseTo(expected, 12));
        for (let i = 1; i < fitted.length; i++) expect(fitted[i]!).toBeGreaterThanOrEqual(fitted[i - 1]!);
      }),
    );
  });
});

const ones = (count: number) => new Float64Array(count).fill(1);

describe("fitIsotonic", () => {
  it("never falls with the score, and stays inside of (0, 1)", () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
        const sorted = rows.toSorted(([a], [b]) => a - b);
        const fit = fitIsotonic({
          scores: Float64Array.from(sorted, ([score]) => score),
          labels: Uint8Array.from(sorted, ([, label]) => (label ? 1 : 0)),
          weights: ones(rows.length),
        });
        let previous = 0;
        for (let score = -1; score <= 21; score += 0.25) {
          const p = isotonicProbability(fit, score);
          expect(p).toBeGreaterThan(0);
          expect(p).toBeLessThan(1);
          expect(p).toBeGreaterThanOrEqual(previous - 1e-15);
          previous = p;
        }
      }),
    );
  });

  it("gives a run of n true answers at the top n / (n + 1)", () => {
    const fit = fitIsotonic({
      scores: Float64Array.of(1, 2, 3, 4, 5),
      labels: Uint8Array.of(0, 0, 1, 1, 1),
      weights: ones(5),
    });
    expect(isotonicProbability(fit, 5)).toBeCloseTo(3 / 4, 12);
    expect(isotonicProbability(fit, 99)).toBeCloseTo(3 / 4, 12);
    expect(isotonicProbability(fit, -99)).toBeCloseTo(1 / 3, 12);
    expect(isotonicProbability(fit, 2.5)).toBeCloseTo((3 / 4 + 1 / 3) / 2, 12);
  });

  it("pools rows of one score before anything else", () => {
    const fit = fitIsotonic({
      scores: Float64Array.of(0, 1, 1, 1, 1, 2),
      labels: Uint8Array.of(0, 1, 0, 0, 0, 1),
      weights: ones(6),
    });
    expect(isotonicProbability(fit, 1)).toBeCloseTo(0.25 + 1 / 12, 12); // with the half of the point below: 2 of 6
  });
});
