import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batches } from "./batches.ts";

describe("batches", () => {
  it("has every text once, and pads no group beyond what is allowed", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), fc.integer({ min: 1, max: 100 }), (lengths, most) => {
        const groups = batches(
          lengths.map((length) => ({ length })),
          most,
        );
        expect(groups.flat().toSorted((a, b) => a - b)).toEqual([...lengths.keys()]);
        for (const group of groups) {
          const longest = Math.max(...group.map((index) => lengths[index] ?? 0));
          expect(group.length === 1 || longest * group.length <= most).toBe(true);
        }
      }),
    );
  });
});
