import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largest } from "./largest.ts";

describe("largest", () => {
  it("gives what sorting everything gives, ties in the order of indices", () => {
    const values = fc.array(
      fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, noDefaultInfinity: true })),
    );
    fc.assert(
      fc.property(values, fc.nat(12), fc.nat(3), (list, count, divisor) => {
        const isCandidate = (index: number): boolean => divisor === 0 || index % (divisor + 1) !== 0;
        const sorted = [...list.keys()].filter(isCandidate).toSorted((a, b) => list[b]! - list[a]! || a - b);
        expect(largest(Float32Array.from(list), count, isCandidate)).toEqual(
          [...list.keys()]
            .filter(isCandidate)
            .toSorted((a, b) => Math.fround(list[b]!) - Math.fround(list[a]!) || a - b)
            .slice(0, count),
        );
        expect(largest(list, list.length, isCandidate)).toEqual(sorted);
      }),
    );
  });

  it("takes everything when more is wanted than there is", () => {
    expect(largest([1, 3, 2], 9)).toEqual([1, 2, 0]);
  });
});
