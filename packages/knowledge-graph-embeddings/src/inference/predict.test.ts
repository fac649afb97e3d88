import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UnknownLabelError } from "../data/errors.ts";
import { NonFiniteScoresError } from "../evaluation/errors.ts";
import { modelNames } from "../models/index.ts";
import { QuestionError } from "./errors.ts";
import { naiveScore, naiveTypicalDistance, naiveVariance } from "./naive.ts";
import { predict, Predictor } from "./predictor.ts";
import { plantedFamilies, untrained } from "./testing.ts";

const graph = plantedFamilies(2);
const variants = [
  ...modelNames.map((model) => ({ model, official: false })),
  { model: "nfe-2" as const, official: true },
  { model: "nfe-3" as const, official: true },
];

describe.each(variants)("predictions of $model (official: $official)", (variant) => {
  const learned = untrained(graph, { ...variant, seed: 3 });
  const { entities, relations } = learned;
  const relation = relations.resolve("parentOf");
  let predictor: Predictor;
  beforeAll(async () => {
    predictor = await Predictor.create(learned);
  });
  afterAll(() => predictor.dispose());

  it.each([
    ["tails", { head: "carl0" }, relation],
    ["heads", { tail: "carl0" }, relation + relations.size],
  ] as const)("ranks all %s as the formulas do", async (_, given, row) => {
    const anchor = entities.resolve("carl0");
    const { answers } = await predictor.predict({ ...given, relation: "parentOf", top: 99, includeKnown: true });
    const wanted = [...entities.labels.keys()].map((entity) => ({
      entity: entities.label(entity),
      score: naiveScore(learned, anchor, row, entity),
    }));
    expect(answers).toHaveLength(entities.size);
    for (const [i, answer] of answers.entries()) {
      const { score } = wanted.find(({ entity }) => entity === answer.entity)!;
      expect(answer.place).toBe(i + 1);
      expect(Math.abs(answer.score - score)).toBeLessThan(1e-4);
    }
    const sorted = wanted.map(({ score }) => score).toSorted((a, b) => b - a);
    for (const [i, answer] of answers.entries()) expect(Math.abs(answer.score - sorted[i]!)).toBeLessThan(1e-4);
  });

  it("has the spread that the formulas give, or says why there is none", async () => {
    const { answers, meaning } = await predictor.predict({ head: "emil1", relation: "childOf", top: 99 });
    if (!["nfe-1", "nfe-2", "nfe-3"].includes(variant.model)) {
      expect(answers[0]?.spread).toBeUndefined();
      expect(meaning.spread).toMatch(/no spread|no uncertainty/);
      return;
    }
    const asked = naiveVariance(learned, entities.resolve("emil1"), relations.resolve("childOf"));
    const own = [...entities.labels.keys()].map((entity) => naiveVariance(learned, entity));
    for (const { entity, spread } of answers) {
      const variance = own[entities.resolve(entity)]!;
      expect(spread!.relative).toBeCloseTo(Math.sqrt(asked + variance) / naiveTypicalDistance(learned), 4);
      const below = own.filter((other) => other < variance - 1e-9).length;
      expect(spread!.moreUncertainThan).toBeCloseTo(below / (entities.size - 1), 10);
    }
  });
});

describe("a list of predictions", () => {
  const learned = untrained(graph, { seed: 1 });

  it("leaves known facts out and counts them, of every part of the split", async () => {
    const all = await predict(learned, { head: "carl0", relation: "childOf", top: 99, includeKnown: true });
    const some = await predict(learned, { head: "carl0", relation: "childOf", top: 99 });
    // Family 0 has its childOf facts in test.
    const known = all.answers.filter((answer) => answer.known);
    expect(new Map(known.map(({ entity, split }) => [entity, split]))).toEqual(
      new Map([
        ["anna0", "test"],
        ["bert0", "test"],
      ]),
    );
    expect(all.knownLeftOut).toBe(0);
    expect(some.knownLeftOut).toBe(2);
    expect(some.candidates).toBe(learned.entities.size - 2);
    expect(some.answers.map(({ entity }) => entity)).toEqual(
      all.answers.filter((answer) => !answer.known).map(({ entity }) => entity),
    );
  });

  it("has probabilities where they were fitted and a reason where they were not", async () => {
    const question = { head: "carl0", relation: "childOf" };
    const reliability = { folds: 5, candidates: {} as never };
    const calibration = {
      method: "platt" as const,
      slope: 2,
      intercept: -1,
      question: "Is it so?",
      queries: 50,
      reliability,
    };
    const fitted = await predict({ ...learned, calibration }, question);
    for (const { score, probability } of fitted.answers) {
      expect(probability).toBeCloseTo(1 / (1 + Math.exp(-(2 * score - 1))), 6);
    }
    expect(fitted.meaning.probability).toContain("Is it so?");
    const none = await predict({ ...learned, calibration: { method: "none", reason: "too few queries" } }, question);
    expect(none.answers[0]).not.toHaveProperty("probability");
    expect(none.meaning.probability).toBe("No probabilities: too few queries.");
    expect((await predict(learned, question)).meaning.probability).toContain("No probabilities");
  });

  it("is read by names and is plain JSON", async () => {
    const words = new Map([[learned.entities.resolve("carl0"), { name: "Carl", description: "a father" }]]);
    const withWords = { ...learned, entities: learned.entities.withTexts(words) };
    const { query, answers } = await predict(withWords, { tail: "carl", relation: "childOf", top: 3 });
    expect(query).toEqual({
      asks: "head",
      given: { label: "carl0", name: "Carl", description: "a father" },
      relation: { label: "childOf", name: "childOf" },
    });
    expect(answers).toHaveLength(3);
    expect(JSON.parse(JSON.stringify(answers))).toEqual(answers);
  });

  it("refuses what is no question", async () => {
    const predictor = await Predictor.create(learned);
    const ask = predictor.predict.bind(predictor);
    await expect(ask({ relation: "childOf" })).rejects.toThrow(QuestionError);
    await expect(ask({ head: "anna0", tail: "carl0", relation: "childOf" })).rejects.toThrow(/both came/);
    await expect(ask({ head: "anna0", relation: "childOf", top: 0 })).rejects.toThrow(/top: wanted a whole number/);
    const unknown = await ask({ head: "annna0", relation: "childOf" }).catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(UnknownLabelError);
    expect((unknown as UnknownLabelError).matches).toContain("anna0");
    await expect(ask({ head: "anna0", relation: "childof" })).resolves.toBeDefined();
    await expect(ask({ head: "anna0", relation: "uncle" })).rejects.toThrow(UnknownLabelError);
    await predictor.dispose();
  });

  it("refuses to rank by a model that has diverged", async () => {
    const broken = untrained(graph);
    (broken.embeddings.entity["shift"]!.data as Float32Array)[0] = Number.NaN;
    await expect(predict(broken, { head: "anna1", relation: "childOf" })).rejects.toThrow(NonFiniteScoresError);
  });
});
