import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostTensor } from "@offprint/tensor";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ModelConfig } from "../config.ts";
import { loadFolder } from "../load-folder.ts";
import { loadLanguageModel } from "../load-model.ts";
import { randomModel } from "../testing/random-model.ts";
import { readJson, sharedModelFolder } from "../testing/shared-model.ts";
import { gguf, type MetadataEntry, type WrittenTensor } from "../testing/write-gguf.ts";
import { GgufFile } from "./gguf-file.ts";
import { ggufName, reorderedHeads } from "./llama-tensors.ts";

async function fileOf(bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "offprint-gguf-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "model.gguf");
  await writeFile(path, bytes);
  return path;
}

/** Rows as llama.cpp's conversion orders them: of each head, one of the first half, one of the second, and so on. */
function interleaved(data: Float32Array, heads: number, width: number): Float32Array {
  const rows = Array.from({ length: data.length / width }, (_, i) => data.subarray(i * width, (i + 1) * width));
  const size = rows.length / heads;
  const order = rows.map((_, row) => {
    const [head, i] = [Math.floor(row / size), row % size];
    return rows[head * size + (i % 2) * (size / 2) + Math.floor(i / 2)]!;
  });
  return Float32Array.from(order.flatMap((row) => [...row]));
}

const tensorsOf = (weights: Readonly<Record<string, HostTensor>>, config: ModelConfig): WrittenTensor[] =>
  Object.entries(weights).map(([name, { shape, data }]) => {
    const heads = reorderedHeads(name, config);
    const values = data as Float32Array;
    const rows = heads === 0 ? values : interleaved(values, heads, shape[1] ?? 1);
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    return { name: ggufName(name), shape: shape.toReversed(), type: 0, bytes };
  });

const metadataOf = (config: ModelConfig): Record<string, MetadataEntry> => ({
  "general.architecture": { text: "llama" },
  "llama.block_count": { u32: config.layers },
  "llama.context_length": { u32: config.contextLength },
  "llama.embedding_length": { u32: config.hiddenSize },
  "llama.feed_forward_length": { u32: config.intermediateSize },
  "llama.attention.head_count": { u32: config.heads },
  "llama.attention.head_count_kv": { u32: config.kvHeads },
  "llama.attention.layer_norm_rms_epsilon": { f32: config.normEpsilon },
  "llama.rope.freq_base": { f32: config.rope?.base ?? 10_000 },
  "tokenizer.ggml.bos_token_id": { u32: 1 },
  "tokenizer.ggml.eos_token_id": { u32: 2 },
});

/** GPT-2's characters for bytes, in the order of the first 256 ids. */
const byteCharacters = Array.from({ length: 256 }, (_, i) => i).map((byte, _at, all) => {
  const printable = (b: number) => (b > 32 && b < 127) || (b > 160 && b < 173) || b > 173;
  const hidden = all.filter((b) => !printable(b));
  return String.fromCodePoint(printable(byte) ? byte : 256 + hidden.indexOf(byte));
});

const toyTokens = ["<unk>", "<s>", "</s>", "<|im_end|>", ...byteCharacters, "he", "ll", "hell", "Ġw", "12"];
const toyMerges = ["h e", "l l", "he ll", "Ġ w", "1 2"];
const byteLevel = (pre: string): Record<string, MetadataEntry> => ({
  "tokenizer.ggml.model": { text: "gpt2" },
  "tokenizer.ggml.pre": { text: pre },
  "tokenizer.ggml.tokens": { texts: toyTokens },
  "tokenizer.ggml.token_type": { ints: toyTokens.map((_, id) => (id === 0 ? 2 : id < 4 ? 3 : 1)) },
  "tokenizer.ggml.merges": { texts: toyMerges },
});

const toy = randomModel("llama", { vocab_size: toyTokens.length, rope_theta: 50_000 });
const toyFile = (extra: Record<string, MetadataEntry> = {}, tensors = tensorsOf(toy.weights, toy.model.config)) =>
  gguf({ ...metadataOf(toy.model.config), ...byteLevel("smollm"), ...extra }, tensors);

