import { readFileSync } from "node:fs";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { ConstantScoresError, NonFiniteScoresError, ScoreBlockError } from "./errors.ts";
import { indexKnownAnswers } from "./filter.ts";
import { queriesOf } from "./queries.ts";
import { emptyRanks, rankBlock } from "./ranks.ts";
import { graphs, naiveRanks, triplesOf, tyingScorer } from "./testing.ts";

/** Ranks of the tail queries of triples, from one block of scores. */
function rankTails(rows: number[][], triples: [number, number, number][], entityCount: number, constant?: "rank") {
  const size = { entityCount, relationCount: 1 + Math.max(...triples.map(([, r]) => r)) };
  const known = indexKnownAnswers([triplesOf(triples)], size);
  const asked = triples.slice(0, rows.length);
  const queries = {
    anchors: Int32Array.from(asked, ([h]) => h),
    relations: Int32Array.from(asked, ([, r]) => r),
    answers: Int32Array.from(asked, ([, , t]) => t),
    triples: Int32Array.from(asked.keys()),
  };
  const ranks = emptyRanks(rows.length);
  rankBlock(Float32Array.from(rows.flat()), queries, 0, known, ranks, constant);
  return ranks;
}

const triple = z.tuple([z.number(), z.number(), z.number()]);
const golden = z
  .object({
    numEntities: z.number(),
    batch: z.object({ heads: z.array(z.number()), relations: z.array(z.number()), tails: z.array(z.number()) }),
    filterExtra: z.object({ known: z.array(triple) }),
    variants: z.record(
      z.string(),
      z.object({ scores: z.array(z.array(z.number())), filteredRanksPessimistic: z.array(z.number()) }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../testing/nfe-golden.json", import.meta.url), "utf8")));

describe("rankBlock", () => {
  it.each(Object.entries(golden.variants))("gives the official code's filtered ranks for %s", (_, variant) => {
    const { heads, relations, tails } = golden.batch;
    const asked = heads.map((head, i): [number, number, number] => [head, relations[i]!, tails[i]!]);
    const ranks = rankTails(variant.scores, [...asked, ...golden.filterExtra.known], golden.numEntities);
    expect([...ranks.pessimistic]).toEqual(variant.filteredRanksPessimistic);
    expect([...ranks.optimistic]).toEqual(variant.filteredRanksPessimistic); // nothing ties
  });

  it("agrees with counting one query after the other, with many ties and filtered answers", async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.nat(1000), async ({ size, test, train }, seed) => {
        const scoreBlock = tyingScorer(seed, size);
        const queries = queriesOf(triplesOf(test), size);
        const known = indexKnownAnswers([triplesOf(train), triplesOf(test)], size);
        const scores = await scoreBlock(queries);
        const before = scores.slice();
        const ranks = emptyRanks(queries.answers.length);
        rankBlock(scores, queries, 0, known, ranks);
        expect(ranks).toEqual(await naiveRanks(test, [...train, ...test], size, scoreBlock));
        expect(scores).toEqual(before);
      }),
    );
  });

  it("places an answer that ties with all others first, in the middle and last", () => {
    const ranks = rankTails(
      [[0, 0, 0, 0, 0, 0, 0]],
      [
        [0, 0, 3],
        [0, 0, 5],
      ],
      7,
      "rank",
    );
    expect(ranks.optimistic[0]).toBe(1);
    expect(ranks.realistic[0]).toBe(3.5);
    expect(ranks.pessimistic[0]).toBe(6);
    expect(ranks.candidates[0]).toBe(6);
  });

  it("counts −0 and 0 as a tie, and tells neighbouring floats apart", () => {
    expect(rankTails([[-0, 0, 1]], [[0, 0, 0]], 3).pessimistic[0]).toBe(3);
    const next = 1 + 2 ** -23;
    expect(rankTails([[1, next, 0]], [[0, 0, 0]], 3).optimistic[0]).toBe(2);
  });

  it("ranks scores near the ends of float32 like any others", () => {
    const ranks = rankTails([[3e38, -3e38, 3.4e38, 3.4e38]], [[0, 0, 0]], 4);
    expect(ranks.realistic[0]).toBe(3);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("refuses %d, naming the query", (bad) => {
    for (let at = 0; at < 6; at++) {
      const row = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
      row[at] = bad;
      const rank = () =>
        rankTails(
          [[1, 2, 3, 4, 5, 6], row],
          [
            [0, 0, 1],
            [3, 1, 2],
          ],
          6,
        );
      expect(rank).toThrow(NonFiniteScoresError);
      expect(rank).toThrow(`query 1 (entity 3, relation row 1): candidate ${at} scores ${bad}`);
    }
  });

  it("refuses infinities that would cancel in a sum", () => {
    const row = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1];
    expect(() => rankTails([row], [[0, 0, 2]], 4)).toThrow(NonFiniteScoresError);
  });

  it("refuses a constant row among others, naming the query", () => {
    const rank = rankTails.bind(
      undefined,
      [
        [1, 2, 3],
        [7, 7, 7],
      ],
      [
        [0, 0, 1],
        [2, 0, 1],
      ],
      3,
    );
    expect(rank).toThrow(ConstantScoresError);
    expect(rank).toThrow("query 1 (entity 2, relation row 0): all 3 candidates score 7");
  });

  it("ranks the only entity of a graph first", () => {
    expect(rankTails([[4]], [[0, 0, 0]], 1).pessimistic[0]).toBe(1);
  });

  it("refuses a block that is no whole number of rows, or has more rows than there are queries", () => {
    expect(() => rankTails([[1, 2, 3, 4]], [[0, 0, 1]], 3)).toThrow(ScoreBlockError);
    expect(() => rankTails([[1, 2, 3, 4, 5, 6]], [[0, 0, 1]], 3)).toThrow(ScoreBlockError);
  });
});
