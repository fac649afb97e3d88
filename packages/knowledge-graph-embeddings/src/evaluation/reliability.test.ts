import { describe, expect, it } from "vitest";

import { reliabilityOf } from "./reliability.ts";
import { seededRandom } from "./testing.ts";

describe("reliabilityOf", () => {
  it("finds no error in probabilities that keep their word", () => {
    const random = seededRandom(1);
    const probabilities = Float64Array.from({ length: 100_000 }, random);
    const labels = Uint8Array.from(probabilities, (p) => (random() < p ? 1 : 0));
    const report = reliabilityOf(probabilities, labels, new Float64Array(100_000).fill(1));
    expect(report.expectedCalibrationError).toBeLessThan(0.01);
    expect(report.brier).toBeCloseTo(1 / 6, 2); // ∫ p (1 − p) dp
    expect(report.logLoss).toBeCloseTo(1 / 2, 2); // ∫ −p ln p − (1 − p) ln(1 − p) dp
    expect(report.baseline.brier).toBeCloseTo(1 / 4, 2);
    expect(report.baseline.logLoss).toBeCloseTo(Math.LN2, 2);
    expect(report.bins).toHaveLength(10);
  });

  it("finds the whole gap of probabilities that promise too much", () => {
    const labels = Uint8Array.of(1, 0, 0, 0);
    const report = reliabilityOf(new Float64Array(4).fill(0.9), labels, new Float64Array(4).fill(1));
    expect(report.expectedCalibrationError).toBeCloseTo(0.65, 12);
    expect(report.bins).toEqual([{ from: 0.9, to: 1, weight: 4, predicted: expect.closeTo(0.9, 12), observed: 0.25 }]);
  });

  it("counts a row by its weight", () => {
    const report = reliabilityOf(Float64Array.of(0.2, 0.2), Uint8Array.of(1, 0), Float64Array.of(1, 4));
    expect(report.weight).toBe(5);
    expect(report.baseRate).toBe(0.2);
    expect(report.expectedCalibrationError).toBeCloseTo(0, 12);
    expect(report.brier).toBeCloseTo(0.2 * 0.8, 12);
  });
});
