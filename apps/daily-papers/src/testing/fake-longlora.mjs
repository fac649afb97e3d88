// Stands in for `offprint longlora finetune` in tests: writes the events and files of a run, and trains nothing. The seed
// says how it behaves: 13 fails half way, 18 finds no evaluation to keep. The learning rate is the time of a step, in seconds.
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const text = { type: "string" };
const flags =
  "model text context attention group method steps learning-rate rank batch-size accumulate warmup seed evaluate-every judge passkey out";
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...Object.fromEntries(flags.split(" ").map((flag) => [flag, text])),
    "allow-leak": { type: "boolean" },
    json: { type: "boolean" },
    resume: { type: "boolean" },
  },
});
if (!positionals.join(" ").startsWith("longlora finetune") || !values.json) process.exit(2);

const { out, seed } = values;
for (const folder of ["checkpoints", "adapter", "evaluation"]) mkdirSync(join(out, folder), { recursive: true });
const keep = (name, content) => writeFileSync(join(out, name), JSON.stringify(content));
keep("config.json", { schema: "longlora-finetune", schemaVersion: 1, config: values });

const total = Number(values.steps);
const asked = { stop: false };
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => (asked.stop = true));
const say = (event) => {
  const line = `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`;
  appendFileSync(join(out, "metrics.jsonl"), line);
  process.stdout.write(line);
};
say({ type: "started", command: "offprint longlora finetune", total, unit: "step", description: "a model" });
for (let step = 1; step <= total && !asked.stop; step += 1) {
  await sleep(1000 * Number(values["learning-rate"]));
  const loss = 4 + 2 * Math.exp(-step / (0.4 * total)) + 0.05 * Math.sin(step);
  say({ type: "step", step, total, rate: 5, secondsLeft: (total - step) / 5, loss });
  if (step % Math.ceil(total / 4) === 0)
    say({
      type: "evaluation",
      step,
      split: "valid",
      metrics: { "full-attention loss": loss + 0.1, "training-attention loss": loss + 0.15 },
    });
  if (seed === "13" && step >= total / 2) {
    say({ type: "finished", outcome: "failed", metrics: {}, error: `the loss is NaN at step ${step}` });
    process.exit(1);
  }
}
writeFileSync(join(out, "checkpoints", "step"), "x");
if (asked.stop) {
  say({ type: "finished", outcome: "cancelled", metrics: {} });
  process.exit(130);
}
keep("adapter/adapter_config.json", { peft_type: "LORA" });
writeFileSync(join(out, "adapter", "adapter_model.safetensors"), Buffer.alloc(1200));
if (seed !== "18") {
  const contexts = [1, 2, 4].map((part) => part * Number(values.judge));
  const report = (context, perplexity) => ({
    context,
    perplexity,
    interval: [0.97 * perplexity, 1.03 * perplexity],
    tokens: 20_480,
  });
  keep("evaluation/perplexity-strided.json", {
    schema: "longlora-perplexity",
    protocolText: "strided: each token counts once.",
    contexts: contexts.map((context) => report(context, 48.2 - context / 512)),
    base: contexts.map((context) => report(context, 50 + context)),
  });
  keep("evaluation/passkey.json", {
    schema: "longlora-passkey",
    distractors: 9,
    cells: contexts.flatMap((length, row) =>
      [0, 0.5, 1].map((depth, column) => ({ length, depth, tests: 4, found: 0, rankedFirst: (row + 2 * column) % 5 })),
    ),
  });
}
say({ type: "finished", outcome: "completed", metrics: { perplexity: 46.2 } });
process.exit(0);
