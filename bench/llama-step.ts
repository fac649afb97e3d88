/**
 * One update of LongLoRA's recipe (forward, backward, AdamW on adapters of rank 8 on q, k, v, o, on the embedding and on the
 * norms) of a stack of four Llama blocks, dim 512, 8 heads, feed-forward 1376, vocabulary 512 so that the blocks dominate:
 * ours beside PyTorch's, each in a process of its own, interleaved, medians, peak memory of each process.
 * Usage: node --conditions=source --import tsx bench/llama-step.ts [--python PYTHON …] [--contexts 1024,2048] [--attentions
 * full,s2:quarter,s2:512] [--repeats 5] [--threads 2] [--recompute] [--eager]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createModel, readModelConfig } from "@offprint/language-model";
import { createResident, elementCount, openEngine, type HostTensor } from "@offprint/tensor";
import { adamw, RandomStream } from "@offprint/training";
import { defaultTargets, initialAdapter, type LoraConfig } from "../packages/long-context-lora/src/lora.ts";
import { trainableNames } from "../packages/long-context-lora/src/method.ts";
import { compileStep, type TuningTree } from "../packages/long-context-lora/src/training/step-program.ts";

const { values } = parseArgs({
  options: {
    python: { type: "string", multiple: true, default: [] },
    contexts: { type: "string", default: "1024,2048,4096,8192,16384" },
    attentions: { type: "string", default: "full,s2:quarter,s2:512" },
    repeats: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    recompute: { type: "boolean", default: false },
    /** PyTorch with softmax(q·kᵀ)·v written out, also where it has a fused attention. */
    eager: { type: "boolean", default: false },
    /** The measured process itself: "context,kind,group". */
    serve: { type: "string" },
  },
});

const model = createModel(
  readModelConfig(
    {
      model_type: "llama",
      vocab_size: 512,
      hidden_size: 512,
      intermediate_size: 1376,
      num_hidden_layers: 4,
      num_attention_heads: 8,
      rms_norm_eps: 1e-5,
      max_position_embeddings: 16384,
      rope_theta: 10_000,
    },
    "bench",
  ),
);
const lora: LoraConfig = {
  rank: 8,
  alpha: 16,
  dropout: 0,
  targets: defaultTargets(model.config),
  rankStabilised: false,
  dora: false,
};

function initialWeights(): Record<string, HostTensor> {
  const random = RandomStream.create(0, "bench");
  const shapes = Object.entries(model.shapes).map(([name, shape]) => {
    const data = new Float32Array(elementCount(shape));
    if (name.includes("norm")) data.fill(1);
    else random.fillUniform(data, -0.05, 0.05);
    return [name, { dtype: "float32", shape, data }] as const;
  });
  return Object.fromEntries(shapes);
}

/** Reads a line for each step; writes its milliseconds and the process's peak memory in KiB. */
async function serve(context: number, kind: "full" | "s2", group: number): Promise<void> {
  const engine = await openEngine({ threads: Number(values.threads) });
  const { weights: trained } = trainableNames(model, "lora+", lora);
  const all = initialWeights();
  const those = (wanted: boolean) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => trained.includes(name) === wanted));
  const params = { ...those(true), ...initialAdapter(model, lora, 0) };
  const optimizer = adamw({ weightDecay: 0 });
  const state = await createResident<TuningTree>(
    { frozen: those(false), params, optimizer: optimizer.init(params) as TuningTree["optimizer"] },
    { engine },
  );
  const attention = kind === "full" ? { kind } : { kind, group };
  const settings = { model, attention, lora, headTrained: false, optimizer, clip: undefined };
  const program = await compileStep(
    state,
    { ...settings, recompute: values.recompute },
    { rows: 1, length: context, documents: false },
  );
  await program.prepare([]);
  console.log(`offprint (onnxruntime ${engine.version})`);
  const random = RandomStream.create(1, "tokens");
  for await (const _ of createInterface({ input: process.stdin })) {
    const ids = Int32Array.from({ length: context + 1 }, () => random.integer(512));
    const inputs = { ids: ids.subarray(0, context).slice(), labels: ids.slice(1) };
    const start = performance.now();
    await program.run(
      { ...inputs, scale: Float32Array.of(1 / context), learningRate: Float32Array.of(2e-5) },
      { outputs: ["loss"] },
    );
    console.log(`${(performance.now() - start).toFixed(3)} ${process.resourceUsage().maxRSS}`);
  }
  process.exit(0);
}

interface Contender {
  readonly name: string;
  readonly times: number[];
  peakMiB(this: void): number;
  step(): Promise<void>;
  end(): Promise<void>;
}

async function contender(command: string, args: readonly string[]): Promise<Contender> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const name = String((await lines.next()).value);
  const times: number[] = [];
  let peak = 0;
  return {
    name,
    times,
    peakMiB: () => peak,
    async step() {
      child.stdin.write("step\n");
      const line = await lines.next();
      const [time = NaN, kib = NaN] = line.done ? [] : line.value.split(" ").map(Number); // out of memory: no line
      times.push(time);
      peak = kib / 1024;
    },
    async end() {
      child.stdin.end();
      await exit;
    },
  };
}

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN;

async function compare(context: number, kind: string, group: number): Promise<void> {
  const task = `${context},${kind},${group}`;
  const own = [...process.execArgv, fileURLToPath(import.meta.url), "--serve", task, "--threads", values.threads];
  const peer = fileURLToPath(new URL("peers/llama_step.py", import.meta.url));
  const form = values.eager ? "eager" : "fused";
  const contenders = [await contender(process.execPath, [...own, ...(values.recompute ? ["--recompute"] : [])])];
  for (const python of values.python) {
    const words = [context, kind, group, values.threads, form, values.recompute ? 1 : 0].map(String);
    contenders.push(await contender(python, [peer, ...words]));
  }
  for (const each of contenders) await each.step(); // the first run allocates
  for (const { times } of contenders) times.length = 0;
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) for (const each of contenders) await each.step();
  const ours = median(contenders[0]?.times ?? []);
  for (const { name, times, peakMiB } of contenders) {
    const spread = `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}`;
    const columns = [context, kind, kind === "full" ? "" : group, name, median(times).toFixed(0), spread];
    console.log([...columns, (ours / median(times)).toFixed(2), peakMiB().toFixed(0)].join("\t"));
  }
  for (const each of contenders) await each.end();
}

if (values.serve !== undefined) {
  const [context = "", kind = "", group = ""] = values.serve.split(",");
  await serve(Number(context), kind === "full" ? "full" : "s2", Number(group));
}
console.log("context\tattention\tgroup\twho\tmedian ms\tspread\tours/theirs\tpeak MiB");
for (const context of values.contexts.split(",").map(Number)) {
  for (const attention of values.attentions.split(",")) {
    const [kind = "", group = ""] = attention.split(":");
    await compare(context, kind, group === "quarter" ? context / 4 : Number(group));
  }
}
