import { beforeAll, describe, expect, it } from "vitest";
import type { ModelName } from "../models/index.ts";
import { QuestionError } from "./errors.ts";
import type { LearnedGraph } from "./learned-graph.ts";
import type { LearnedRules, LearnedRulesOptions, RelationRules } from "./learned-rules.ts";
import { Predictor } from "./predictor.ts";
import { graphOf, plantedFamilies, trained, untrained } from "./testing.ts";

async function rulesOf(learned: LearnedGraph, options: LearnedRulesOptions = {}): Promise<LearnedRules> {
  const predictor = await Predictor.create(learned);
  try {
    return await predictor.learnedRules(options);
  } finally {
    await predictor.dispose();
  }
}

const rowOf = ({ relations }: LearnedRules, label: string): RelationRules =>
  relations.find(({ relation }) => relation.label === label)!;

const families = plantedFamilies();
const train = (model: ModelName): Promise<LearnedGraph> =>
  trained(families, { model, dimension: 32, epochs: 120, learningRate: 0.03, batchSize: 64 });

describe("the rules that RotatE learned of families, where all of them can be represented", () => {
  let learned: LearnedGraph;
  let rules: LearnedRules;
  beforeAll(async () => {
    learned = await train("rotate");
    rules = await rulesOf(learned);
  });

  it("has every relation with its facts, those with most first", () => {
    expect(rules.relations.map(({ relation, facts }) => [relation.label, facts])).toEqual([
      ["parentOf", 96],
      ["childOf", 72],
      ["marriedTo", 63],
      ["grandparentOf", 54],
      ["admires", 24],
    ]);
  });

  it("finds the symmetric relation, also for pairs that train has one way only", () => {
    const { symmetric } = rowOf(rules, "marriedTo");
    expect(symmetric.verdict).toBe("symmetric");
    expect(symmetric.score.unseen!.mrr).toBeGreaterThan(0.8);
    // 27 couples stand both ways in train, 9 one way.
    expect(symmetric.data).toEqual({ premises: 63, support: 54, confidence: 54 / 63 });
    expect(symmetric.evidence).toHaveLength(3);
    for (const { rank, inTrain } of symmetric.evidence) expect({ rank, inTrain }).toEqual({ rank: 1, inTrain: false });
  });

  it.each(["parentOf", "childOf", "grandparentOf", "admires"])("finds that %s goes one way", (label) => {
    const { symmetric } = rowOf(rules, label);
    expect(symmetric.verdict).toBe("one-way");
    expect(symmetric.data.support).toBe(0);
  });

  it("finds the inverse pair in both directions, with a witness that train does not hold", () => {
    const [parents] = rowOf(rules, "parentOf").inverseOf;
    expect(parents).toMatchObject({ relation: { label: "childOf" }, verdict: "learned" });
    expect(parents!.data).toEqual({ premises: 96, support: 72, confidence: 0.75 });
    expect(parents!.evidence[0]).toMatchObject({ rank: 1, inTrain: false });
    expect(rowOf(rules, "childOf").inverseOf[0]).toMatchObject({ relation: { label: "parentOf" }, verdict: "learned" });
  });

  it("finds the composition, going through the one in the middle", () => {
    const grand = rowOf(rules, "grandparentOf").compositions.find(
      ({ first, second }) => first.label === "parentOf" && second.label === "parentOf",
    );
    expect(grand).toMatchObject({ verdict: "learned", data: { premises: 72, support: 54, confidence: 0.75 } });
    expect(grand!.score.unseen!.mrr).toBeGreaterThan(0.8);
    const { head, via, tail } = grand!.evidence[0]!;
    const { entities, relations, splits } = learned;
    const steps = [
      [head, via!],
      [via!, tail],
    ] as const;
    for (const [from, to] of steps) {
      const isParent = [...splits.train.heads.keys()].some(
        (i) =>
          entities.label(splits.train.heads[i]!) === from.label &&
          relations.label(splits.train.relations[i]!) === "parentOf" &&
          entities.label(splits.train.tails[i]!) === to.label,
      );
      expect(isParent).toBe(true);
    }
  });

  it("invents nothing for the relation that follows no rule", () => {
    const { inverseOf, compositions } = rowOf(rules, "admires");
    expect(inverseOf.filter(({ verdict }) => verdict === "learned")).toEqual([]);
    expect(compositions).toEqual([]);
  });

  it("is the same when asked again, and plain JSON", async () => {
    expect(await rulesOf(learned)).toEqual(rules);
    expect(JSON.parse(JSON.stringify(rules))).toEqual(rules);
  });
});

describe("what other models learned of families", () => {
  it("is symmetric for every relation with DistMult, which can represent nothing else", async () => {
    const rules = await rulesOf(await train("distmult"));
    for (const { symmetric } of rules.relations) expect(symmetric.score.believed).toBeGreaterThan(0.8);
    expect(rowOf(rules, "admires").symmetric).toMatchObject({ verdict: "symmetric", data: { support: 0 } });
  });

  it("has the symmetric relation, the inverse pair and the composition with NFE-1", async () => {
    const rules = await rulesOf(await train("nfe-1"));
    expect(rowOf(rules, "marriedTo").symmetric.verdict).toBe("symmetric");
    expect(rowOf(rules, "parentOf").symmetric.verdict).toBe("one-way");
    expect(rowOf(rules, "parentOf").inverseOf[0]).toMatchObject({ relation: { label: "childOf" }, verdict: "learned" });
    expect(rowOf(rules, "grandparentOf").compositions.map(({ verdict }) => verdict)).toContain("learned");
  });
});

describe("bounds", () => {
  it("keep questions, relations and facts below what is asked for", async () => {
    const rules = await rulesOf(untrained(families), { maxQueries: 200, maxRelations: 3, factsPerRule: 7 });
    expect(rules.relations).toHaveLength(3);
    expect(rules.sampling.queries).toBeLessThanOrEqual(200);
    expect(rules.sampling.factsPerRule).toBeLessThanOrEqual(7);
    expect(rules.sampling.text).toContain("the 3 of 5 relations with most facts");
  });

  it("tell when paths were not all counted", async () => {
    const { sampling } = await rulesOf(untrained(families), { maxPaths: 100 });
    expect(sampling.allPaths).toBe(false);
    expect(sampling.text).toContain("not all");
  });

  it("hold for graphs with next to nothing in them", async () => {
    const loop = await rulesOf(untrained(graphOf({ train: ["a r a"], test: ["a s b"] })));
    expect(loop.relations).toEqual([]);
    expect(loop.sampling.queries).toBe(0);
    const one = await rulesOf(untrained(graphOf({ train: ["a r b"] })));
    expect(one.relations).toMatchObject([
      { facts: 1, symmetric: { verdict: "unclear" }, inverseOf: [], compositions: [] },
    ]);
  });

  it("are at least 1", async () => {
    await expect(rulesOf(untrained(families), { maxQueries: 0 })).rejects.toThrow(QuestionError);
  });

  it("say that a model that knows nothing is unclear", async () => {
    const rules = await rulesOf(untrained(families));
    for (const { symmetric } of rules.relations) expect(symmetric.verdict).toBe("unclear");
  });
});
