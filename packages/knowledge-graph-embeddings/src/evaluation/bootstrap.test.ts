import { describe, expect, it } from "vitest";

import { bootstrapIntervals } from "./bootstrap.ts";
import { EvaluationInputError } from "./errors.ts";
import { emptyRanks } from "./ranks.ts";
import { seededRandom } from "./testing.ts";

/** Ranks drawn evenly from 1 to 10 for each query; with `together`, both queries of a triple get the same one. */
function evenRanks(triples: number, random: () => number, together = false) {
  const ranks = emptyRanks(2 * triples);
  for (let query = 0; query < 2 * triples; query++) {
    const copied = together && query % 2 === 1;
    ranks.realistic[query] = copied ? ranks.realistic[query - 1]! : 1 + Math.floor(10 * random());
    ranks.candidates[query] = 10;
  }
  return { ranks, triples: Int32Array.from({ length: 2 * triples }, (_, query) => query >> 1) };
}

function within([low, high]: readonly [number, number], value: number): number {
  return low <= value && value <= high ? 1 : 0;
}

/** Width of the mean rank's interval over 2,000 triples. */
function widthOf(together: boolean): number {
  const { ranks, triples } = evenRanks(2000, seededRandom(5), together);
  const [low, high] = bootstrapIntervals(ranks, triples, [1], { random: seededRandom(2) }).mr;
  return high - low;
}

describe("bootstrapIntervals", () => {
  it("covers the known mean about as often as it promises", () => {
    const random = seededRandom(1);
    const covered = { mr: 0, mrr: 0, hits: 0, amri: 0 };
    const experiments = 300;
    const meanReciprocal = 7381 / 2520 / 10; // (1 + 1/2 + … + 1/10) / 10
    for (let i = 0; i < experiments; i++) {
      const { ranks, triples } = evenRanks(100, random);
      const intervals = bootstrapIntervals(ranks, triples, [3], { random, samples: 200 });
      covered.mr += within(intervals.mr, 5.5);
      covered.mrr += within(intervals.mrr, meanReciprocal);
      covered.hits += within(intervals.hits["3"]!, 0.3);
      covered.amri += within(intervals.amri!, 0);
    }
    for (const count of Object.values(covered)) {
      expect(count / experiments).toBeGreaterThan(0.9);
      expect(count / experiments).toBeLessThan(0.99);
    }
  });

  it("is wider by √2 when the two queries of a triple always agree", () => {
    expect(widthOf(true) / widthOf(false)).toBeCloseTo(Math.SQRT2, 0.8);
  });

  it("repeats exactly with the same stream of random numbers", () => {
    const { ranks, triples } = evenRanks(50, seededRandom(3));
    const run = () => bootstrapIntervals(ranks, triples, [1, 3], { random: seededRandom(4), samples: 50 });
    expect(run()).toEqual(run());
  });

  it("gives null for a chance-adjusted index where every query has one candidate", () => {
    const { ranks, triples } = evenRanks(5, seededRandom(3));
    ranks.realistic.fill(1);
    ranks.candidates.fill(1);
    expect(bootstrapIntervals(ranks, triples, [1], { random: seededRandom(4) }).amri).toBeNull();
  });

  it.each([{ samples: 0 }, { samples: 1.5 }, { level: 0 }, { level: 1 }, { level: Number.NaN }])(
    "refuses %o",
    (wrong) => {
      const { ranks, triples } = evenRanks(5, seededRandom(3));
      expect(() => bootstrapIntervals(ranks, triples, [1], { random: seededRandom(4), ...wrong })).toThrow(
        EvaluationInputError,
      );
    },
  );
});
