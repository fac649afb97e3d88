import { describe, expect, it } from "vitest";
import { naiveTypicalDistance, naiveVariance } from "./naive.ts";
import { Predictor } from "./predictor.ts";
import { degreesIn } from "./spread.ts";
import { graphOf, plantedFamilies, untrained } from "./testing.ts";
import type { LearnedGraph } from "./learned-graph.ts";

const graph = plantedFamilies(2);

async function checked(learned: LearnedGraph) {
  const predictor = await Predictor.create(learned);
  try {
    return await predictor.checkSpread();
  } finally {
    await predictor.dispose();
  }
}

/** The graph with the scales of each entity set. */
function withScales(learned: LearnedGraph, scaleOf: (entity: number) => number): LearnedGraph {
  const { data, shape } = learned.embeddings.entity["scale"]!;
  const width = shape[1]!;
  for (let i = 0; i < data.length; i++) (data as Float32Array)[i] = scaleOf(Math.floor(i / width)) * (i % 2 ? 1 : -1);
  return learned;
}

describe("the check of the spread", () => {
  it.each(["nfe-1", "nfe-2", "nfe-3"] as const)("has the median that the formulas give for %s", async (model) => {
    const learned = untrained(graph, { model, seed: 2 });
    const check = await checked(learned);
    const unit = naiveTypicalDistance(learned);
    const own = learned.entities.labels.map((_, entity) => Math.sqrt(naiveVariance(learned, entity)) / unit);
    expect(check).toMatchObject({ available: true, collapsed: false });
    expect(check.available && check.relativeSpread).toBeCloseTo(own.toSorted((a, b) => a - b)[own.length >> 1]!, 5);
  });

  it("sees larger scales of rarely seen entities", async () => {
    const learned = untrained(graph);
    const degrees = degreesIn(graph.splits.train, graph.entities.size);
    const check = await checked(withScales(learned, (entity) => 1 / (1 + degrees[entity]!)));
    expect(check).toMatchObject({ available: true, collapsed: false });
    expect(check.available && check.degreeCorrelation).toBeCloseTo(-1, 6);
    expect(check.text).toContain("rarely seen entities have larger ones");
  });

  it("finds a collapse when scales are next to nothing, or all the same", async () => {
    const tiny = await checked(withScales(untrained(graph), (entity) => 1e-4 * (1 + (entity % 3))));
    expect(tiny).toMatchObject({ available: true, collapsed: true });
    expect(tiny.text).toContain("collapsed");
    expect(await checked(withScales(untrained(graph), () => 0.1))).toMatchObject({ collapsed: true });
  });

  it("is said beside the answers, so that nobody reads a collapsed spread", async () => {
    const { relations, entities } = untrained(graph);
    const relation = relations.label(0);
    const head = entities.label(0);
    const meaning = async (scale: (entity: number) => number): Promise<string> => {
      await using predictor = await Predictor.create(withScales(untrained(graph), scale));
      return (await predictor.predict({ head, relation })).meaning.spread;
    };
    expect(await meaning((entity) => 1e-4 * (1 + (entity % 3)))).toMatch(/has collapsed.*Do not read it/);
    expect(await meaning((entity) => 0.1 * (1 + (entity % 3)))).toMatch(/can be read/);
  });

  it("finds a collapse when all entities lie in one place", async () => {
    const learned = untrained(graph);
    (learned.embeddings.entity["shift"]!.data as Float32Array).fill(0);
    const check = await checked(withScales(learned, () => 0.1));
    expect(check).toMatchObject({ available: true, collapsed: true });
  });

  it.each(["nfe-sigma", "nfe-without-uncertainty", "transe", "distmult", "complex", "rotate", "quate"] as const)(
    "says that %s has none",
    async (model) => {
      const check = await checked(untrained(graph, { model }));
      expect(check.available).toBe(false);
      expect(check.text).toMatch(/no spread of its own|no uncertainty/);
    },
  );
});

describe("degreesIn", () => {
  it("counts training triples of an entity, loops once", () => {
    const { splits, entities } = graphOf({ train: ["a r b", "b r c", "c r c"], test: ["a r c"] });
    expect([...degreesIn(splits.train, entities.size)]).toEqual([1, 2, 2]);
  });
});
