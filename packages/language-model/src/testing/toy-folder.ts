/** For tests: the golden two-layer model as a Hugging Face folder, with a byte-fallback tokenizer of its 61 tokens. */
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostTensor } from "@offprint/tensor";
import { tensorSources, writeSafetensors } from "@offprint/training";
import { goldenConfig, goldenWeights } from "./longlora-golden.ts";

export const toyWeights: Readonly<Record<string, HostTensor>> = Object.fromEntries(
  Object.entries(goldenWeights).filter(([name]) => !name.includes("lora_")),
);

/** Llama's kind of tokenizer: spaces become "▁", one stands in front of every text. */
export const toyTokenizer = {
  version: "1.0",
  added_tokens: [
    { id: 1, content: "<s>", special: true, normalized: false },
    { id: 2, content: "</s>", special: true, normalized: false },
  ],
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
    ],
  },
  pre_tokenizer: null,
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [],
    special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
  },
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
    ],
  },
  model: {
    type: "BPE",
    unk_token: "<unk>",
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries(
      ["<unk>", "<s>", "</s>", "▁", "a", "b", "c", "ab", "▁a", "▁ab", "▁▁", "bc", "▁▁▁▁", ".", "\n"].map(
        (token, id) => [token, id],
      ),
    ),
    merges: ["a b", "▁ ab", "▁ a", "b c", "▁ ▁", "▁▁ ▁▁"],
  },
};

export interface ToyFolder {
  readonly config?: object;
  readonly weights?: Readonly<Record<string, HostTensor>>;
  readonly tokenizer?: object;
  readonly tokenizerConfig?: object;
  /** Names of files to leave out. */
  readonly without?: readonly string[];
}

/** Writes the folder into a new temporary one, with the changes asked for. */
export async function toyFolder(change: ToyFolder = {}): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), "language-model-")), "toy");
  await mkdir(folder);
  const files: Readonly<Record<string, object>> = {
    "config.json": { ...goldenConfig.json, ...change.config },
    "tokenizer.json": change.tokenizer ?? toyTokenizer,
    "tokenizer_config.json": change.tokenizerConfig ?? { bos_token: "<s>", eos_token: { content: "</s>" } },
  };
  for (const [name, content] of Object.entries(files))
    if (!change.without?.includes(name)) await writeFile(join(folder, name), JSON.stringify(content));
  if (!change.without?.includes("model.safetensors"))
    await writeSafetensors(join(folder, "model.safetensors"), tensorSources(change.weights ?? toyWeights));
  return folder;
}
