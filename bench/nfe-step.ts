/**
 * One training step of NFE-1 (forward, backward, Adam) beside PyTorch's, interleaved, medians.
 * Usage: node --conditions=source --import tsx bench/nfe-step.ts [--python PYTHON] [--size B,D,N,R] [--repeats 9] [--threads 2]
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createResident, openEngine } from "@offprint/tensor";
import { adam, RandomStream } from "@offprint/training";
import { modelNamed } from "@offprint/knowledge-graph-embeddings";
import { initialEmbeddings } from "../packages/knowledge-graph-embeddings/src/training/initial.ts";
import { compileStep, type TrainingTree } from "../packages/knowledge-graph-embeddings/src/training/step-program.ts";

const { values } = parseArgs({
  options: {
    python: { type: "string", multiple: true, default: [] },
    size: { type: "string", default: "1024,1024,14541,237" },
    repeats: { type: "string", default: "9" },
    threads: { type: "string", default: "2" },
  },
});
const [batch = 0, dimension = 0, entities = 0, relations = 0] = values.size.split(",").map(Number);
const threads = Number(values.threads);
const random = RandomStream.create(0, "bench");
const draw = (count: number) => Int32Array.from({ length: batch }, () => random.integer(count));

interface Contender {
  readonly name: string;
  step(): Promise<number>;
  peakMiB(): number;
  end(): void;
}

async function ours(): Promise<Contender> {
  const model = modelNamed("nfe-1");
  const optimizer = adam();
  const params = initialEmbeddings(model, { entities, relations, dimension }, 0);
  const engine = await openEngine({ threads });
  const initial = { params, optimizer: optimizer.init(params) as TrainingTree["optimizer"] };
  const state = await createResident<TrainingTree>(initial, { engine });
  const settings = {
    model,
    optimizer,
    loss: "one-vs-all-softplus",
    gamma: 2,
    negatives: 0,
    adversarialTemperature: 1,
  } as const;
  const program = await compileStep(state, settings, batch);
  await program.prepare([]);
  return {
    name: `offprint (onnxruntime ${engine.version})`,
    async step() {
      const inputs = {
        heads: draw(entities),
        relations: draw(2 * relations),
        tails: draw(entities),
        learningRate: Float32Array.of(1e-3),
      };
      const start = performance.now();
      await program.run(inputs, { outputs: [] });
      return performance.now() - start;
    },
    peakMiB: () => process.resourceUsage().maxRSS / 1024,
    end: () => {},
  };
}

async function torch(python: string): Promise<Contender> {
  const script = fileURLToPath(new URL("peers/nfe_torch.py", import.meta.url));
  const child = spawn(python, [script, ...[batch, dimension, entities, relations, threads].map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const name = String((await lines.next()).value);
  let peak = 0;
  return {
    name,
    async step() {
      child.stdin.write("step\n");
      const [time, kib] = String((await lines.next()).value)
        .split(" ")
        .map(Number);
      peak = (kib ?? 0) / 1024;
      return time ?? NaN;
    },
    peakMiB: () => peak,
    end: () => child.stdin.end(),
  };
}

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN;

const contenders = [await ours(), ...(await Promise.all(values.python.map(torch)))];
for (const contender of contenders) await contender.step(); // the first run allocates
const times = contenders.map((): number[] => []);
for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
  for (const [i, contender] of contenders.entries()) times[i]?.push(await contender.step());
}
const own = median(times[0] ?? []);
const gflop = (3 * 2 * batch * entities * 2 * dimension) / 1e9;
console.log(
  `NFE-1 step, B ${batch}, D ${dimension}, N ${entities}, ${threads} threads; ${gflop.toFixed(0)} GFLOP in products`,
);
for (const [i, contender] of contenders.entries()) {
  const [middle, least, most] = [median(times[i] ?? []), Math.min(...(times[i] ?? [])), Math.max(...(times[i] ?? []))];
  console.log(
    `${contender.name.padEnd(34)} median ${middle.toFixed(0)} ms (${least.toFixed(0)} to ${most.toFixed(0)}), ` +
      `${(gflop / middle).toFixed(3)} TFLOP/s, ours/theirs ${(own / middle).toFixed(2)}, peak ${contender.peakMiB().toFixed(0)} MiB`,
  );
}
for (const contender of contenders) contender.end();
process.exit(0);
