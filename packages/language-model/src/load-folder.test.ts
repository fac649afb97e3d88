import { readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import { SafetensorsFile, tensorSources, writeSafetensors } from "@offprint/training";
import { afterAll, describe, expect, it } from "vitest";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "./half-precision.ts";
import { LanguageModelError } from "./errors.ts";
import { extendContext } from "./extend-context.ts";
import { loadLanguageModel } from "./load-model.ts";
import { saveModelFolder } from "./save-model.ts";
import { toyFolder, toyTokenizer, toyWeights, type ToyFolder } from "./testing/toy-folder.ts";

const folders: string[] = [];
const folderWith = async (change?: ToyFolder): Promise<string> => {
  const folder = await toyFolder(change);
  folders.push(dirname(folder));
  return folder;
};
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** The sentence of the error that loading this folder ends with. */
async function refusal(folder: string): Promise<string> {
  const error: unknown = await loadLanguageModel(folder).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LanguageModelError)) throw new Error("wanted a refusal", { cause: error });
  expect(error.exitCode).toBe(2);
  expect(error.message.startsWith(folder)).toBe(true);
  return error.message.slice(folder.length);
}

const embedding = "model.embed_tokens.weight";

describe("a folder", () => {
  it("gives its config, tokenizer and weights", async () => {
    const folder = await folderWith();
    const language = await loadLanguageModel(folder);
    expect(language).toMatchObject({ name: "toy", folder, config: { vocabularySize: 61 } });
    expect(language.weightInfo[embedding]).toEqual({ shape: [61, 32], dtype: "F32", bytes: 61 * 32 * 4 });
    expect(await language.readWeights()).toEqual(toyWeights);
    const [first = ""] = Object.keys(toyWeights);
    expect(await language.readWeights([first])).toEqual({ [first]: toyWeights[first] });
  });

  it("may be sharded", async () => {
    const folder = await folderWith({ without: ["model.safetensors"] });
    const names = Object.keys(toyWeights);
    const shards = [names.slice(0, 8), names.slice(8)].map((part, i) => {
      return [`model-0000${i + 1}-of-00002.safetensors`, part] as const;
    });
    for (const [file, part] of shards) {
      const tensors = Object.fromEntries(part.map((name) => [name, toyWeights[name] as HostTensor]));
      await writeSafetensors(join(folder, file), tensorSources(tensors));
    }
    const map = shards.flatMap(([file, part]) => part.map((name) => [name, file]));
    await writeFile(
      join(folder, "model.safetensors.index.json"),
      JSON.stringify({ weight_map: Object.fromEntries(map) }),
    );
    expect(await (await loadLanguageModel(folder)).readWeights()).toEqual(toyWeights);
    await rm(join(folder, "model-00002-of-00002.safetensors"));
    expect(await refusal(folder)).toBe(
      ": lacks 1 of its 2 shards (model-00002-of-00002.safetensors); download the rest",
    );
  });

  it.each([
    ["F16", toFloat16, fromFloat16],
    ["BF16", toBfloat16, fromBfloat16],
  ] as const)("may hold %s", async (dtype, to, from) => {
    const folder = await folderWith({ without: ["model.safetensors"] });
    const halves = Object.fromEntries(
      Object.entries(toyWeights).map(([name, { shape, data }]) => [
        name,
        { dtype, shape, data: to(data as Float32Array) },
      ]),
    );
    await writeSafetensors(join(folder, "model.safetensors"), tensorSources(halves));
    const language = await loadLanguageModel(folder);
    expect(language.weightInfo[embedding]?.dtype).toBe(dtype);
    const { [embedding]: read } = await language.readWeights();
    expect(read?.data).toEqual(from(to(toyWeights[embedding]?.data as Float32Array)));
  });

  it("may leave out the head that is the embedding, or hold it twice", async () => {
    const folder = await folderWith({ config: { tie_word_embeddings: true } });
    const language = await loadLanguageModel(folder);
    expect(language.model.head).toBe(embedding);
    expect(Object.keys(await language.readWeights())).not.toContain("lm_head.weight");
  });

  it("with an element type that is not known here is told to be converted", async () => {
    const folder = await folderWith();
    const file = join(folder, "model.safetensors");
    await writeFile(file, (await readFile(file, "latin1")).replace('"F32"', '"F64"'), "latin1");
    expect(await refusal(folder)).toMatch(/element type "F64" is none of F32, .*; convert it to F32, F16 or BF16$/);
  });

  it("that is cut off is refused", async () => {
    const folder = await folderWith();
    await truncate(join(folder, "model.safetensors"), 9000);
    expect(await refusal(folder)).toMatch(/^\/model\.safetensors: .*it is cut off; download or copy the file again$/);
  });

  it.each<[string, ToyFolder, RegExp]>([
    [
      "lacks a weight",
      { weights: without("model.norm.weight") },
      /lacks 1 weights that config.json asks for: model.norm.weight$/,
    ],
    [
      "has a weight too many",
      { weights: { ...toyWeights, score: hostTensor(new Float32Array(2)) } },
      /has 1 weights that the architecture in config.json does not know: score$/,
    ],
    [
      "has whole numbers as weights",
      { weights: { ...toyWeights, "model.norm.weight": hostTensor(new Int32Array(32)) } },
      /weight "model.norm.weight" is I32; weights are read as F32, F16 or BF16/,
    ],
    [
      "has a weight of another shape",
      { weights: { ...toyWeights, "model.norm.weight": hostTensor(new Float32Array(31)) } },
      /"model.norm.weight" is \[31\], config.json says \[32\]$/,
    ],
    [
      "says more vocabulary than its embedding has",
      { config: { vocab_size: 64 } },
      /is \[61, 32\], config.json says \[64, 32\]: vocab_size in config.json must be the 61 rows/,
    ],
    [
      "has a tokenizer larger than its embedding",
      { tokenizer: { ...toyTokenizer, added_tokens: [{ id: 61, content: "[PAD]" }] } },
      /tokenizer.json: knows ids up to 61, the model's embedding ends at 60/,
    ],
    ["has no config", { without: ["config.json"] }, /has no config.json$/],
    ["has no tokenizer.json", { without: ["tokenizer.json"] }, /has no tokenizer.json; older tokenizers/],
    ["has a tokenizer without model", { tokenizer: { version: "1.0" } }, /tokenizer.json: has no "model"/],
    [
      "has no weights",
      { without: ["model.safetensors"] },
      /has no model.safetensors and no model.safetensors.index.json$/,
    ],
  ])("that %s is refused in one sentence", async (_name, change, message) => {
    expect(await refusal(await folderWith(change))).toMatch(message);
  });

  it("with PyTorch's own files, or an adapter alone, is told what to do", async () => {
    const folder = await folderWith({ without: ["model.safetensors"] });
    await writeFile(join(folder, "adapter_config.json"), "{}");
    expect(await refusal(folder)).toMatch(/is an adapter without its base model/);
    await writeFile(join(folder, "pytorch_model.bin"), "");
    expect(await refusal(folder)).toMatch(/convert them once with Python: AutoModelForCausalLM/);
  });

  it("with a tokenizer.json too large to be one is refused before it is read", async () => {
    const folder = await folderWith();
    await truncate(join(folder, "tokenizer.json"), 2 ** 28 + 1);
    expect(await refusal(folder)).toMatch(/has 268435457 bytes, more than the 268435456 that are read as JSON$/);
  });

  it("with a damaged config.json is refused", async () => {
    const folder = await folderWith();
    await writeFile(join(folder, "config.json"), "{");
    expect(await refusal(folder)).toBe("/config.json: cannot be read as JSON; download or copy the file again");
  });
});

