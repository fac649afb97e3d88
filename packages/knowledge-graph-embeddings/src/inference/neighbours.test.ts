import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UnknownLabelError } from "../data/errors.ts";
import { modelNames } from "../models/index.ts";
import { naiveNearness } from "./naive.ts";
import { Predictor } from "./predictor.ts";
import { plantedFamilies, untrained } from "./testing.ts";

const graph = plantedFamilies(2);

describe.each(modelNames)("neighbours by %s", (model) => {
  const learned = untrained(graph, { model, seed: 5 });
  const { entities } = learned;
  let predictor: Predictor;
  beforeAll(async () => {
    predictor = await Predictor.create(learned);
  });
  afterAll(() => predictor.dispose());

  it("are all other entities in the order of the formulas", async () => {
    const anchor = entities.resolve("emil0");
    const { neighbours, measure } = await predictor.neighbours({ entity: "emil0", top: 99 });
    const isDistance = learned.model.kind === "distance";
    expect(measure.kind).toBe(isDistance ? "distance" : "cosine");
    expect(neighbours.map(({ label }) => label).toSorted()).toEqual(
      entities.labels.filter((label) => label !== "emil0").toSorted(),
    );
    for (const [i, { label, value, place }] of neighbours.entries()) {
      expect(place).toBe(i + 1);
      expect(value).toBeCloseTo(naiveNearness(learned, anchor, entities.resolve(label)), 5);
      const before = neighbours[i - 1]?.value;
      if (before !== undefined) expect(isDistance ? value >= before : value <= before).toBe(true);
    }
  });
});

describe("neighbours", () => {
  it("of an unknown label are near labels", async () => {
    const predictor = await Predictor.create(untrained(graph));
    await expect(predictor.neighbours({ entity: "emill0" })).rejects.toThrow(UnknownLabelError);
    await predictor.dispose();
  });

  it("of an entity at the same place are at distance 0", async () => {
    const learned = untrained(graph);
    const { resolve } = { resolve: (label: string) => learned.entities.resolve(label) };
    for (const { data, shape } of Object.values(learned.embeddings.entity)) {
      const width = shape[1]!;
      (data as Float32Array).copyWithin(
        resolve("hugo1") * width,
        resolve("anna0") * width,
        (resolve("anna0") + 1) * width,
      );
    }
    const predictor = await Predictor.create(learned);
    const { neighbours } = await predictor.neighbours({ entity: "anna0", top: 1 });
    expect(neighbours).toMatchObject([{ label: "hugo1", value: 0, place: 1 }]);
    await predictor.dispose();
  });
});
