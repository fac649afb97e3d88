import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { EvaluationInputError } from "./errors.ts";
import { includesSorted, indexKnownAnswers, knownAnswers } from "./filter.ts";
import { graphs, triplesOf } from "./testing.ts";

const sorted = (answers: number[]) => [...new Set(answers)].toSorted((a, b) => a - b);

describe("indexKnownAnswers", () => {
  it("holds for each question the sorted set of its answers in all splits, in both directions", () => {
    fc.assert(
      fc.property(graphs, ({ size, test, train }) => {
        const known = indexKnownAnswers([triplesOf(train), triplesOf(test)], size);
        const all = [...train, ...test];
        for (let anchor = 0; anchor < size.entityCount; anchor++) {
          for (let relation = 0; relation < size.relationCount; relation++) {
            const tails = all.filter(([h, r]) => h === anchor && r === relation).map(([, , t]) => t);
            const heads = all.filter(([, r, t]) => t === anchor && r === relation).map(([h]) => h);
            expect([...knownAnswers(known, anchor, relation)]).toEqual(sorted(tails));
            expect([...knownAnswers(known, anchor, relation + size.relationCount)]).toEqual(sorted(heads));
          }
        }
      }),
    );
  });

  it("is empty for a graph without triples", () => {
    const known = indexKnownAnswers([triplesOf([])], { entityCount: 3, relationCount: 1 });
    expect([...knownAnswers(known, 2, 1)]).toEqual([]);
  });

  it("refuses indices outside of the vocabulary and columns that are too short, and says which", () => {
    const size = { entityCount: 3, relationCount: 2 };
    expect(() =>
      indexKnownAnswers(
        [
          triplesOf([
            [0, 0, 1],
            [0, 0, 3],
          ]),
        ],
        size,
      ),
    ).toThrow(/triple 1: tail 3 .* 0 to 2/);
    expect(() => indexKnownAnswers([triplesOf([[0, 2, 1]])], size)).toThrow(/relation 2/);
    expect(() => indexKnownAnswers([triplesOf([[-1, 0, 1]])], size)).toThrow(EvaluationInputError);
    const short = { ...triplesOf([[0, 0, 1]]), tails: new Int32Array(0) };
    expect(() => indexKnownAnswers([short], size)).toThrow(/triple 0: tail undefined/);
  });

  it("reads as many triples as there are, not the spare room of their columns", () => {
    const spare = { length: 1, heads: Int32Array.of(2, 0), relations: new Int32Array(2), tails: Int32Array.of(1, 0) };
    const known = indexKnownAnswers([spare], { entityCount: 3, relationCount: 1 });
    expect([...known.answers]).toEqual([2, 1]);
  });
});

describe("includesSorted", () => {
  it("finds exactly the members of an ascending array", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(30)), fc.nat(30), (values, wanted) => {
        expect(includesSorted(Int32Array.from(values).toSorted(), wanted)).toBe(values.includes(wanted));
      }),
    );
  });
});
