import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selectTriples, TripleSet } from "./triples.ts";

const triple = fc.tuple(fc.nat(40), fc.nat(3), fc.nat(40));

describe("TripleSet", () => {
  it("keeps what a set of strings keeps, in order of first appearance", () => {
    fc.assert(
      fc.property(fc.array(triple, { maxLength: 600 }), (rows) => {
        const set = new TripleSet();
        const seen = new Set<string>();
        for (const row of rows) {
          expect(set.add(...row)).toBe(!seen.has(row.join()));
          seen.add(row.join());
        }
        const { heads, relations, tails, length } = set.toTriples();
        expect(Array.from({ length }, (_, i) => [heads[i], relations[i], tails[i]].join())).toEqual([...seen]);
        expect(heads).toHaveLength(length);
      }),
    );
  });

  it("tells members from others", () => {
    const set = TripleSet.of({
      length: 2,
      heads: Int32Array.of(0, 2 ** 31 - 1),
      relations: Int32Array.of(1, 0),
      tails: Int32Array.of(2, 7),
    });
    expect([set.has(0, 1, 2), set.has(2 ** 31 - 1, 0, 7)]).toEqual([true, true]);
    expect([set.has(2, 1, 0), set.has(0, 0, 2), set.has(7, 0, 7)]).toEqual([false, false, false]);
  });

  it("gives selected rows in the order asked", () => {
    const { heads, relations, tails } = selectTriples(
      { length: 3, heads: Int32Array.of(1, 2, 3), relations: Int32Array.of(4, 5, 6), tails: Int32Array.of(7, 8, 9) },
      [2, 0],
    );
    expect([...heads, ...relations, ...tails]).toEqual([3, 1, 6, 4, 9, 7]);
  });
});
