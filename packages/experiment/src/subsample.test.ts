import * as fc from "fast-check";
import { expect, it } from "vitest";
import { subsample } from "./subsample.ts";

it("keeps order, both ends, and the extremes of the whole curve, within the limit", () => {
  const values = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(values, fc.integer({ min: 4, max: 60 }), (ys, limit) => {
      const points = ys.map((y, x) => ({ x, y }));
      const kept = subsample(points, limit);
      expect(kept.length).toBeLessThanOrEqual(Math.max(limit, 4));
      expect(kept.every((point) => points[point.x] === point)).toBe(true);
      expect(kept.map(({ x }) => x)).toEqual(kept.map(({ x }) => x).toSorted((a, b) => a - b));
      expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
      expect(Math.max(...kept.map(({ y }) => y))).toBe(Math.max(...ys));
      expect(Math.min(...kept.map(({ y }) => y))).toBe(Math.min(...ys));
      if (ys.length <= limit) expect(kept).toEqual(points);
    }),
  );
});

it("loses no spike of one point among a million", () => {
  const points = Array.from({ length: 1_000_000 }, (_, x) => ({ x, y: x === 654_321 ? 9 : 1 }));
  const kept = subsample(points, 400);
  expect(kept).toContain(points[654_321]);
  expect(kept.length).toBeLessThanOrEqual(400);
});
