import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeSplit } from "./make-split.ts";
import { type Triples, TripleSet } from "./triples.ts";

function triplesOf(rows: readonly (readonly [number, number, number])[]): Triples {
  const set = new TripleSet();
  for (const row of rows) set.add(...row);
  return set.toTriples();
}

const rowsOf = ({ length, heads, relations, tails }: Triples) =>
  Array.from({ length }, (_, i) => [heads[i]!, relations[i]!, tails[i]!] as const);
const entitiesOf = (triples: Triples) => new Set([...triples.heads, ...triples.tails]);
const pairOf = ([head, , tail]: readonly [number, number, number]) => `${Math.min(head, tail)} ${Math.max(head, tail)}`;

const both = ["valid", "test"] as const;
const graph = fc
  .array(fc.tuple(fc.nat(25), fc.nat(4), fc.nat(25)), { minLength: 3, maxLength: 200 })
  .map(triplesOf)
  .filter(({ length }) => length >= 3);

describe("makeSplit", () => {
  it("loses and invents nothing", () => {
    fc.assert(
      fc.property(graph, fc.nat(5), (triples, seed) => {
        const { train, valid, test } = makeSplit(triples, { seed, parts: both, heldOut: 0.1 });
        const joined = [train, valid, test].flatMap(rowsOf).map(String);
        expect(joined.toSorted()).toEqual(rowsOf(triples).map(String).toSorted());
        expect(Math.min(train.length, valid.length, test.length)).toBeGreaterThan(0);
      }),
    );
  });

  it("keeps entities, relations and pairs of entities as it says", () => {
    fc.assert(
      fc.property(graph, fc.nat(5), (triples, seed) => {
        const { train, valid, test, covered } = makeSplit(triples, { seed, parts: both, heldOut: 0.2 });
        if (!covered) return;
        expect(entitiesOf(train)).toEqual(entitiesOf(triples));
        expect(new Set(train.relations)).toEqual(new Set(triples.relations));
        const pairs = [train, valid, test].map((part) => new Set(rowsOf(part).map(pairOf)));
        const apart = pairs.reduce((sum, { size }) => sum + size, 0);
        expect(apart).toBe(new Set(rowsOf(triples).map(pairOf)).size);
      }),
    );
  });

  it("gives the same split for the same seed and another for another", () => {
    const triples = triplesOf(Array.from({ length: 500 }, (_, i) => [i % 31, i % 3, (i * 7) % 37] as const));
    const split = (seed: number) => makeSplit(triples, { seed, parts: both, heldOut: 0.1 });
    expect(split(3)).toEqual(split(3));
    expect(split(3).test).not.toEqual(split(4).test);
    expect(split(3).test.length).toBeGreaterThanOrEqual(Math.floor(triples.length * 0.1));
  });

  it("sets aside only the part that is asked for", () => {
    const triples = triplesOf(Array.from({ length: 100 }, (_, i) => [i % 10, 0, (i * 3) % 7] as const));
    const { train, valid, test } = makeSplit(triples, { seed: 0, parts: ["test"], heldOut: 0.1 });
    expect([valid.length, train.length + test.length]).toEqual([0, triples.length]);
    expect(test.length).toBeGreaterThan(0);
  });

  it("splits a star, whose leaves can only be left out, and says that it is not covered", () => {
    const star = triplesOf([1, 2, 3, 4, 5].map((leaf) => [0, 0, leaf] as const));
    const { train, valid, test, covered } = makeSplit(star, { seed: 0, parts: both, heldOut: 0.1 });
    expect([train.length, valid.length, test.length, covered]).toEqual([3, 1, 1, false]);
  });

  it("refuses a share that leaves nothing to learn from", () => {
    const triples = triplesOf([[0, 0, 1]]);
    for (const heldOut of [0, 0.5, -1, Number.NaN]) {
      expect(() => makeSplit(triples, { seed: 0, parts: both, heldOut })).toThrow(RangeError);
    }
  });
});
