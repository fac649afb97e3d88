import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { golden } from "../testing/longlora-golden.ts";
import { attentionMask, firstLeak } from "./masks.ts";
import { attentionKinds, segmentsOf } from "./segments.ts";

const rows = (mask: Uint8Array, n: number): string[] =>
  Array.from({ length: n }, (_, i) => mask.subarray(i * n, (i + 1) * n).join(""));

describe("attention masks", () => {
  it("of the shifted half are the golden ones", () => {
    const { masks, group_size: group } = golden.s2attn;
    expect(rows(attentionMask({ kind: "s2", group }, 16, true), 16)).toEqual(masks.noleak);
    expect(rows(attentionMask({ kind: "paper-wrap", group }, 16, true), 16)).toEqual(masks.paper);
  });

  it("show each token to itself, and no later one to anybody unless the shift wraps", () => {
    const choices = fc.record({
      kind: fc.constantFrom(...attentionKinds),
      group: fc.integer({ min: 1, max: 5 }).map((half) => 2 * half),
    });
    fc.assert(
      fc.property(choices, fc.integer({ min: 1, max: 40 }), fc.boolean(), (choice, length, shifted) => {
        const n = choice.kind === "paper-wrap" ? Math.ceil(length / choice.group) * choice.group : length;
        const mask = attentionMask(choice, n, shifted);
        const leaks = Array.from({ length: n }, (_, i) => mask.subarray(i * n, (i + 1) * n).lastIndexOf(1));
        for (const [i, last] of leaks.entries()) {
          expect(mask[i * n + i]).toBe(1);
          expect(last > i && !(choice.kind === "paper-wrap" && shifted && i < choice.group / 2)).toBe(false);
        }
        const first = leaks.findIndex((last, i) => last > i);
        expect(firstLeak(choice, n, shifted)).toEqual(first < 0 ? undefined : { token: first, seen: leaks[first] });
      }),
    );
  });

  it("have half groups at both ends of the shifted half, and whatever is left at the end", () => {
    expect(segmentsOf({ kind: "s2", group: 4 }, 16, true).borders).toEqual([0, 2, 6, 10, 14, 16]);
    expect(segmentsOf({ kind: "s2", group: 4 }, 16, false).borders).toEqual([0, 4, 8, 12, 16]);
    expect(segmentsOf({ kind: "s2", group: 4 }, 9, true).borders).toEqual([0, 2, 6, 9]);
    expect(segmentsOf({ kind: "s2", group: 4 }, 6, true).borders).toEqual([0, 2, 6]);
    expect(segmentsOf({ kind: "s2", group: 4 }, 1, true).borders).toEqual([0, 1]);
    expect(segmentsOf({ kind: "s2" }, 16, false).borders).toEqual([0, 4, 8, 12, 16]);
  });
});
