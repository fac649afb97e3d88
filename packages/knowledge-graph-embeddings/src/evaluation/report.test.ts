import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { EvaluationInputError } from "./errors.ts";
import { indexKnownAnswers } from "./filter.ts";
import { entitiesIn, queriesOf } from "./queries.ts";
import { emptyRanks, rankBlock, type Ranks } from "./ranks.ts";
import { reportRanks } from "./report.ts";
import { graphs, hasNations, readNations, seededRandom, triplesOf, tyingScorer } from "./testing.ts";

/** Ranks without ties, out of `candidates` each. */
function ranksOf(values: number[], candidates: number): Ranks {
  return {
    optimistic: Int32Array.from(values),
    realistic: Float64Array.from(values),
    pessimistic: Int32Array.from(values),
    candidates: new Int32Array(values.length).fill(candidates),
  };
}

const size = { entityCount: 10, relationCount: 2 };
const queries = queriesOf(
  triplesOf([
    [0, 0, 1],
    [2, 1, 3],
    [4, 1, 5],
  ]),
  size,
);

describe("reportRanks", () => {
  it("is the plain mean of what each rank is worth", () => {
    const { mrr, mr, hits, ranks, tied } = reportRanks(ranksOf([1, 2, 4, 1, 10, 6], 10), queries, size);
    expect(mr).toBe(4);
    expect(mrr).toBeCloseTo((1 + 1 / 2 + 1 / 4 + 1 + 1 / 10 + 1 / 6) / 6, 12);
    expect(hits).toEqual({ "1": 2 / 6, "3": 3 / 6, "10": 1 });
    expect(ranks.optimistic).toEqual({ mrr, mr, hits });
    expect(ranks.pessimistic).toEqual(ranks.optimistic);
    expect(tied).toBe(0);
  });

  it("is 1 for perfect ranks and 0 for the ranks of chance on every adjusted scale", () => {
    const perfect = reportRanks(ranksOf([1, 1, 1, 1, 1, 1], 10), queries, size);
    expect([perfect.amri, perfect.adjusted.mrr, ...Object.values(perfect.adjusted.hits)]).toEqual([1, 1, 1, 1, null]);

    const everyRank = Array.from({ length: 100 }, (_, i) => i + 1);
    const tails = triplesOf(Array.from({ length: 50 }, () => [0, 0, 1]));
    const chance = reportRanks(ranksOf(everyRank, 100), queriesOf(tails, size), size);
    expect(chance.amr).toBeCloseTo(1, 12);
    expect(chance.amri).toBeCloseTo(0, 12);
    expect(chance.adjusted.mrr).toBeCloseTo(0, 12);
    for (const value of Object.values(chance.adjusted.hits)) expect(value).toBeCloseTo(0, 12);
  });

  it("has no chance-adjusted index where every query has one candidate", () => {
    const { amri, adjusted } = reportRanks(ranksOf([1, 1, 1, 1, 1, 1], 1), queries, size);
    expect(amri).toBeNull();
    expect(adjusted.mrr).toBeNull();
  });

  it("splits queries by side, relation, category and seen entities", () => {
    const ranks = ranksOf([1, 2, 4, 1, 10, 6], 10);
    const report = reportRanks(ranks, queries, {
      ...size,
      relationLabels: ["likes", "knows"],
      relationCategories: ["1-1", "N-N"],
      seenEntities: entitiesIn(
        triplesOf([
          [0, 0, 1],
          [2, 0, 3],
        ]),
        10,
      ),
    });
    expect(report.bySide.tail?.mr).toBe((1 + 4 + 10) / 3);
    expect(report.bySide.head?.mr).toBe((2 + 1 + 6) / 3);
    expect(report.perRelation.map(({ label, queries: count, mr }) => [label, count, mr])).toEqual([
      ["likes", 2, 1.5],
      ["knows", 4, 21 / 4],
    ]);
    expect(report.perRelation[1]?.bySide.head?.mr).toBe(3.5);
    expect(report.perCategory?.["N-N"]?.queries).toBe(4);
    expect(report.perCategory?.["1-1"]?.bySide.tail?.mr).toBe(1);
    expect(report.bySeen?.seen?.queries).toBe(4);
    expect(report.bySeen?.unseen?.mr).toBe(8);
    expect(report.triples).toBe(3);
  });

  it("leaves out what was not asked for, and survives JSON", () => {
    const report = reportRanks(ranksOf([1, 2, 4, 1, 10, 6], 10), queries, size);
    expect(report).not.toHaveProperty("intervals");
    expect(report).not.toHaveProperty("perCategory");
    expect(report).not.toHaveProperty("bySeen");
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("has intervals around its values when given random numbers", () => {
    const values = Array.from({ length: 60 }, (_, i) => 1 + (i % 9));
    const tails = triplesOf(Array.from({ length: 30 }, (_, i) => [i % 10, 0, 1]));
    const options = { ...size, bootstrap: { random: seededRandom(1), samples: 500 } };
    const { intervals, mrr, mr, amri, hits } = reportRanks(ranksOf(values, 10), queriesOf(tails, size), options);
    for (const [interval, value] of [
      [intervals!.mrr, mrr],
      [intervals!.mr, mr],
      [intervals!.amri!, amri!],
      [intervals!.hits["3"]!, hits["3"]!],
    ] as const) {
      expect(interval[0]).toBeLessThan(value);
      expect(interval[1]).toBeGreaterThan(value);
    }
  });

  it("has no intervals for a single triple, which cannot vary", () => {
    const one = queriesOf(triplesOf([[0, 0, 1]]), size);
    const options = { ...size, bootstrap: { random: seededRandom(1) } };
    expect(reportRanks(ranksOf([1, 2], 10), one, options)).not.toHaveProperty("intervals");
  });

  it("refuses an empty split", () => {
    const none = queriesOf(triplesOf([]), size);
    expect(() => reportRanks(emptyRanks(0), none, size)).toThrow(EvaluationInputError);
  });

  it("does not change when entities are numbered in another order", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.nat(1000), async (graph, seed) => {
        const { entityCount } = graph.size;
        const random = seededRandom(seed);
        const renumbered = Array.from({ length: entityCount }, (_, i) => ({ i, key: random() }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ i }) => i);
        const rename = (rows: typeof graph.test) =>
          rows.map(([h, r, t]): [number, number, number] => [renumbered[h]!, r, renumbered[t]!]);
        const scores = await tyingScorer(seed, graph.size)(queriesOf(triplesOf(graph.test), graph.size));
        const moved = new Float32Array(scores.length);
        scores.forEach((score, at) => {
          const entity = at % entityCount;
          moved[at - entity + renumbered[entity]!] = score;
        });
        const report = (block: Float32Array, test: typeof graph.test, train: typeof graph.test) => {
          const asked = queriesOf(triplesOf(test), graph.size);
          const known = indexKnownAnswers([triplesOf(train), triplesOf(test)], graph.size);
          const ranks = emptyRanks(asked.answers.length);
          rankBlock(block, asked, 0, known, ranks);
          return reportRanks(ranks, asked, graph.size);
        };
        expect(report(moved, rename(graph.test), rename(graph.train))).toEqual(report(scores, graph.test, graph.train));
      }),
    );
  });

  it.skipIf(!hasNations)(
    "gives a model that scores everything alike the known .167 on Nations, and calls it chance",
    () => {
      const nations = readNations();
      const asked = queriesOf(nations.test, nations.size);
      const known = indexKnownAnswers([nations.train, nations.valid, nations.test], nations.size);
      const ranks = emptyRanks(asked.answers.length);
      const block = new Float32Array(asked.answers.length * nations.size.entityCount);
      rankBlock(block, asked, 0, known, ranks, "rank");
      const report = reportRanks(ranks, asked, nations.size);
      expect(ranks.pessimistic).toEqual(ranks.candidates);
      expect(report.ranks.pessimistic.mrr).toBeCloseTo(0.167, 3);
      expect(report.ranks.optimistic.mrr).toBe(1);
      expect(report.amri).toBeCloseTo(0, 12);
      expect(report.mr).toBeCloseTo(report.chance.mr, 12);
      expect(report.tied).toBeGreaterThan(0.9);
    },
  );
});
