/**
 * Greedy generation from a Llama in a GGUF file beside llama.cpp's, interleaved, medians of the time of one token.
 * Usage: node --conditions=source --import tsx bench/generation.ts --model FILE.gguf [--peer DIR --peer-model FILE.gguf …]
 *   [--prompt TEXT] [--tokens 32] [--rounds 5] [--threads 2]
 * --peer is a folder in which `npm install node-llama-cpp --ignore-scripts` was run; --peer-model defaults to --model.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CachedDecoder, loadLanguageModel, packWeights } from "@offprint/language-model";
import { createResident, openEngine } from "@offprint/tensor";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    peer: { type: "string" },
    "peer-model": { type: "string", multiple: true },
    prompt: {
      type: "string",
      default: "Call me Ishmael. Some years ago, never mind how long precisely, having little money in my purse,",
    },
    tokens: { type: "string", default: "32" },
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
  },
});
const model = values.model;
if (model === undefined) throw new Error("--model FILE.gguf is needed");
const [tokens, rounds, threads] = [values.tokens, values.rounds, values.threads].map(Number) as [
  number,
  number,
  number,
];

interface Round {
  /** Reading the prompt and giving the first token, ms. */
  readonly prefill: number;
  readonly tokens: readonly number[];
  /** Of each further token, ms. */
  readonly ms: readonly number[];
}

interface Contender {
  readonly name: string;
  round(prompt: readonly number[]): Promise<Round>;
  end(): Promise<void> | void;
}

const language = await loadLanguageModel(model);
const prompt = Array.from(language.tokenizer.encode(values.prompt));

async function ours(): Promise<Contender> {
  const engine = await openEngine({ threads });
  const packed = packWeights(language.model, await language.readWeights());
  const weights = await createResident({ weights: packed.weights }, { engine });
  const decoder = new CachedDecoder({ model: language.model, weights, length: 1024, reading: packed.reading });
  return {
    name: `offprint (onnxruntime ${engine.version}, float32)`,
    async round(prompt) {
      decoder.truncate(0, 0);
      const [written, ms]: [number[], number[]] = [[], []];
      let start = performance.now();
      let unread = prompt;
      while (written.length <= tokens) {
        const [logits = new Float32Array()] = await decoder.read([unread]);
        let best = 0;
        for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i;
        const now = performance.now();
        ms.push(now - start);
        start = now;
        written.push(best);
        unread = [best];
      }
      return { prefill: ms[0] ?? NaN, tokens: written, ms: ms.slice(1) };
    },
    async end() {
      await decoder.dispose();
      weights.dispose();
    },
  };
}

async function llamaCpp(folder: string, file: string): Promise<Contender> {
  const script = fileURLToPath(new URL("peers/llama-cpp.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, folder, file, String(threads)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => JSON.parse(String((await lines.next()).value)) as T;
  const { name } = await answer<{ name: string }>();
  return {
    name: `${name}, ${file.split("/").at(-1)}`,
    async round(prompt) {
      child.stdin.write(`${JSON.stringify({ prompt, tokens })}\n`);
      return await answer<Round>();
    },
    end: () => void child.stdin.end(),
  };
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] ?? NaN;

const contenders = [await ours()];
for (const file of values.peer ? (values["peer-model"] ?? [model]) : [])
  contenders.push(await llamaCpp(values.peer ?? "", file));
const results = contenders.map((): Round[] => []);
// The first round warms up: programs are compiled, files are read.
for (let round = 0; round <= rounds; round++) {
  for (const [i, contender] of contenders.entries()) {
    const result = await contender.round(prompt);
    if (round > 0) results[i]?.push(result);
  }
}
const mine = median((results[0] ?? []).flatMap(({ ms }) => ms));
console.log(
  `${language.name}: prompt of ${prompt.length} tokens, ${tokens} tokens, ${rounds} rounds, ${threads} threads`,
);
for (const [i, { name }] of contenders.entries()) {
  const own = results[i] ?? [];
  const all = own.flatMap(({ ms }) => ms).toSorted((a, b) => a - b);
  const [low = NaN, middle = NaN, high = NaN] = [0.1, 0.5, 0.9].map((share) => all[Math.floor(share * all.length)]);
  const same = results[0]?.[0]?.tokens.findIndex((token, at) => token !== own[0]?.tokens[at]) ?? -1;
  console.log(
    `${name}\n  ${(1000 / middle).toFixed(1)} tokens/s: ${middle.toFixed(1)} ms a token (10 % below ${low.toFixed(1)}, 90 % ` +
      `below ${high.toFixed(1)}); prompt ${median(own.map(({ prefill }) => prefill)).toFixed(0)} ms; ours takes ` +
      `${(mine / middle).toFixed(2)} of its time; tokens the same as ours ${same < 0 ? "throughout" : `up to number ${same}`}`,
  );
}
for (const contender of contenders) await contender.end();
