import { describe, expect, it } from "vitest";

import { calibrate, calibrationSchema, fitCalibration, probabilityOf } from "./calibration.ts";
import { NonFiniteScoresError } from "./errors.ts";
import { evaluate } from "./evaluate.ts";
import { includesSorted, indexKnownAnswers, knownAnswers } from "./filter.ts";
import { type LabelledScores, sampleLabelledScores, type SampleOptions } from "./labelled-scores.ts";
import type { Questions } from "./queries.ts";
import { seededRandom, triplesOf } from "./testing.ts";

/** A graph of one relation whose every entity has `degree` tails, and validation triples that are not among them. */
function drawGraph(entityCount: number, degree: number, validCount: number) {
  const size = { entityCount, relationCount: 1 };
  const random = seededRandom(7);
  const draw = (count: number) =>
    triplesOf(
      Array.from({ length: count }, (_, i) => [i % entityCount, 0, Math.floor(random() * entityCount)] as const),
    );
  const [train, valid] = [draw(entityCount * degree), draw(validCount)];
  return { size, train, valid, known: indexKnownAnswers([train, valid], size) };
}

/** Scores of the standard normal law, with a bonus for known answers: a model that knows something. */
function scorerWithBonus(known: ReturnType<typeof drawGraph>["known"], bonus: number) {
  const n = known.entityCount;
  return async ({ anchors, relations }: Questions): Promise<Float32Array> => {
    const scores = new Float32Array(anchors.length * n);
    anchors.forEach((anchor, row) => {
      const random = seededRandom(1009 * anchor + relations[row]!);
      for (let i = row * n; i < (row + 1) * n; i++) {
        scores[i] = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      }
      for (const answer of knownAnswers(known, anchor, relations[row]!)) scores[row * n + answer]! += bonus;
    });
    return scores;
  };
}

/** How likely the true one is, against `others` false ones of the standard normal law (Bayes' rule). */
const posterior = (score: number, bonus: number, others: number) =>
  1 / (1 + others * Math.exp(bonus ** 2 / 2 - bonus * score));

describe("sampleLabelledScores", () => {
  const graph = drawGraph(300, 3, 50);
  const scoreBlock = scorerWithBonus(graph.known, 2);
  const sample = (more: Partial<SampleOptions> = {}) =>
    sampleLabelledScores({ split: graph.valid, known: graph.known, scoreBlock, random: seededRandom(1), ...more });

  it("gives each query its answer once, and false answers that stand for all unknown entities", async () => {
    const { scores, labels, weights, queries, triples } = await sample();
    expect(scores).toEqual(scores.toSorted());
    for (let query = 0; query < 100; query++) {
      const rows = [...queries.keys()].filter((i) => queries[i] === query);
      const answered = rows.filter((i) => labels[i] === 1);
      expect(answered.map((i) => weights[i])).toEqual([1]);
      expect(rows.every((i) => triples[i] === query >> 1)).toBe(true);
      const falseWeight = rows.filter((i) => labels[i] === 0).reduce((sum, i) => sum + weights[i]!, 0);
      const triple = query >> 1;
      const [anchor, relation] = query % 2 === 0 ? [graph.valid.heads[triple]!, 0] : [graph.valid.tails[triple]!, 1];
      expect(falseWeight).toBeCloseTo(300 - knownAnswers(graph.known, anchor, relation).length, 9);
    }
  });

  it("keeps the best-scored false answers of a query and no known ones", async () => {
    const scored: Float32Array[] = [];
    const { scores, labels, queries, weights } = await sampleLabelledScores({
      split: triplesOf([[5, 0, 6]]),
      known: graph.known,
      random: seededRandom(1),
      scoreBlock: async (questions) => {
        scored.push(await scoreBlock(questions));
        return scored[0]!;
      },
    });
    const row = scored[0]!.subarray(0, 300);
    const tails = knownAnswers(graph.known, 5, 0);
    const unknown = Array.from({ length: 300 }, (_, i) => i).filter((i) => i !== 6 && !includesSorted(tails, i));
    const best = unknown.map((i) => row[i]!).toSorted((a, b) => b - a);
    const kept = [...scores.keys()].filter((i) => queries[i] === 0 && labels[i] === 0 && weights[i] === 1);
    expect(kept.map((i) => scores[i]!).toReversed()).toEqual(best.slice(0, kept.length));
    expect(kept.length).toBe(16);
    const drawn = [...scores.keys()].filter((i) => queries[i] === 0 && weights[i]! > 1);
    expect(drawn.length).toBe(16);
    expect(drawn.every((i) => best.slice(16).includes(scores[i]!))).toBe(true);
  });

  it("weighs the false answers of a query as the corruptions asked for", async () => {
    const { labels, weights } = await sample({ corruptions: 2 });
    const falseWeight = weights.reduce((sum, weight, i) => sum + (labels[i] === 0 ? weight : 0), 0);
    expect(falseWeight).toBeCloseTo(200, 9);
  });

  it("draws no more triples than allowed, each at most once", async () => {
    const { labels, triples } = await sample({ maxTriples: 20 });
    expect(labels.reduce((sum, label) => sum + label, 0)).toBe(40);
    expect(new Set(triples).size).toBe(20);
  });

  it("takes all false answers of a small graph", async () => {
    const size = { entityCount: 4, relationCount: 1 };
    const split = triplesOf([
      [0, 0, 1],
      [0, 0, 2],
    ]);
    const known = indexKnownAnswers([split], size);
    const { labels, weights } = await sampleLabelledScores({
      split,
      known,
      random: seededRandom(1),
      scoreBlock: scorerWithBonus(known, 1),
    });
    expect(labels.length).toBe(4 + 2 + 3 + 2 + 3); // answers; {0, 3} for both tails, all but 0 for both heads
    expect([...weights].every((weight) => weight === 1)).toBe(true);
  });

  it("refuses scores that are not finite", async () => {
    const broken = { scoreBlock: async () => new Float32Array(100 * 300).fill(Number.NaN) };
    await expect(sample(broken)).rejects.toThrow(NonFiniteScoresError);
  });
});

