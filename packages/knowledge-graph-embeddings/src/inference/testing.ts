/** Helpers of this folder's tests. */
import { createResident, type HostTensor } from "@offprint/tensor";
import { adam } from "@offprint/training";
import type { SplitName } from "../data/dataset.ts";
import { TripleSet, type Triples } from "../data/triples.ts";
import { VocabularyBuilder } from "../data/vocabulary.ts";
import { queriesOf } from "../evaluation/queries.ts";
import { modelNamed, type ModelName } from "../models/index.ts";
import type { Embeddings } from "../scoring.ts";
import { initialEmbeddings } from "../training/initial.ts";
import { QueryBatches } from "../training/query-batches.ts";
import { compileStep, type TrainingTree } from "../training/step-program.ts";
import { sizeOf, type LearnedGraph } from "./learned-graph.ts";

/** A graph without a model. */
export type Graph = Pick<LearnedGraph, "entities" | "relations" | "splits">;

/** A graph from "head relation tail" lines of each part. */
export function graphOf(lines: Readonly<Partial<Record<SplitName, readonly string[]>>>): Graph {
  const [entities, relations] = [new VocabularyBuilder(), new VocabularyBuilder()];
  const triplesOf = (part: readonly string[] = []): Triples => {
    const set = new TripleSet();
    for (const line of part) {
      const [head = "", relation = "", tail = ""] = line.split(" ");
      set.add(entities.add(head), relations.add(relation), entities.add(tail));
    }
    return set.toTriples();
  };
  const splits = { train: triplesOf(lines.train), valid: triplesOf(lines.valid), test: triplesOf(lines.test) };
  return { entities: entities.build("entity"), relations: relations.build("relation"), splits };
}

interface Settings {
  readonly model?: ModelName;
  readonly official?: boolean;
  readonly dimension?: number;
  readonly epochs?: number;
  readonly gamma?: number;
  readonly learningRate?: number;
  readonly batchSize?: number;
  readonly seed?: number;
}

/** The graph with a model as it starts, before any training. */
export function untrained(graph: Graph, settings: Settings = {}): LearnedGraph {
  const { model: name = "nfe-1", official = false, dimension = 8, gamma = 3, seed = 0 } = settings;
  const model = modelNamed(name, { official });
  const sizes = { entities: graph.entities.size, relations: graph.relations.size, dimension };
  const embeddings = initialEmbeddings(model, sizes, seed);
  return { ...graph, config: { gamma }, model, embeddings, calibration: undefined };
}

/** The graph with a model trained on it in earnest. */
export async function trained(graph: Graph, settings: Settings = {}): Promise<LearnedGraph> {
  const { epochs = 100, learningRate = 0.01, batchSize = 128, seed = 0 } = settings;
  const start = untrained(graph, settings);
  const optimizer = adam();
  const state = await createResident<TrainingTree>({
    params: start.embeddings,
    optimizer: optimizer.init(start.embeddings) as TrainingTree["optimizer"],
  });
  const { entityCount, relationCount } = sizeOf(start);
  const queries = queriesOf(graph.splits.train, { entityCount, relationCount });
  const size = Math.min(batchSize, queries.answers.length);
  const batches = new QueryBatches(queries, { batchSize: size, seed, negatives: 0, entityCount });
  const loss = { loss: "one-vs-all-softplus", negatives: 0, adversarialTemperature: 1 } as const;
  const step = await compileStep(state, { ...loss, model: start.model, optimizer, gamma: start.config.gamma }, size);
  const shortStep = await compileStep(
    state,
    { ...loss, model: start.model, optimizer, gamma: start.config.gamma },
    queries.answers.length % size || size,
  );
  for (let i = 0; i < epochs * batches.batchesPerEpoch; i++) {
    const { epoch, inputs } = batches.next();
    const isWhole = (inputs["heads"] as Int32Array).length === size;
    const rate = learningRate * 0.99 ** epoch;
    await (isWhole ? step : shortStep).run({ ...inputs, learningRate: Float32Array.of(rate) }, { outputs: [] });
  }
  const embeddings = (await state.read("params")) as Embeddings<HostTensor>;
  await step.dispose();
  await shortStep.dispose();
  state.dispose();
  return { ...start, embeddings };
}

/**
 * Families of nine over four generations with rules planted: `marriedTo` is symmetric, `childOf` undoes `parentOf`,
 * `grandparentOf` is `parentOf` after `parentOf`, and `admires` follows none. Of each rule a few conclusions stand in test only.
 */
export function plantedFamilies(families = 12): Graph {
  const train: string[] = [];
  const test: string[] = [];
  for (let f = 0; f < families; f++) {
    const person = (name: string): string => `${name}${f}`;
    const parents: [string, string][] = [
      ["anna", "carl"],
      ["bert", "carl"],
      ["carl", "emil"],
      ["dora", "emil"],
      ["carl", "frida"],
      ["dora", "frida"],
      ["emil", "hugo"],
      ["greta", "hugo"],
    ];
    const heldOut = f % 4 === 0;
    for (const [parent, child] of parents) {
      train.push(`${person(parent)} parentOf ${person(child)}`);
      (heldOut ? test : train).push(`${person(child)} childOf ${person(parent)}`);
      for (const [middle, grandchild] of parents) {
        if (middle !== child) continue;
        const line = `${person(parent)} grandparentOf ${person(grandchild)}`;
        (f % 4 === 1 ? test : train).push(line);
      }
    }
    for (const [one, other] of [
      ["anna", "bert"],
      ["carl", "dora"],
      ["emil", "greta"],
    ] as const) {
      train.push(`${person(one)} marriedTo ${person(other)}`);
      (f % 4 === 2 ? test : train).push(`${person(other)} marriedTo ${person(one)}`);
    }
    train.push(`hugo${f} admires anna${(f + 1) % families}`, `frida${f} admires bert${(f + 5) % families}`);
  }
  return graphOf({ train, test });
}