function without(name: string): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(toyWeights).filter(([other]) => other !== name));
}

describe("saveModelFolder", () => {
  it("writes a folder that loads as the extended model, its weights rounded once", async () => {
    const like = await loadLanguageModel(await folderWith());
    const config = extendContext(like.config, 64);
    const out = join(dirname(like.folder ?? ""), "saved");
    const weights = Object.fromEntries(Object.entries(toyWeights).map(([name, weight]) => [name, async () => weight]));
    await saveModelFolder(out, { config, weights, dtype: "bfloat16", like });
    expect((await readdir(out)).toSorted()).toEqual([
      "config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const saved = await loadLanguageModel(out);
    expect(saved.config).toEqual({ ...config, json: { ...config.json, torch_dtype: "bfloat16" } });
    expect(saved.config.rope).toMatchObject({ kind: "linear", factor: 16 });
    expect((await saved.readWeights())[embedding]?.data).toEqual(
      fromBfloat16(toBfloat16(toyWeights[embedding]?.data as Float32Array)),
    );
    await using file = await SafetensorsFile.open(join(out, "model.safetensors"));
    expect(file.metadata).toEqual({ format: "pt" });
  });

  it("writes the tokenizer of a model that was no folder", async () => {
    const { folder = "", ...like } = await loadLanguageModel(await folderWith());
    const out = join(dirname(folder), "from-elsewhere");
    await saveModelFolder(out, { config: like.config, weights: toyWeights, like });
    expect(JSON.parse(await readFile(join(out, "tokenizer.json"), "utf8"))).toEqual(toyTokenizer);
    expect(await (await loadLanguageModel(out)).readWeights()).toEqual(toyWeights);
  });

  it("leaves nothing behind when a weight is missing, and never writes into a folder with files", async () => {
    const like = await loadLanguageModel(await folderWith());
    const { config, folder = "" } = like;
    const out = join(dirname(folder), "incomplete");
    const incomplete = { config, weights: without("model.norm.weight"), like };
    await expect(saveModelFolder(out, incomplete)).rejects.toThrow(/weight "model.norm.weight" was not given/);
    expect(await readdir(dirname(folder))).toEqual(["toy"]);
    await expect(saveModelFolder(folder, { config, weights: toyWeights, like })).rejects.toThrow(/holds files already/);
  });
});
