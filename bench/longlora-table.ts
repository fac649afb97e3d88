/**
 * The ablation of an experiment file: each arm's learning rate tuned on one novel with one seed, then every arm and seed
 * trained and judged with full attention on another. Runs that are there already are not made again.
 * Usage: node --conditions=source --import tsx bench/longlora-table.ts --models FOLDER --texts FOLDER --out FOLDER
 *        [--jobs 2] stories260k-novels-2048
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { formatTable } from "@offprint/experiment";

interface Arm {
  readonly attention: string;
  readonly method: string;
  readonly learningRates: readonly number[];
  /** What this arm has otherwise than the others. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

interface Experiment {
  readonly model: string;
  readonly train: readonly string[];
  readonly valid: string;
  readonly test: string;
  /** Settings of a full fine-tuning that comes first and gives the base. */
  readonly first?: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>> & { readonly context: number; readonly rope?: string };
  readonly arms: Readonly<Record<string, Arm>>;
  readonly seeds: readonly number[];
}

interface Judgement {
  readonly contexts: readonly {
    readonly context: number;
    readonly perplexity: number;
    readonly byPosition: readonly { readonly from: number; readonly to: number; readonly loss: number }[];
  }[];
}

const { values, positionals } = parseArgs({
  options: {
    models: { type: "string", default: "" },
    texts: { type: "string", default: "" },
    out: { type: "string", default: "" },
    jobs: { type: "string", default: "2" },
  },
  allowPositionals: true,
});
const folder = new URL("../packages/long-context-lora/experiments/", import.meta.url);
const experiment = JSON.parse(await readFile(new URL(`${positionals[0]}.json`, folder), "utf8")) as Experiment;
const command = fileURLToPath(new URL("../apps/offprint/bin/offprint.mjs", import.meta.url));
const given = join(values.models, experiment.model);
const textOf = (name: string): string => join(values.texts, `${name}.txt.gz`);
const threads = ["--threads", values.jobs === "1" ? "2" : "1"];
await mkdir(values.out, { recursive: true });

async function offprint(...args: readonly string[]): Promise<string> {
  const run = promisify(execFile);
  return (await run(process.execPath, [command, "longlora", ...args, ...threads], { maxBuffer: 2 ** 28 })).stdout;
}

/** Trains on the novels unless the folder holds the run already. */
async function train(from: string, settings: Readonly<Record<string, unknown>>, out: string): Promise<void> {
  if (await isComplete(out)) return;
  await rm(out, { recursive: true, force: true });
  const flags = Object.entries(settings).flatMap(([key, value]) => {
    const flag = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (Array.isArray(value)) return [`--${flag}`, ...value.map(String)];
    return typeof value === "boolean" ? [`--${value ? "" : "no-"}${flag}`] : [`--${flag}`, String(value)];
  });
  const texts = ["--text", ...experiment.train.map(textOf), "--evaluate-text", textOf(experiment.valid)];
  await offprint("finetune", "--model", from, ...texts, ...flags, "--out", out, "--json");
}

/** An arm's name in files. */
const keyOf = ({ attention, method, settings = {} }: Arm): string =>
  [
    attention,
    method,
    ...Object.entries(settings).map(([key, value]) => `${key}${Array.isArray(value) ? value.length : String(value)}`),
  ].join("-");

/** Trains one arm and gives its folder. */
async function trained(arm: Arm, learningRate: number, seed: number): Promise<string> {
  const { attention, method, settings } = arm;
  const out = join(values.out, `${keyOf(arm)}-${learningRate}-${seed}`);
  await train(model, { ...experiment.config, attention, method, ...settings, learningRate, seed }, out);
  return out;
}

async function isComplete(out: string): Promise<boolean> {
  const record = await readFile(join(out, "record.json"), "utf8").catch(() => "{}");
  return (JSON.parse(record) as { outcome?: string }).outcome === "completed";
}

/** Full attention's loss on the novel that learning rates are chosen by. */
async function validLoss(out: string): Promise<number> {
  const events = await readFile(join(out, "metrics.jsonl"), "utf8");
  const { metrics } = JSON.parse(events.trim().split("\n").at(-1) ?? "{}") as { metrics: Record<string, number> };
  return metrics["full-attention loss"] ?? NaN;
}