describe("a Llama in a GGUF file", () => {
  it("has the config, the weights and the tokenizer that were written", async () => {
    const path = await fileOf(toyFile({ "tokenizer.chat_template": { text: "{{ messages[0].content }}!" } }));
    const loaded = await loadLanguageModel(path);
    expect(loaded.name).toBe("model.gguf");
    expect(loaded.config).toMatchObject({ kvHeads: 2, headSize: 4, tiedEmbeddings: false, eos: [2], bos: 1 });
    expect(loaded.config.rope).toMatchObject({ kind: "default", base: 50_000 });
    expect(loaded.weightInfo["model.norm.weight"]).toEqual({ shape: [24], dtype: "F32", bytes: 96 });
    const weights = await loaded.readWeights();
    expect(Object.keys(weights)).toEqual(Object.keys(toy.weights));
    for (const [name, { shape, data }] of Object.entries(toy.weights)) {
      expect(weights[name]?.shape).toEqual(shape);
      expect(weights[name]?.data).toEqual(data);
    }
    const { tokenizer } = loaded;
    expect(tokenizer.applyChatTemplate?.([{ role: "user", content: "hi" }])).toBe("hi!");
    const ids = [...tokenizer.encode("hell w12é<|im_end|>")];
    expect(ids.map((id) => toyTokens[id])).toEqual(["hell", "Ġw", "1", "2", "Ã", "©", "<|im_end|>"]);
    expect(tokenizer.decode(ids)).toBe("hell w12é<|im_end|>");
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe("hell w12é");
  });

  it("splits texts as its tokenizer says, and begins them with its first token where it says so", async () => {
    const load = async (pre: string, extra: Record<string, MetadataEntry> = {}) =>
      (await loadLanguageModel(await fileOf(toyFile({ ...byteLevel(pre), ...extra })))).tokenizer;
    const texts = (tokens: Int32Array) => [...tokens].map((id) => toyTokens[id]);
    expect(texts((await load("gpt-2")).encode("hell12"))).toEqual(["hell", "12"]);
    expect(texts((await load("llama-bpe")).encode("hell12"))).toEqual(["<s>", "hell", "12"]);
    const without = { "tokenizer.ggml.add_bos_token": { flag: false } };
    expect(texts((await load("llama-bpe", without)).encode("hell12"))).toEqual(["hell", "12"]);
    await expect(load("deepseek-llm")).rejects.toThrow(/the way "deepseek-llm"; supported are default, gpt-2, smollm/);
  });

  it("has the rotary scaling that was written", async () => {
    const load = async (extra: Record<string, MetadataEntry>, tensors?: WrittenTensor[]) =>
      (await loadLanguageModel(await fileOf(toyFile(extra, tensors)))).config;
    const scaling = (type: string) => ({
      "llama.rope.scaling.type": { text: type },
      "llama.rope.scaling.factor": { f32: 4 },
      "llama.rope.scaling.original_context_length": { u32: 150 },
    });
    expect((await load(scaling("linear"))).rope).toMatchObject({ kind: "linear", factor: 4 });
    expect((await load(scaling("yarn"))).rope).toMatchObject({ kind: "yarn", factor: 4, originalContext: 150 });
    await expect(load(scaling("longrope"))).rejects.toThrow('rope scaling "longrope" is not supported');
    const divisors = { name: "rope_freqs.weight", shape: [2], type: 0 };
    const bytes = new Uint8Array(Float32Array.of(1, 8).buffer);
    const config = await load({}, [...tensorsOf(toy.weights, toy.model.config), { ...divisors, bytes }]);
    expect(config.rope).toMatchObject({
      kind: "longrope",
      longFactor: [1, 8],
      shortFactor: [1, 8],
      attentionFactor: 1,
    });
    expect(config.contextLength).toBe(600);
  });

  it("uses the embedding as head where there is none", async () => {
    const tensors = tensorsOf(toy.weights, toy.model.config).filter(({ name }) => name !== "output.weight");
    const loaded = await loadLanguageModel(await fileOf(toyFile({}, tensors)));
    expect(loaded.config.tiedEmbeddings).toBe(true);
    expect(loaded.model.head).toBe("model.embed_tokens.weight");
  });

  it.each<[string, Parameters<typeof toyFile>, string | RegExp]>([
    [
      "another architecture",
      [{ "general.architecture": { text: "mamba" } }],
      '"mamba" is not supported; there is llama',
    ],
    ["experts", [{ "llama.expert_count": { u32: 8 } }], "llama with experts"],
    ["a missing setting", [{ "llama.block_count": { text: "x" } }], "llama.block_count must be a number"],
    ["a tokenizer of another kind", [{ "tokenizer.ggml.model": { text: "bert" } }], 'a tokenizer of kind "bert"'],
    [
      "a token without end",
      [
        {
          "tokenizer.ggml.model": { text: "llama" },
          "tokenizer.ggml.tokens": { texts: [...toyTokens.slice(1), "x".repeat(1000)] },
          "tokenizer.ggml.scores": { floats: toyTokens.map(() => 0) },
        },
      ],
      "has a token of 1000 characters",
    ],
    ["partial rotation", [{ "llama.rope.dimension_count": { u32: 2 } }], "turns 2 of 4 numbers a head"],
    [
      "a missing tensor",
      [{}, tensorsOf(toy.weights, toy.model.config).filter(({ name }) => name !== "output_norm.weight")],
      'lacks the tensor "output_norm.weight"',
    ],
    [
      "another shape",
      [{ "llama.feed_forward_length": { u32: 41 } }],
      /blk.0.ffn_gate.weight" is \[40, 24\], .* \[41, 24\]/,
    ],
    [
      "an element type that is not supported",
      [{}, tensorsOf(toy.weights, toy.model.config).map((tensor) => ({ ...tensor, type: 14 }))],
      "is of type Q6_K; supported are F32, F16, Q4_0, Q4_1, Q8_0, BF16",
    ],
  ])("is refused for %s", async (_what, given, message) => {
    await expect(loadLanguageModel(await fileOf(toyFile(...given)))).rejects.toThrow(message);
  });

  it("says of any cut where the file ends", async () => {
    const whole = toyFile();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 33 }), async (length) => {
        const opened = GgufFile.open(await fileOf(whole.subarray(0, length)));
        await expect(opened).rejects.toThrow(/model\.gguf: /);
        await expect(opened).rejects.toMatchObject({ code: "GGUF" });
      }),
      { numRuns: 30 },
    );
  });

  it("never reads outside of a damaged file: any changed byte is an error or another value", async () => {
    const whole = toyFile();
    const header = whole.indexOf("output.weight") + 40;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: header }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= change;
        const error: unknown = await loadLanguageModel(await fileOf(bytes)).then(
          () => undefined,
          (caught: unknown) => caught,
        );
        if (error !== undefined) expect(error).toHaveProperty("code", expect.stringMatching(/^[A-Z_]+$/));
      }),
      { numRuns: 60 },
    );
  });
});

