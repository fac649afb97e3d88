import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createResident } from "@offprint/tensor";
import { adam } from "@offprint/training";
import { describe, expect, it } from "vitest";
import { readDataset } from "../data/read-folder.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import { indexKnownAnswers } from "../evaluation/filter.ts";
import { queriesOf } from "../evaluation/queries.ts";
import { modelNamed } from "../models/index.ts";
import { createScorer } from "../scorer.ts";
import { goldenLayouts, nfeGolden, splitParts } from "../testing/nfe-golden.ts";
import { compileStep, type TrainingTree } from "./step-program.ts";

const folder = fileURLToPath(new URL("../../../../../shared/data/kg/nations", import.meta.url));
const { endToEnd } = nfeGolden;

/** Entity or relation rows as the golden run starts them; i and j count from 0. */
const start = {
  entity: (i: number, j: number) => 0.1 * Math.sin(0.71 * (i + 1) + 1.37 * (j + 1) + 0.13 * (i + 1) * (j + 1)),
  relation: (i: number, j: number) => 0.1 * Math.cos(0.53 * (i + 1) + 1.11 * (j + 1) + 0.07 * (i + 1) * (j + 1)),
};

describe.skipIf(!existsSync(folder))(`20 epochs on Nations (skipped where ${folder} is absent)`, () => {
  it.each(Object.entries(goldenLayouts))("%s ends where the official code ends", async (name, layout) => {
    const golden = endToEnd.runs[name];
    if (!golden) throw new Error(`the golden file has no run of ${name}`);
    const dataset = await readDataset(folder, {});
    // The golden run numbers labels by their code points; ours by appearance.
    const rowOf = (labels: readonly string[]): number[] => {
      const sorted = labels.toSorted((a, b) => (a < b ? -1 : 1));
      return labels.map((label) => sorted.indexOf(label));
    };
    const entityRows = rowOf(dataset.entities.labels);
    const relationRows = rowOf(dataset.relations.labels);
    const bothDirections = [...relationRows, ...relationRows.map((row) => row + dataset.relations.size)];
    const rows = (side: "entity" | "relation", order: readonly number[], width: number) =>
      order.map((i) => Array.from({ length: width }, (_, j) => start[side](i, j)));
    const d = endToEnd.dimension;
    // TransE and DistMult are stored there as rows of 2d numbers.
    const width = (parts: readonly string[]) => (parts.length === 1 ? 2 * d : parts.length * d);
    const params = {
      entity: splitParts(rows("entity", entityRows, width(layout.entity)), layout.entity),
      relation: splitParts(rows("relation", bothDirections, width(layout.relation)), layout.relation),
    };
    const model = modelNamed(layout.model, { official: true });
    const optimizer = adam({ beta1: endToEnd.betas[0], beta2: endToEnd.betas[1], epsilon: endToEnd.eps });
    const initial = { params, optimizer: optimizer.init(params) as TrainingTree["optimizer"] };
    const state = await createResident<TrainingTree>(initial);
    const size = { entityCount: dataset.entities.size, relationCount: dataset.relations.size };
    const queries = queriesOf(dataset.train, size);
    const gamma = golden.gamma;
    const settings = {
      model,
      optimizer,
      gamma,
      loss: "one-vs-all-softplus",
      negatives: 0,
      adversarialTemperature: 1,
    } as const;
    const count = queries.answers.length;
    const steps = new Map<number, Awaited<ReturnType<typeof compileStep>>>();
    const epochLoss: number[] = [];
    for (let epoch = 0; epoch < endToEnd.epochs; epoch++) {
      const learningRate = Float32Array.of(endToEnd.lr * endToEnd.decayRate ** epoch);
      const batchLosses: number[] = [];
      let total = 0;
      for (let from = 0; from < count; from += endToEnd.batchSize) {
        const to = Math.min(from + endToEnd.batchSize, count);
        const step = steps.get(to - from) ?? (await compileStep(state, settings, to - from));
        steps.set(to - from, step);
        const [heads, relations, tails] = [queries.anchors, queries.relations, queries.answers].map((column) =>
          column.slice(from, to),
        );
        const { loss } = await step.run({ heads, relations, tails, learningRate } as Record<
          string,
          Float32Array | Int32Array
        >);
        batchLosses.push(Number(loss.data[0]));
        total += Number(loss.data[0]) * (to - from);
      }
      if (epoch === 0) expect(batchLosses[0]).toBeCloseTo(golden.firstBatchLoss, 3);
      epochLoss.push(total / count);
    }
    for (const [epoch, wanted] of golden.epochLoss.entries()) {
      expect(Math.abs((epochLoss[epoch] ?? NaN) / wanted - 1)).toBeLessThan(1e-3);
    }
    const scorer = await createScorer(model, state, { gamma });
    const known = indexKnownAnswers([dataset.train, dataset.valid, dataset.test], size);
    for (const split of ["valid", "test"] as const) {
      const { report } = await evaluate({
        split: dataset[split],
        known,
        scoreBlock: (q) => scorer.score(q.anchors, q.relations),
      });
      expect(report.ranks.pessimistic.mrr).toBeCloseTo(golden[split].mrr, 2);
    }
    const first = (await state.readAll()).params.entity;
    expect(Object.values(first).every((part) => part.data.every(Number.isFinite))).toBe(true);
    await scorer.dispose();
    for (const step of steps.values()) await step.dispose();
    state.dispose();
  });
});
