/**
 * Published settings over several seeds: test MRR of each and their mean.
 * Usage: node --conditions=source --import tsx bench/kge-seeds.ts --data FOLDER_OF_GRAPHS [--threads 2] nfe-1-umls nfe-1-nations …
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kgeConfig, loadDataset, trainModel } from "@offprint/knowledge-graph-embeddings";
import { openEngine } from "@offprint/tensor";

const { values, positionals } = parseArgs({
  options: { data: { type: "string" }, threads: { type: "string", default: "2" } },
  allowPositionals: true,
});
const folder = new URL("../packages/knowledge-graph-embeddings/experiments/", import.meta.url);
for (const name of positionals) {
  const {
    config,
    seeds = [0],
    reach,
  } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as {
    config: Record<string, unknown> & { dataset: string };
    seeds?: number[];
    reach?: { value: number; official: number };
  };
  const dataset = await loadDataset(values.data ? join(values.data, config.dataset) : config.dataset);
  const found: number[] = [];
  for (const seed of seeds) {
    const out = mkdtempSync(join(tmpdir(), "offprint-bench-"));
    using engine = await openEngine({ threads: Number(values.threads) });
    const start = performance.now();
    const run = { engine, out: join(out, "run"), resume: false, command: `bench ${name}`, versions: {} };
    for await (const event of trainModel(dataset, kgeConfig.parse({ ...config, seed }), run)) {
      if (event.type !== "finished") continue;
      found.push(event.metrics["mrr"] ?? NaN);
      const shown = Object.entries(event.metrics).map(([metric, value]) => `${metric} ${value.toFixed(3)}`);
      console.log(`${name} seed ${seed}: ${shown.join(", ")}; ${((performance.now() - start) / 1e3).toFixed(0)} s`);
    }
    rmSync(out, { recursive: true, force: true });
  }
  const mean = found.reduce((a, b) => a + b, 0) / found.length;
  console.log(
    `${name}: mean test MRR ${mean.toFixed(4)}${reach ? ` (to reach ${reach.value}; official code ${reach.official})` : ""}`,
  );
}
process.exit(0);
