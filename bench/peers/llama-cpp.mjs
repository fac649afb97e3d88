/**
 * llama.cpp's side of bench/generation.ts, through node-llama-cpp's prebuilt CPU library.
 * Usage: node llama-cpp.mjs DIR MODEL.gguf THREADS, where `npm install node-llama-cpp` was run in DIR. Each line of the input
 * is {"prompt": [ids], "tokens": n}; each answer a line {"prefill": ms, "tokens": [ids], "ms": [of each token]}.
 */
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, model, threads] = process.argv.slice(2);
const { getLlama } = await import(
  pathToFileURL(join(folder, "node_modules", "node-llama-cpp", "dist", "index.js")).href
);
const llama = await getLlama({ gpu: false, build: "never", maxThreads: Number(threads), logLevel: "error" });
const loaded = await llama.loadModel({ modelPath: model });
const context = await loaded.createContext({ contextSize: 1024, threads: Number(threads), batchSize: 512 });
const sequence = context.getSequence();
process.stdout.write(`${JSON.stringify({ name: `llama.cpp (${llama.systemInfo})` })}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const { prompt, tokens } = JSON.parse(line);
  await sequence.clearHistory();
  const [out, ms] = [[], []];
  let last = performance.now();
  for await (const token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    const now = performance.now();
    ms.push(now - last);
    last = now;
    out.push(token);
    if (out.length > tokens) break;
  }
  process.stdout.write(`${JSON.stringify({ prefill: ms[0], tokens: out, ms: ms.slice(1) })}\n`);
}
process.exit(0);
