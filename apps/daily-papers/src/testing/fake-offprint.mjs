#!/usr/bin/env node
// Stands in for the command `offprint` in tests: writes the events and files of a run, and trains nothing. The seed says
// how it behaves: 13 fails half way, 14 fails at once on stderr, 15 dies without a word, 16 does not heed SIGTERM, 17
// says things that are no events. The learning rate is the time that a step takes, in seconds.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

if (process.argv[2] === "longlora") await import("./fake-longlora.mjs");
if (process.argv[2] === "papers") await import("./fake-papers.mjs");
if (process.argv[2] === "moral") {
  await import("../../../offprint/bin/offprint.mjs"); // a fit takes seconds: the real one is as good
  process.exit();
}

const text = { type: "string" };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dataset: text,
    model: text,
    dimension: text,
    epochs: text,
    loss: text,
    seed: text,
    out: text,
    "batch-size": text,
    "learning-rate": text,
    gamma: text,
    decay: text,
    negatives: text,
    "evaluate-every": text,
    threads: text,
    json: { type: "boolean" },
    resume: { type: "boolean" },
  },
});
if (positionals.join(" ") !== "kge train" || !values.json) process.exit(2);

const { out, seed } = values;
if (seed === "14") {
  process.stderr.write("reading the graph\ntrain.tsv, line 3: wanted 3 columns, got 2\n");
  process.exit(1);
}
const checkpoint = join(out, "checkpoints");
if (existsSync(out) !== Boolean(values.resume)) {
  process.stderr.write(`${out}: ${values.resume ? "there is nothing to resume" : "the folder is taken"}\n`);
  process.exit(2);
}
mkdirSync(checkpoint, { recursive: true });
writeFileSync(join(out, "config.json"), JSON.stringify({ schema: "kge-train", schemaVersion: 1, config: values }));

const stepsPerEpoch = 10;
const total = Number(values.epochs) * stepsPerEpoch;
const kept = join(checkpoint, "step");
let step = values.resume && existsSync(kept) ? Number(readFileSync(kept, "utf8")) : 0;
const asked = { stop: false };
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => (asked.stop = seed !== "16"));
process.stdout.on("error", () => process.exit(1));

const say = (event) => {
  const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
  appendFileSync(join(out, "metrics.jsonl"), line);
  process.stdout.write(line);
};
const metricsAt = (where) => {
  const mrr = 0.45 * (1 - Math.exp(-where / (0.3 * total)));
  return { mrr, mr: 900 * (1 - mrr), "hits@1": 0.7 * mrr, "hits@3": 1.1 * mrr, "hits@10": 1.4 * mrr };
};

say({ type: "started", command: "offprint kge train", total, unit: "step", description: "NFE-1 on WordNet" });
if (seed === "17") process.stdout.write(`no event\n{"type":"unknown"}\n${"x".repeat(2_000_000)}\n`);
if (values.gamma === "0")
  say({ type: "message", level: "warning", text: "σ has collapsed: <b>spread</b> says nothing" });
const began = Date.now();
while (step < total && !asked.stop) {
  await sleep(1000 * Number(values["learning-rate"]));
  step += 1;
  const rate = step / Math.max(0.001, (Date.now() - began) / 1000);
  say({
    type: "step",
    step,
    total,
    epoch: Math.ceil(step / stepsPerEpoch),
    rate,
    secondsLeft: (total - step) / rate,
    loss: 6 * Math.exp(-step / (0.4 * total)) + 0.5 + 0.1 * Math.sin(step),
  });
  if (step % stepsPerEpoch === 0) {
    const metrics = metricsAt(step);
    say({ type: "evaluation", step, epoch: step / stepsPerEpoch, split: "valid", metrics });
    writeFileSync(kept, String(step));
  }
  if (seed === "13" && step >= total / 2) {
    say({ type: "finished", outcome: "failed", metrics: {}, error: "the loss is NaN at step " + step });
    process.exit(1);
  }
  if (seed === "15" && step >= total / 2) process.kill(process.pid, "SIGKILL");
}
writeFileSync(kept, String(step));
const stopped = asked.stop;
if (!stopped) {
  const { mrr, mr, ...shares } = metricsAt(step);
  const hits = Object.fromEntries(Object.entries(shares).map(([name, share]) => [name.slice("hits@".length), share]));
  const around = (value) => [value * 0.97, value * 1.03];
  const evaluation = {
    split: "test",
    triples: 709,
    entities: 5015,
    tied: 0,
    mrr,
    mr,
    hits,
    protocol: {
      candidates: "every entity of the vocabulary",
      filter: "other known answers are no candidates",
      ties: "tied candidates share the mean of their places",
    },
    intervals: {
      level: 0.95,
      mrr: around(mrr),
      mr: around(mr),
      hits: Object.fromEntries(Object.entries(hits).map(([k, share]) => [k, around(share)])),
    },
    perRelation: [{ label: "hypernym", queries: 478, mrr, mr, hits }],
  };
  writeFileSync(join(out, "evaluation.json"), JSON.stringify(evaluation));
}
say(
  stopped
    ? { type: "finished", outcome: "cancelled", metrics: {} }
    : { type: "finished", outcome: "completed", metrics: metricsAt(step) },
);
writeFileSync(
  join(out, "record.json"),
  JSON.stringify({
    command: "offprint kge train",
    versions: { offprint: "0.1.0", node: process.version },
    seed: Number(seed),
    dataHash: "sha256:00",
    machine: { cpu: "test", cores: 2, memoryBytes: 8e9, platform: "linux" },
    startedAt: new Date(began).toISOString(),
    endedAt: new Date().toISOString(),
    durationSeconds: (Date.now() - began) / 1000,
    peakMemoryBytes: 3e8,
    resumed: values.resume ? 1 : 0,
    outcome: stopped ? "cancelled" : "completed",
  }),
);
process.exit(stopped ? 130 : 0);
