import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ConstantScoresError, EvaluationInputError, NonFiniteScoresError } from "./errors.ts";
import { evaluate } from "./evaluate.ts";
import { indexKnownAnswers } from "./filter.ts";
import { graphs, naiveRanks, triplesOf, tyingScorer } from "./testing.ts";

const size = { entityCount: 4, relationCount: 1 };
const split = triplesOf([
  [0, 0, 1],
  [2, 0, 3],
]);
const known = indexKnownAnswers([split], size);

const filled = (value: number) => async () => new Float32Array(16).fill(value);

describe("evaluate", () => {
  it("gives the ranks of counting one query after the other, whatever the size of its blocks", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.nat(1000), fc.integer({ min: 1, max: 400 }), async (graph, seed, blockBytes) => {
        const scoreBlock = tyingScorer(seed, graph.size);
        const { ranks, report } = await evaluate({
          split: triplesOf(graph.test),
          known: indexKnownAnswers([triplesOf(graph.train), triplesOf(graph.test)], graph.size),
          scoreBlock,
          blockBytes,
          overlap: true,
        });
        expect(ranks).toEqual(await naiveRanks(graph.test, [...graph.train, ...graph.test], graph.size, scoreBlock));
        const mean = ranks.realistic.reduce((sum, rank) => sum + rank, 0) / (2 * graph.test.length);
        expect(report.mr).toBeCloseTo(mean, 12);
        expect(report.queries).toBe(2 * graph.test.length);
      }),
    );
  });

  it("reports its progress in queries, up to all of them", async () => {
    const seen: [number, number][] = [];
    const onProgress = (done: number, total: number) => seen.push([done, total]);
    await evaluate({ split, known, scoreBlock: tyingScorer(1, size), blockBytes: 48, onProgress });
    expect(seen).toEqual([
      [2, 4],
      [4, 4],
    ]);
  });

  it("hands the scorer questions without their answers", async () => {
    const scoreBlock = tyingScorer(1, size);
    await evaluate({
      split,
      known,
      scoreBlock: (questions) => {
        expect(Object.keys(questions).toSorted()).toEqual(["anchors", "relations"]);
        return scoreBlock(questions);
      },
    });
  });

  it("refuses models that must not be judged, and ranks constant ones on demand", async () => {
    await expect(evaluate({ split, known, scoreBlock: filled(Number.NaN) })).rejects.toThrow(NonFiniteScoresError);
    await expect(evaluate({ split, known, scoreBlock: filled(0) })).rejects.toThrow(ConstantScoresError);
    const { report } = await evaluate({ split, known, scoreBlock: filled(0), constantScores: "rank" });
    expect(report.amri).toBe(0);
    expect(report.tied).toBe(1);
  });

  it("refuses an empty split", async () => {
    const options = { split: triplesOf([]), known, scoreBlock: tyingScorer(1, size) };
    await expect(evaluate(options)).rejects.toThrow(EvaluationInputError);
  });

  it("stops when it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(evaluate({ split, known, scoreBlock: tyingScorer(1, size), signal })).rejects.toThrow("enough");
  });
});
