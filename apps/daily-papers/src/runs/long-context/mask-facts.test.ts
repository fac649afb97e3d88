import { describe, expect, it } from "vitest";
import { attentionMask } from "@offprint/long-context-lora";
import { leakOf, seenBy, shareOfPairs, writeRanges, type Masks } from "./mask-facts.ts";

const masksOf = (kind: "s2" | "paper-wrap" | "short" | "full", length: number, group: number): Masks => ({
  length,
  plain: attentionMask({ kind, group }, length, false),
  shifted: attentionMask({ kind, group }, length, true),
});

describe("what the drawing tells of masks", () => {
  it("is the paper's: shifted tokens see each other where ⌊(i + g/2) / g⌋ is the same", () => {
    const { shifted } = masksOf("s2", 24, 8);
    for (let i = 0; i < 24; i += 1) {
      const expected = Array.from({ length: i + 1 }, (_, j) => j).filter(
        (j) => Math.floor((j + 4) / 8) === Math.floor((i + 4) / 8),
      );
      expect(seenBy(shifted, 24, i)).toEqual(expected);
    }
  });

  it("finds the leak of the wrapped variant and none elsewhere", () => {
    expect(leakOf(masksOf("paper-wrap", 24, 8))).toEqual({ seeing: [0, 3], seen: [20, 23] });
    for (const kind of ["s2", "short", "full"] as const) expect(leakOf(masksOf(kind, 24, 8))).toBeUndefined();
  });

  it("counts pairs as a share of full attention", () => {
    expect(shareOfPairs(masksOf("full", 16, 4))).toBe(1);
    expect(shareOfPairs(masksOf("short", 16, 4))).toBeCloseTo((4 * 10) / 136, 12);
  });

  it("writes neighbours as ranges", () => {
    expect(writeRanges([0, 1, 2, 5, 7, 8])).toBe("0–2, 5, 7–8");
    expect(writeRanges([])).toBe("");
  });
});
