/**
 * Trains the small Llama that comes with Offprint, from random weights, on public-domain novels.
 * Usage: node --conditions=source --import tsx bench/embedded-model/train.ts --text FOLDER --out NEW_FOLDER [--work FOLDER]
 *        [--hold-out frankenstein] [--leave-out moby-dick] [--steps 1700] [--threads 1]
 * FOLDER holds one `.txt.gz` a novel. What is held out is judged by; what is left out is for whoever extends the model.
 */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  createModel,
  loadLanguageModel,
  logitsOf,
  readModelConfig,
  saveModelFolder,
  weightsOf,
} from "@offprint/language-model";
import { packDocuments, readDocuments, readTexts, TokenBatches } from "@offprint/long-context-lora";
import {
  cast,
  compile,
  createResident,
  crossEntropy,
  div,
  float32,
  greaterEqual,
  hostTensor,
  int32,
  max,
  mul,
  openEngine,
  reshape,
  sum,
  valueAndGrad,
  type HostTensor,
  type Shape,
  type Tensor,
} from "@offprint/tensor";
import {
  adamw,
  clipByGlobalNorm,
  RandomStream,
  schedule,
  tensorSources,
  train,
  writeSafetensors,
} from "@offprint/training";
import { trainTokenizer } from "./byte-pairs.ts";

const { values } = parseArgs({
  options: {
    text: { type: "string", default: "../shared/data/text/gutenberg" },
    "hold-out": { type: "string", default: "frankenstein" },
    "leave-out": { type: "string", default: "moby-dick" },
    work: { type: "string", default: "embedded-model-work" },
    out: { type: "string", default: "packages/long-context-lora/models/novels-1m" },
    steps: { type: "string", default: "1700" },
    threads: { type: "string", default: "1" },
  },
});
const context = 256;
const rows = 8;
const totalSteps = Number(values.steps);
const json = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_size: 128,
  intermediate_size: 344,
  num_hidden_layers: 5,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 1024,
  max_position_embeddings: context,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  hidden_act: "silu",
  tie_word_embeddings: true,
  bos_token_id: 0,
  eos_token_id: 1,
  torch_dtype: "float32",
};
const config = readModelConfig(json, "config.json");
const model = createModel(config);

const novels = (await readdir(values.text)).filter((name) => name.endsWith(".txt.gz")).toSorted();
const pathsOf = (wanted: (name: string) => boolean) => novels.filter(wanted).map((name) => join(values.text, name));
const held = pathsOf((name) => name.includes(values["hold-out"]));
const read = pathsOf((name) => !name.includes(values["hold-out"]) && !name.includes(values["leave-out"]));

await mkdir(values.work, { recursive: true });
const store = (name: string, content: object) =>
  writeFile(join(values.work, name), `${JSON.stringify(content, null, 1)}\n`);
await store("config.json", json);
await store("tokenizer_config.json", {
  tokenizer_class: "PreTrainedTokenizerFast",
  bos_token: "<s>",
  eos_token: "</s>",
  add_bos_token: true,
  model_max_length: context,
});
const texts: string[] = [];
for await (const { text } of readTexts(read)) texts.push(text);
await store("tokenizer.json", trainTokenizer(texts, json.vocab_size));

/** The usual start: small normal numbers, smaller where layers add up, ones in the norms. */
function initialWeights(): Record<string, HostTensor> {
  const random = RandomStream.create(0, "weights");
  return Object.fromEntries(
    Object.entries(model.shapes).map(([name, shape]: [string, Shape]) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      if (name.endsWith("norm.weight")) return [name, hostTensor(data.fill(1), shape)];
      const scale = /(?:o_proj|down_proj)\.weight$/.test(name) ? 0.02 / Math.sqrt(2 * config.layers) : 0.02;
      for (const [at, value] of random.fillNormal(data).entries()) data[at] = scale * value;
      return [name, hostTensor(data, shape)];
    }),
  );
}
const params = initialWeights();
await writeSafetensors(join(values.work, "model.safetensors"), tensorSources(params), { format: "pt" });
const like = await loadLanguageModel(values.work);
const { tokenizer } = like;

const rowsOf = async (paths: readonly string[]) =>
  packDocuments(await readDocuments(paths, tokenizer), { length: context });
const [training, judging] = [await rowsOf(read), await rowsOf(held)];
const batches = new TokenBatches(training, { batchSize: rows, seed: 0 });
const judges = new TokenBatches(judging, { batchSize: rows, seed: 0 });
const judged = Array.from({ length: Math.min(16, judges.batchesPerEpoch) }, () => judges.next());
console.log(`${read.length} novels, ${training.facts.supervised} tokens to predict; judged by ${values["hold-out"]}`);

using engine = await openEngine({ threads: Number(values.threads) });
const optimizer = adamw({ beta1: 0.9, beta2: 0.95, weightDecay: 0.1 });
const state = await createResident(
  { params, memory: optimizer.init(params) as Record<string, HostTensor> },
  { engine },
);
const inputs = { ids: int32([rows, context]), labels: int32([rows, context]) };

/** Mean loss over the places that have a label. */
function lossOf(
  tensors: Readonly<Record<string, Tensor>>,
  { ids, labels }: Readonly<Record<"ids" | "labels", Tensor>>,
) {
  const weights = weightsOf(tensors);
  const hidden = reshape(model.hidden(weights, ids), [rows * context, config.hiddenSize]);
  const wanted = reshape(labels, [rows * context]);
  const asked = cast(greaterEqual(wanted, 0), "float32");
  return div(sum(mul(crossEntropy(logitsOf(model, weights, hidden), max(wanted, 0)), asked)), sum(asked));
}
const step = await compile({
  state,
  inputs: { ...inputs, learningRate: float32() },
  run({ state: { params: tensors, memory }, inputs: { learningRate, ...batch } }) {
    const { value: loss, grads } = valueAndGrad((own: Record<string, Tensor>) => lossOf(own, batch))(tensors);
    const next = optimizer.update(clipByGlobalNorm(grads, 1).grads, memory, tensors, { learningRate });
    return { state: { params: next.params, memory: next.state }, outputs: { loss } };
  },
});
const judge = await compile({
  state,
  inputs,
  run: ({ state: { params: tensors }, inputs: batch }) => ({ outputs: { loss: lossOf(tensors, batch) } }),
});

const start = performance.now();
for await (const event of train({
  state,
  batches: {
    next() {
      const { epoch, ids, labels } = batches.next();
      return { epoch, inputs: { ids, labels } };
    },
    getState: () => batches.getState(),
    setState: (position: ReturnType<typeof batches.getState>) => batches.setState(position),
  },
  program: () => step,
  learningRate: schedule({ kind: "cosine", learningRate: 3e-3, finalLearningRate: 1e-4, warmupSteps: 100, totalSteps }),
  totalSteps,
  logEvery: 50,
  evaluation: {
    every: 200,
    async run() {
      let total = 0;
      for (const { ids, labels } of judged) total += Number((await judge.run({ ids, labels })).loss.data[0]);
      return { loss: total / judged.length };
    },
  },
  checkpoints: { directory: join(values.work, "checkpoints"), everySeconds: 120, resume: true, keep: 1 },
})) {
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  if (event.type === "step") console.log(`${seconds} s  step ${event.step}  loss ${event.loss.toFixed(3)}`);
  if (event.type === "evaluation")
    console.log(`${seconds} s  step ${event.step}  held out ${event.metrics["loss"]?.toFixed(4)}`);
}
const weights = (await state.read("params")) as Record<string, HostTensor>;
await saveModelFolder(values.out, { config, weights, dtype: "float16", like });
