import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { areaOf, chooseThreshold, rateAtOrBelow, rocCurve } from "./roc.ts";

const scores = [-0.9, -0.5, -0.4, -0.4, 0.1, 0.3, 0.8];
const toxic = [true, true, false, true, false, true, false];

describe("a ROC curve", () => {
  it("has for each threshold the shares that counting gives", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.boolean()), { minLength: 2 }), (rows) => {
        const [s, t] = [rows.map(([score]) => score), rows.map(([, kind]) => kind)];
        const [bad, good] = [t.filter(Boolean).length, t.filter((kind) => !kind).length];
        fc.pre(bad > 0 && good > 0);
        for (const { threshold, falsePositive, truePositive } of rocCurve(s, t)) {
          const removed = rows.filter(([score]) => score <= threshold);
          expect(truePositive).toBeCloseTo(removed.filter(([, kind]) => kind).length / bad, 12);
          expect(falsePositive).toBeCloseTo(removed.filter(([, kind]) => !kind).length / good, 12);
        }
      }),
    );
  });

  it("gives the threshold with the best difference, or within the rate allowed", () => {
    const curve = rocCurve(scores, toxic);
    expect(chooseThreshold(curve, "youden").threshold).toBe(-0.5);
    expect(chooseThreshold(curve, { falsePositiveRate: 0.34 }).threshold).toBe(-0.4);
    expect(chooseThreshold(curve, { falsePositiveRate: 0 }).threshold).toBe(-0.5);
  });
});

describe("rates", () => {
  it("have Wilson's interval", () => {
    const { share, interval } = rateAtOrBelow([...Array<number>(8).fill(-1), ...Array<number>(2).fill(1)], 0);
    expect(share).toBe(0.8);
    expect(interval[0]).toBeCloseTo(0.4902, 3); // as in tables of Wilson's interval for 8 of 10
    expect(interval[1]).toBeCloseTo(0.9433, 3);
  });
  it("of areas are within bounds, toxic texts scoring low", () => {
    const { share, interval } = areaOf(scores, toxic);
    expect(share).toBeCloseTo(9.5 / 12, 12);
    expect(interval[0]).toBeGreaterThan(0);
    expect(interval[1]).toBeLessThanOrEqual(1);
  });
});
