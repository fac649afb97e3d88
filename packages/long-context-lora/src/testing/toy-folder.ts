/** A model of a few thousand numbers as a Hugging Face folder, whose tokens are single letters. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tensorSources, writeSafetensors } from "@offprint/training";
import { toyModel } from "../artefacts/testing.ts";

const alphabet = Array.from("abcdefghijklmnopqrstuvwxy.");
const letters = ["<unk>", "<s>", "</s>", ...alphabet];

const tokenizer = {
  version: "1.0",
  added_tokens: [1, 2].map((id) => ({ id, content: letters[id], special: true, normalized: false })),
  normalizer: null,
  pre_tokenizer: null,
  post_processor: {
    type: "TemplateProcessing",
    single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
    pair: [],
    special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
  },
  decoder: { type: "Fuse" },
  model: {
    type: "BPE",
    unk_token: "<unk>",
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])),
    merges: [],
  },
};

/** Writes the folder: 29 letters, hidden 16, 2 layers, 4 heads over 2, context 32, head tied. */
export async function writeToyFolder(folder: string, config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const { config: read, weights } = toyModel(config);
  await mkdir(folder, { recursive: true });
  const write = (name: string, json: unknown) => writeFile(join(folder, name), JSON.stringify(json));
  await write("config.json", read.json);
  await write("tokenizer.json", tokenizer);
  await write("tokenizer_config.json", { bos_token: "<s>", eos_token: "</s>" });
  await writeSafetensors(join(folder, "model.safetensors"), tensorSources(weights), { format: "pt" });
}

/** A text in which each letter tells the next one but for every fifth, which repeats the one twenty before. */
export function toyText(length: number): string {
  const text: string[] = [];
  for (let i = 0; i < length; i++) {
    const before = i % 5 === 0 ? text[i - 20] : undefined;
    text.push(before ?? alphabet[(i * i + 3 * i) % 26]!);
  }
  return text.join("");
}
