import fc from "fast-check";
import { RandomStream } from "@offprint/training";
import { describe, expect, it } from "vitest";
import { absoluteError, agreementOf, calibrationError, correlation } from "./agreement.ts";
import { calibrate, calibrations, fitCalibration } from "./calibration.ts";

const pairs = fc.array(
  fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
  {
    minLength: 1,
    maxLength: 120,
  },
);

describe("a calibration", () => {
  it("isotonic: stays in [0, 1] and never falls, for any data", () => {
    fc.assert(
      fc.property(pairs, fc.double({ noNaN: true }), fc.double({ noNaN: true }), (data, a, b) => {
        const curve = fitCalibration(
          "isotonic",
          data.map(([score]) => score),
          data.map(([, target]) => target),
        );
        const [low, high] = [calibrate(curve, Math.min(a, b)), calibrate(curve, Math.max(a, b))];
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(high).toBeGreaterThanOrEqual(low - 1e-12);
      }),
    );
  });

  it("platt: finds the curve that the data were drawn from", () => {
    const scores = Array.from({ length: 200 }, (_, i) => i / 100 - 1);
    const targets = scores.map((score) => 1 / (1 + Math.exp(-(3 * score - 0.5))));
    const curve = fitCalibration("platt", scores, targets);
    expect(curve).toEqual({ kind: "platt", slope: expect.closeTo(3, 3), offset: expect.closeTo(-0.5, 3) });
  });

  it.each(calibrations)("%s: leaves little error on data of its shape", (kind) => {
    const random = RandomStream.create(0, "calibration");
    const scores = Array.from({ length: 2000 }, () => random.normal());
    const targets = scores.map((score) => (random.uniform() < 1 / (1 + Math.exp(-2 * score)) ? 1 : 0));
    const curve = fitCalibration(kind, scores, targets);
    const rates = scores.map((score) => calibrate(curve, score));
    expect(calibrationError(rates, targets)).toBeLessThan(0.03);
  });
});

describe("agreement", () => {
  it("is what the definitions give on four texts", () => {
    const [rates, scores] = [Float64Array.of(0.15, 0.35, 0.65, 0.95), Float64Array.of(0.1, 0.6, 0.4, 0.9)];
    const found = agreementOf(rates, scores, { resamples: 20 });
    expect(found.auc?.value).toBe(0.75);
    expect(found.mae.value).toBeCloseTo((0.05 + 0.25 + 0.25 + 0.05) / 4);
    expect(found.ece.value).toBeCloseTo((0.05 + 0.25 + 0.25 + 0.05) / 4); // each in a bin of its own
    expect(found.share).toEqual({ scores: 0.5, rates: 0.5 });
    expect(absoluteError(rates, scores)).toBe(found.mae.value);
    expect(correlation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1);
  });

  it("has no AUC where all scores are on one side", () => {
    expect(agreementOf(Float64Array.of(0.1, 0.2), Float64Array.of(0.1, 0.3), { resamples: 5 }).auc).toBeNull();
  });

  it("has wider intervals where texts come in groups", () => {
    const random = RandomStream.create(0, "groups");
    const groups = Array.from({ length: 400 }, (_, i) => Math.floor(i / 20));
    const shifts = Array.from({ length: 20 }, () => random.uniform() * 0.4);
    const scores = Float64Array.from(groups, () => 0.3);
    const rates = Float64Array.from(groups, (group) => 0.3 + shifts[group]!);
    const width = ({ interval: [low, high] }: { interval: readonly [number, number] }) => high - low;
    const together = agreementOf(rates, scores, { groups });
    const alone = agreementOf(rates, scores);
    expect(width(together.mae)).toBeGreaterThan(2 * width(alone.mae));
  });
});
