import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearMatch } from "./near-match.ts";

describe("editDistance", () => {
  it("counts insertions, deletions, substitutions and swaps of neighbours", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("epohcs", "epochs")).toBe(1);
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance("ca", "abc")).toBe(3); // the restricted distance; the unrestricted one is 2
  });

  it("is symmetric, zero only for equal words and at most the longer length", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe("nearMatch", () => {
  const flags = ["--epochs", "--batch-size", "--learning-rate", "--dimension"];
  it("finds the flag that was meant", () => {
    expect(nearMatch("--epohcs", flags)).toBe("--epochs");
    expect(nearMatch("--BATCHSIZE", flags)).toBe("--batch-size");
    expect(nearMatch("--learn", flags)).toBe("--learning-rate");
  });
  it("offers nothing for a word that is like none", () => {
    expect(nearMatch("--verbose", flags)).toBeUndefined();
    expect(nearMatch("x", [])).toBeUndefined();
  });
});
