/**
 * Filtered evaluation of FB15k-237's test split, both directions, beside a loop over single queries in PyTorch on a sample.
 * Usage: node --conditions=source --import tsx bench/kge-evaluation.ts --data FB15K_FOLDER [--python PYTHON] [--dimension 1024] [--threads 2]
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  createScorer,
  evaluate,
  indexKnownAnswers,
  loadDataset,
  modelNamed,
} from "@offprint/knowledge-graph-embeddings";
import { openEngine } from "@offprint/tensor";
import { initialEmbeddings } from "../packages/knowledge-graph-embeddings/src/training/initial.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "fb15k-237" },
    python: { type: "string" },
    dimension: { type: "string", default: "1024" },
    threads: { type: "string", default: "2" },
    sample: { type: "string", default: "60" },
  },
});
const dimension = Number(values.dimension);
const dataset = await loadDataset(values.data);
const size = { entityCount: dataset.entities.size, relationCount: dataset.relations.size };
const model = modelNamed("nfe-1");
const embeddings = initialEmbeddings(
  model,
  { entities: size.entityCount, relations: size.relationCount, dimension },
  0,
);
const engine = await openEngine({ threads: Number(values.threads) });

const start = performance.now();
const known = indexKnownAnswers([dataset.train, dataset.valid, dataset.test], size);
const scorer = await createScorer(model, embeddings, { gamma: 2, engine });
const { ranks } = await evaluate({
  split: dataset.test,
  known,
  scoreBlock: (questions) => scorer.score(questions.anchors, questions.relations),
  overlap: true,
});
const seconds = (performance.now() - start) / 1e3;
const queries = ranks.realistic.length;
const gflop = (2 * queries * size.entityCount * 2 * dimension) / 1e9;
console.log(
  `offprint: ${queries} queries in ${seconds.toFixed(1)} s, filter and candidates included; ` +
    `${(gflop / seconds).toFixed(0)} GFLOP/s; peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
);
if (values.python) {
  const script = fileURLToPath(new URL("peers/nfe_ranking.py", import.meta.url));
  const args = [script, values.data, values.dimension, values.sample, values.threads];
  const [time = NaN, sampled = NaN, all = NaN, peak = NaN] = spawnSync(values.python, args, { encoding: "utf8" })
    .stdout.split(" ")
    .map(Number);
  const projected = (time / sampled) * all;
  console.log(
    `query by query: ${time.toFixed(2)} s for ${sampled} of ${all} queries, so ${projected.toFixed(0)} s for all; ` +
      `peak ${peak} MiB; ours is ${(projected / seconds).toFixed(0)} times faster`,
  );
}
process.exit(0);