describe("stories260K as a GGUF file", () => {
  const folder = sharedModelFolder("stories260K") ?? "";
  it.skipIf(!folder)("gives the ids of its tokenizer.json, the merges found from scores", async () => {
    const original = await loadFolder(folder);
    const { model, added_tokens: added } = readJson(join(folder, "tokenizer.json")) as {
      model: { vocab: Record<string, number>; merges: (string | [string, string])[] };
      added_tokens: { id: number }[];
    };
    const tokens = Object.entries(model.vocab)
      .toSorted((a, b) => a[1] - b[1])
      .map(([token]) => token);
    const special = new Set(added.map(({ id }) => id));
    const rank = new Map<string, number>();
    for (const [i, merge] of model.merges.entries()) {
      const joined = typeof merge === "string" ? merge.replace(" ", "") : merge.join("");
      if (!rank.has(joined)) rank.set(joined, i);
    }
    const metadata: Record<string, MetadataEntry> = {
      "tokenizer.ggml.model": { text: "llama" },
      "tokenizer.ggml.tokens": { texts: tokens },
      "tokenizer.ggml.scores": { floats: tokens.map((token) => -(rank.get(token) ?? 1e6)) },
      "tokenizer.ggml.token_type": {
        ints: tokens.map((token, id) => (special.has(id) ? 3 : token.startsWith("<0x") ? 6 : 1)),
      },
    };
    const weights = await original.readWeights();
    const bytes = gguf({ ...metadataOf(original.config), ...metadata }, tensorsOf(weights, original.config));
    const { tokenizer, ...loaded } = await loadLanguageModel(await fileOf(bytes));
    expect((await loaded.readWeights())["model.layers.1.self_attn.k_proj.weight"]).toEqual(
      weights["model.layers.1.self_attn.k_proj.weight"],
    );
    for (const text of ["Once upon a time, there was a little girl.", "Ünïcode\n\n  two spaces 123", "", " a"]) {
      expect([...tokenizer.encode(text)]).toEqual([...original.tokenizer.encode(text)]);
      expect(tokenizer.decode(tokenizer.encode(text), { skipSpecial: true })).toBe(text);
    }
  });
});