describe("calibrate", () => {
  const graph = drawGraph(150, 2, 600);
  const options = { split: graph.valid, known: graph.known, scoreBlock: scorerWithBonus(graph.known, 3) };
  const others = 138; // about as many unknown entities a query has here

  it.each(["platt", "isotonic", "best"] as const)("%s finds Bayes' probability in a ranked list", async (method) => {
    const calibration = await calibrate({ ...options, method, random: seededRandom(1) });
    for (const score of [1, 2, 3, 4]) {
      expect(Math.abs(probabilityOf(calibration, score)! - posterior(score, 3, others))).toBeLessThan(0.08);
    }
    if (calibration.method === "none") throw new Error(calibration.reason);
    const { candidates } = calibration.reliability;
    expect(candidates.logLoss).toBeLessThan(candidates.baseline.logLoss);
    expect(candidates.baseRate).toBeCloseTo(1 / (others + 1), 3);
    for (const { predicted, observed } of candidates.bins.filter(({ weight }) => weight > 150)) {
      expect(Math.abs(predicted - observed)).toBeLessThan(0.1);
    }
    expect(calibration.question).toContain("held-out answer");
  });

  it("counts the top answers right as often as Hits@1", async () => {
    const calibration = await calibrate({ ...options, random: seededRandom(1) });
    if (calibration.method === "none") throw new Error(calibration.reason);
    const { report } = await evaluate(options);
    expect(calibration.reliability.topAnswers?.weight).toBe(1200);
    expect(calibration.reliability.topAnswers?.baseRate).toBeCloseTo(report.ranks.pessimistic.hits["1"]!, 12);
  });

  it("finds Bayes' probability against a few random corruptions, which is far higher", async () => {
    const calibration = await calibrate({ ...options, corruptions: 1, random: seededRandom(1) });
    for (const score of [0, 1, 2, 3]) {
      expect(Math.abs(probabilityOf(calibration, score)! - posterior(score, 3, 1))).toBeLessThan(0.05);
    }
    if (calibration.method === "none") throw new Error(calibration.reason);
    expect(calibration.reliability).not.toHaveProperty("topAnswers");
    expect(calibration.question).toContain("1 random corruption");
  });

  it.each(["platt", "isotonic"] as const)(
    "gives the same probabilities after a trip through JSON (%s)",
    async (method) => {
      const calibration = await calibrate({ ...options, method, maxTriples: 100, random: seededRandom(1) });
      const read = calibrationSchema.parse(JSON.parse(JSON.stringify(calibration)));
      for (let score = -5; score < 8; score += 0.3) {
        expect(probabilityOf(read, score)).toBe(probabilityOf(calibration, score));
      }
    },
  );

  it("says why there is none when validation is empty or has a few triples", async () => {
    for (const split of [
      triplesOf([]),
      triplesOf([
        [0, 0, 1],
        [0, 0, 2],
      ]),
    ]) {
      const calibration = await calibrate({ ...options, split, random: seededRandom(1) });
      expect(calibration).toMatchObject({ method: "none", reason: expect.stringContaining("too few") });
      expect(probabilityOf(calibration, 1)).toBeUndefined();
    }
  });

  it("says so when scores tell nothing, or the wrong way round", async () => {
    const scoreBlock = scorerWithBonus(graph.known, -3);
    const calibration = await calibrate({ ...options, scoreBlock, method: "platt", random: seededRandom(1) });
    expect(calibration).toMatchObject({ method: "none", reason: expect.stringContaining("not more often true") });
  });
});

describe("fitCalibration", () => {
  it("judges each row by a fit that did not see its triple", () => {
    // Scores tell nothing. An isotonic fit sees a lower log loss than the base rate's on the rows it was fitted to.
    const random = seededRandom(9);
    const rows = Array.from({ length: 200 }, (_, i) => ({ score: random(), label: i % 2, triple: i >> 2 }));
    rows.sort((a, b) => a.score - b.score);
    const samples: LabelledScores = {
      scores: Float64Array.from(rows, ({ score }) => score),
      labels: Uint8Array.from(rows, ({ label }) => label),
      weights: new Float64Array(200).fill(1),
      queries: Int32Array.from(rows, ({ triple }) => triple),
      triples: Int32Array.from(rows, ({ triple }) => triple),
    };
    const calibration = fitCalibration(samples, { method: "isotonic" });
    if (calibration.method === "none") throw new Error(calibration.reason);
    const { candidates } = calibration.reliability;
    expect(candidates.logLoss).toBeGreaterThan(candidates.baseline.logLoss);
  });

  it("has nothing to fit when every entity is a known answer", () => {
    const labels = new Uint8Array(40).fill(1);
    const rows = Int32Array.from(labels.keys());
    const samples = {
      scores: Float64Array.from(rows),
      labels,
      weights: new Float64Array(40).fill(1),
      queries: rows,
      triples: rows,
    };
    expect(fitCalibration(samples)).toMatchObject({ method: "none", reason: expect.stringContaining("no entity") });
  });
});
