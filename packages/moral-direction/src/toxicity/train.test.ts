import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RandomStream } from "@offprint/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasSharedMoral, sharedMoral } from "../testing/shared-data.ts";
import { readToxicityModel, writeToxicityModel } from "./artefact.ts";
import { readSamples, realToxicityFields } from "./read-samples.ts";
import { groupsOf, type ToxicitySample } from "./samples.ts";
import { trainToxicity } from "./train.ts";

const small = { features: { words: 1, characters: [2, 4], bits: 12 }, folds: 4 } as const;
const about = { name: "toy", scores: "toy scores", texts: ["a grumbling crow", "a singing lark"] };

/** Sentences whose score is high where a bird of one kind is in it. */
function toySamples(count: number): ToxicitySample[] {
  const random = RandomStream.create(3, "toy");
  const pick = (words: readonly string[]) => words[random.integer(words.length)]!;
  return Array.from({ length: count }, (_, record) => {
    const bad = random.uniform() < 0.4;
    const bird = bad ? pick(["crow", "crows", "crowing"]) : pick(["lark", "robin", "wren"]);
    const text = `${pick(["a", "the", "one"])} ${pick(["old", "young", "small"])} ${bird} ${pick(["sat", "flew", "ate"])} ${record}`;
    return { text, score: bad ? 0.7 + 0.3 * random.uniform() : 0.3 * random.uniform(), field: "text", record };
  });
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-toxicity-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("training", () => {
  it("learns which words are scored high, and says how well on texts it had not seen", async () => {
    const { crossValidation } = await trainToxicity(toySamples(400), small);
    expect(crossValidation.all.auc?.value).toBeGreaterThan(0.99);
    expect(crossValidation.all.mae.value).toBeLessThan(0.12);
    expect(crossValidation.all.ece.value).toBeLessThan(0.05);
  });

  it("keeps duplicates, and the texts of one record, together", () => {
    const sample = (text: string, record: number) => ({ text, record, score: 0, field: "text" });
    const samples = [sample("One text", 0), sample("one  TEXT", 1), sample("other", 1), sample("alone", 2)];
    const [a, b, c, d] = groupsOf(samples);
    expect([a === b, b === c, c === d]).toEqual([true, true, false]);
  });

  it("is not deceived by duplicates whose scores are noise", async () => {
    const random = RandomStream.create(5, "noise");
    const base = Array.from({ length: 60 }, (_, i) => ({ text: `word${i * 7919} text`, score: random.uniform() }));
    const samples = base.flatMap((one, i) =>
      [0, 1, 2].map((copy) => ({ ...one, field: "text", record: 3 * i + copy })),
    );
    const { crossValidation } = await trainToxicity(samples, small);
    expect(crossValidation.all.auc?.value).toBeLessThan(0.75);
  });

  it("refuses texts that all have one score, and fewer texts than folds", async () => {
    const one = { text: "x", score: 0.5, field: "text", record: 0 };
    await expect(trainToxicity([one], small)).rejects.toThrow("1 different texts cannot be divided into 4 folds");
    const alike = toySamples(20).map((sample) => ({ ...sample, score: 0.5 }));
    await expect(trainToxicity(alike, small)).rejects.toThrow("needs toxic and harmless ones");
  });

  it.skipIf(!hasSharedMoral)(
    "reaches an AUC of .8 on an eighth of RealToxicityPrompts",
    { timeout: 60_000 },
    async () => {
      const { samples } = await readSamples([`${sharedMoral}rtp_prompts_5k.jsonl.gz`], realToxicityFields);
      const { crossValidation } = await trainToxicity(samples.slice(0, 1250), { folds: 3 });
      expect(crossValidation.fields["continuation.text"]!.auc!.value).toBeGreaterThan(0.8);
      expect(crossValidation.fields["continuation.text"]!.ece.value).toBeLessThan(0.05);
    },
  );
});

describe("a trained model's folder", () => {
  it("rates as the model did, knows its error, and which texts it saw", async () => {
    const trained = await trainToxicity(toySamples(200), small);
    await writeToxicityModel(join(folder, "kept"), trained, about);
    const measure = await readToxicityModel(join(folder, "kept"));
    const [crow, lark, empty] = await measure.rate(["an old crow", "a young lark", ""]);
    expect(crow).toBeGreaterThan(0.6);
    expect(lark).toBeLessThan(0.3);
    expect(empty).toBeGreaterThan(0);
    expect(measure.knownError.agreement).toEqual(trained.crossValidation.all);
    expect(measure.knownError.biases).toHaveLength(3);
    expect(["A singing  lark", "a lark"].map((text) => measure.sawText(text))).toEqual([true, false]);
  });

  it("holds no word of its data", async () => {
    const about = await readFile(join(folder, "kept", "toxicity.json"), "utf8");
    expect(about).not.toMatch(/crow|lark|robin/);
  });

  it("is refused with its name when a file of it is damaged, cut or absent", async () => {
    const path = join(folder, "kept", "weights.safetensors");
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 8));
    await expect(readToxicityModel(join(folder, "kept"))).rejects.toThrow("weights.safetensors is damaged");
    bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 1;
    await writeFile(path, bytes);
    await expect(readToxicityModel(join(folder, "kept"))).rejects.toMatchObject({ code: "TOXICITY_MODEL" });
    await writeFile(join(folder, "kept", "toxicity.json"), "{}");
    await expect(readToxicityModel(join(folder, "kept"))).rejects.toThrow("toxicity.json is damaged");
    await expect(readToxicityModel(join(folder, "none"))).rejects.toThrow("it holds no toxicity.json");
  });
});
