import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "@offprint/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openForEvaluation, readModelWithAdapter, type ModelWithAdapter } from "../evaluation/open-model.ts";
import { measurePerplexity } from "../evaluation/perplexity.ts";
import { runCommand } from "../testing/run-command.ts";
import { toyText, writeToyFolder } from "../testing/toy-folder.ts";
import { finetuneCommand } from "./finetune.ts";
import { mergeCommand } from "./merge.ts";

let folder = "";
const at = (...names: string[]): string => join(folder, ...names);

/** Learned positions, for 64 tokens; queries, keys and values from one matrix that is stored the other way round. */
const gpt2 = {
  model_type: "gpt2",
  architectures: ["GPT2LMHeadModel"],
  n_embd: 16,
  n_layer: 2,
  n_head: 4,
  n_inner: 24,
  n_positions: 64,
  n_ctx: 64,
  activation_function: "gelu_new",
  layer_norm_epsilon: 1e-5,
};

const settings = () => ({ model: at("model"), text: [at("text.txt")], context: 64, out: at("run"), threads: 1 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-gpt2-"));
  await writeToyFolder(at("model"), gpt2);
  await writeFile(at("text.txt"), toyText(3000));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("offprint longlora finetune, of a GPT-2", () => {
  it("learns with lora+; the adapter loads again, and merged it is the same model", async () => {
    const learning = { group: 16, steps: 20, accumulate: 1, batchSize: 4, learningRate: 0.02, warmup: 2 };
    const { stdout, stderr, outcome } = await runCommand(finetuneCommand, { ...settings(), ...learning });
    expect(outcome).toBe("completed");
    expect(stderr).toContain("context 64 tokens, positions not scaled");
    const [before, after] = /full-attention loss +([\d.]+) +([\d.]+)/.exec(stdout)!.slice(1).map(Number);
    expect(after).toBeLessThan(before! - 0.3);

    await runCommand(mergeCommand, { model: at("model"), adapter: at("run"), out: at("merged"), threads: 1 });
    using engine = await openEngine({ threads: 1 });
    const ids = Int32Array.from({ length: 40 }, (_, i) => 3 + ((i * i) % 26));
    const logitsOf = async (opened: ModelWithAdapter): Promise<Float32Array> => {
      const judged = await openForEvaluation(opened, { engine });
      const logits = await judged.logits(ids, Int32Array.from(ids.keys()));
      await judged.dispose();
      return logits;
    };
    const base = await logitsOf(await readModelWithAdapter(at("model")));
    const adapted = await logitsOf(await readModelWithAdapter(at("model"), at("run")));
    const merged = await logitsOf(await readModelWithAdapter(at("merged")));
    const distance = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
    expect(distance(adapted, base)).toBeGreaterThan(0.1);
    expect(distance(adapted, merged)).toBeLessThan(1e-4);
  });

  it("judges the model as it came before the first update", async () => {
    const text = toyText(62); // with its two marks one row
    await writeFile(at("held.txt"), text);
    const learning = { group: 16, steps: 1, accumulate: 1, learningRate: 1, warmup: 0, evaluateText: [at("held.txt")] };
    const { stdout } = await runCommand(finetuneCommand, { ...settings(), ...learning, out: at("once") });
    const [before, after] = /full-attention loss +([\d.]+) +([\d.]+)/.exec(stdout)!.slice(1).map(Number);
    const opened = await readModelWithAdapter(at("model"));
    using engine = await openEngine({ threads: 1 });
    const judged = await openForEvaluation(opened, { engine });
    const ids = Int32Array.of(1, ...opened.language.tokenizer.encode(text, { special: false }), 2);
    const { report } = await measurePerplexity(judged, [ids], { context: 64 });
    await judged.dispose();
    expect(before).toBeCloseTo(Math.log(report.perplexity), 3);
    expect(Math.abs(after! - before!)).toBeGreaterThan(0.1);
  });

  it.each([
    [{}, /this gpt2 has learned 64 positions, which no factor extends; take a model with rotary positions/],
    [{ rope: "yarn" as const }, /this gpt2 has learned 64 positions/],
    [{ rope: "keep" as const }, /this gpt2 has learned 64 positions/],
  ])("refuses more positions than were learned, with %j", async (rope, sentence) => {
    const run = runCommand(finetuneCommand, { ...settings(), ...rope, context: 128, out: at("longer") });
    await expect(run).rejects.toThrow(sentence);
    await expect(run).rejects.toMatchObject({ exitCode: 2 });
    await expect(readdir(at("longer"))).rejects.toThrow(/ENOENT/);
  });
});
