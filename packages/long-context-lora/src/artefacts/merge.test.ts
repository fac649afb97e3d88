import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createModel } from "@offprint/language-model";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import { SafetensorsFile } from "@offprint/training";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createEvaluatedModel } from "../evaluation/evaluated-model.ts";
import { readModelWithAdapter } from "../evaluation/open-model.ts";
import { golden, goldenLora, goldenWeights } from "../testing/longlora-golden.ts";
import { saveAdapter } from "./adapter.ts";
import { MergeCheckError } from "./errors.ts";
import { differenceOfLogits, mergeAdapter } from "./merge.ts";
import { mergeWeight } from "./merge-weights.ts";
import { randomTensors, toyAdapter, toyLora, toyModel } from "./testing.ts";

describe("mergeWeight", () => {
  it("equals the golden merged matrices", () => {
    const lowRank = Object.entries(goldenWeights).filter(([name]) => name.includes("lora_"));
    const changes = { lora: goldenLora, tensors: Object.fromEntries(lowRank) };
    const merged = Object.entries(golden.merged);
    expect(merged.length).toBeGreaterThan(0);
    for (const [name, { data: wanted }] of merged) {
      const { data } = mergeWeight(name, goldenWeights[name]!, changes, "out-in");
      for (const [i, value] of wanted.entries()) expect(data[i]).toBeCloseTo(value, 6);
    }
  });

  it("transposes the update where inputs come first", () => {
    const base = randomTensors({ w: [4, 4] }, 1)["w"]!;
    const tensors = randomTensors({ "w.lora_A.weight": [3, 4], "w.lora_B.weight": [4, 3] }, 2);
    const turned = (x: HostTensor) =>
      hostTensor(
        Float32Array.from({ length: 16 }, (_, i) => Number(x.data[(i % 4) * 4 + Math.floor(i / 4)])),
        [4, 4],
      );
    const changes = { lora: toyLora, tensors };
    expect(turned(mergeWeight("w.weight", turned(base), changes, "in-out"))).toEqual(
      mergeWeight("w.weight", base, changes, "out-in"),
    );
  });

  it.each([
    ["LoRA", toyLora],
    ["rsLoRA", { ...toyLora, rankStabilised: true }],
    ["DoRA", { ...toyLora, dora: true }],
  ])("gives the logits of base and adapter, %s", async (_, lora) => {
    const base = toyModel();
    const model = createModel(base.config);
    const adapter = await toyAdapter(base, lora);
    const merged = Object.entries(base.weights).map(([name, weight]) => [
      name,
      mergeWeight(name, weight, adapter, "out-in"),
    ]);
    const apart = await createEvaluatedModel({ model, weights: { ...base.weights, ...adapter.tensors }, lora });
    const together = await createEvaluatedModel({
      model,
      weights: Object.fromEntries(merged) as Record<string, HostTensor>,
    });
    const [ids, places] = [
      Int32Array.from({ length: 20 }, (_, i) => (7 * i) % 29),
      Int32Array.from({ length: 20 }, (_, i) => i),
    ];
    const difference = differenceOfLogits(await apart.logits(ids, places), await together.logits(ids, places), 29);
    await apart.dispose();
    await together.dispose();
    expect(difference.relative).toBeLessThan(1e-4);
    expect(difference.agreement).toBe(1);
  });
});

const stories = fileURLToPath(new URL("../../../../../shared/data/models/stories260K", import.meta.url));

describe.skipIf(!existsSync(stories))("mergeAdapter (skipped without shared/data)", () => {
  let folder: string;
  let base: string;
  let adapter: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "offprint-merge-"));
    [base, adapter] = [join(folder, "base"), join(folder, "run", "adapter")];
    await mkdir(base);
    for (const name of ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"])
      await cp(join(stories, name), join(base, name));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    const { language } = await readModelWithAdapter(base);
    const weights = await language.readWeights();
    const toy = {
      config: language.config,
      shapes: language.model.shapes,
      weights,
      readWeight: async (name: string) => weights[name]!,
    };
    const saved = await toyAdapter(toy);
    const near = Object.entries(saved.tensors).map(([name, { data, shape }]) => {
      const old = weights[name]?.data as Float32Array | undefined;
      const values = (data as Float32Array).map((value, i) => (old ? old[i]! + 0.02 * value : 0.2 * value));
      return [name, hostTensor(values, shape)] as const;
    });
    const json = {
      ...language.config.json,
      rope_scaling: { rope_type: "linear", factor: 4 },
      max_position_embeddings: 2048,
    };
    await saveAdapter(adapter, { ...saved, config: { ...language.config, json }, tensors: Object.fromEntries(near) });
  });
  afterEach(() => rm(join(folder, "merged"), { recursive: true, force: true }));

  const open = async () => {
    const opened = await readModelWithAdapter(base, join(folder, "run"));
    if (!opened.adapter) throw new Error("no adapter");
    return { ...opened, adapter: opened.adapter };
  };

  it("writes a model that needs no adapter, its positions scaled, and says how near it is", async () => {
    const out = join(folder, "merged");
    const report = await mergeAdapter(await open(), out);
    expect(report).toMatchObject({ dtype: "float32", weights: 47 });
    expect(report.check.relative).toBeLessThan(1e-4);
    expect((await readdir(out)).toSorted()).toEqual([
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const json = JSON.parse(await readFile(join(out, "config.json"), "utf8")) as Record<string, unknown>;
    expect(json).toMatchObject({
      rope_scaling: { rope_type: "linear", factor: 4 },
      torch_dtype: "float32",
      tie_word_embeddings: true,
    });
    await expect(mergeAdapter(await open(), out)).rejects.toThrow(/holds files already/);
  });

  it.each([
    ["float16", "F16"],
    ["bfloat16", "BF16"],
  ] as const)("rounds once to %s", async (dtype, stored) => {
    const out = join(folder, "merged");
    const report = await mergeAdapter(await open(), out, { dtype });
    expect(report.check.relative).toBeGreaterThan(0);
    await using file = await SafetensorsFile.open(join(out, "model.safetensors"));
    expect(new Set([...file.tensors.values()].map((one) => one.dtype))).toEqual(new Set([stored]));
  });

  it("keeps nothing when the merged model computes something else", async () => {
    const opened = await open();
    const out = join(folder, "merged");
    const { rope_scaling: _, ...json } = opened.config.json;
    const forgotten = { ...opened, config: { ...opened.config, json } };
    await expect(mergeAdapter(forgotten, out)).rejects.toThrow(MergeCheckError);
    expect((await readdir(folder)).toSorted()).toEqual(["base", "run"]);
  });
});