async function judged(name: string, which: readonly string[]): Promise<Judgement> {
  const file = join(values.out, `${name}.judged.json`);
  if (!existsSync(file)) {
    const contexts = [512, 1024, experiment.config.context].map(String);
    const how = ["--context", ...contexts, "--by-position", "--max-windows", "48", "--json"];
    await writeFile(file, await offprint("perplexity", ...which, "--text", textOf(experiment.test), ...how));
  }
  return JSON.parse(await readFile(file, "utf8")) as Judgement;
}

/** Runs tasks, as many at once as there are jobs. */
async function inTurns<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = tasks.map((task, i) => async () => (results[i] = await task()));
  const worker = async (): Promise<void> => {
    for (let task = queue.shift(); task; task = queue.shift()) await task();
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
  return results;
}

// The base, which may have to learn what novels are first.
const first = join(values.out, "first");
if (experiment.first) await train(given, experiment.first, first);
const model = experiment.first ? join(first, "model") : given;

// Learning rates, by seed 0.
const arms = Object.entries(experiment.arms);
const [firstSeed = 0] = experiment.seeds;
const tried = await inTurns(
  arms.flatMap(([name, arm]) =>
    arm.learningRates.map((rate) => async () => {
      const loss = await validLoss(await trained(arm, rate, firstSeed));
      console.error(`${name} at ${rate}: ${loss.toFixed(4)} on ${experiment.valid}`);
      return { name, rate, loss };
    }),
  ),
);
const bestRate = (name: string): number =>
  tried.filter((one) => one.name === name).toSorted((a, b) => a.loss - b.loss)[0]?.rate ?? 0;

// Every arm with every seed.
const runs = await inTurns(
  arms.flatMap(([name, arm]) =>
    experiment.seeds.map((seed) => async () => {
      const rate = bestRate(name);
      const out = await trained(arm, rate, seed);
      const which =
        arm.method === "full" ? ["--model", join(out, "model")] : ["--model", model, "--adapter", join(out, "adapter")];
      const judgement = await judged(`${keyOf(arm)}-${seed}`, which);
      console.error(`${name}, seed ${seed}: ${judgement.contexts.at(-1)?.perplexity.toFixed(3)}`);
      return { name, rate, judgement };
    }),
  ),
);

// The base as it is, and with positions stretched but nothing trained.
const stretched = join(values.out, "stretched");
await cp(model, stretched, { recursive: true });
const config = JSON.parse(await readFile(join(model, "config.json"), "utf8")) as { max_position_embeddings: number };
const factor = experiment.config.context / config.max_position_embeddings;
const { max_position_embeddings: original_max_position_embeddings } = config;
const rope_scaling = { type: experiment.config.rope ?? "linear", factor, original_max_position_embeddings };
const scaled = JSON.stringify({ ...config, rope_scaling });
await rm(join(stretched, "config.json"), { force: true });
await writeFile(join(stretched, "config.json"), scaled);
const untrained = [
  { name: "base", rate: 0, judgement: await judged("base", ["--model", model]) },
  { name: "base, positions stretched", rate: 0, judgement: await judged("base-pi", ["--model", stretched]) },
];

const all = [...untrained, ...runs];
const names = [...new Set(all.map(({ name }) => name))];
const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const of = (name: string) => all.filter((run) => run.name === name);
const perplexities = (name: string, context: number): number[] =>
  of(name).flatMap(({ judgement }) =>
    judgement.contexts.filter((one) => one.context === context).map(({ perplexity }) => perplexity),
  );
const rows = names.map((name) => {
  const long = perplexities(name, experiment.config.context);
  return [
    name,
    String(of(name)[0]?.rate || "–"),
    ...[512, 1024].map((context) => mean(perplexities(name, context)).toFixed(2)),
    mean(long).toFixed(2),
    long.map((one) => one.toFixed(2)).join(", "),
  ];
});
const head = ["arm", "learning rate", "512", "1,024", "2,048", "2,048 by seed"];
console.log(formatTable(head, rows));

const lossesByPosition = (name: string): number[][] =>
  of(name).map(({ judgement }) => judgement.contexts.at(-1)?.byPosition.map(({ loss }) => loss) ?? []);
const buckets = all[0]?.judgement.contexts.at(-1)?.byPosition ?? [];
const positions = names.map((name) => [
  name,
  ...buckets.map((_, i) => mean(lossesByPosition(name).map((losses) => losses[i] ?? NaN)).toFixed(3)),
]);
console.log(formatTable(["loss by position", ...buckets.map(({ from, to }) => `${from}–${to}`)], positions));
