import { copyFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostTensor, Shape } from "@offprint/tensor";
import { replaceFolder, writeSafetensors, type StoredArray, type StoredDType } from "@offprint/training";
import type { ModelConfig } from "./config.ts";
import { createModel } from "./create-model.ts";
import { ModelSourceError, WeightFileError } from "./errors.ts";
import { toBfloat16, toFloat16 } from "./half-precision.ts";
import type { LanguageModel } from "./language-model.ts";

/** Element types that weights are written as. */
export type WeightDType = "float32" | "float16" | "bfloat16";

/** What is written. */
export interface ModelToSave {
  readonly config: ModelConfig;
  /** Float32, by name: at hand, or fetched one at a time when their turn comes. */
  readonly weights: Readonly<Record<string, HostTensor | (() => Promise<HostTensor>)>>;
  /** Default float32. */
  readonly dtype?: WeightDType;
  /** Whose tokenizer, chat template and generation settings go with it. */
  readonly like: Pick<LanguageModel, "folder" | "tokenizer">;
}

/** Files that belong to a model beside its config and weights. */
const companions =
  /^(tokenizer(\.json(\.gz)?|\.model|_config\.json)|chat_template\.(jinja|json)|generation_config\.json|special_tokens_map\.json|added_tokens\.json|vocab\.json|merges\.txt)$/;

/**
 * Writes a Hugging Face folder: config.json, model.safetensors, tokenizer. It appears under its name when it is complete, or
 * not at all. Weights are rounded once, to the nearest, ties to even; one at a time is in memory where they are fetched.
 * @throws {ModelSourceError} when `folder` holds something already.
 * @throws {WeightFileError} for a weight that is missing, unknown to the config, or of another shape.
 */
export async function saveModelFolder(
  folder: string,
  { config, weights, dtype = "float32", like }: ModelToSave,
): Promise<void> {
  const { shapes } = createModel(config);
  const unknown = Object.keys(weights).find((name) => !(name in shapes));
  if (unknown !== undefined) throw new WeightFileError(folder, `the config knows no weight "${unknown}"`);
  if ((await readdir(folder).catch(() => [])).length > 0)
    throw new ModelSourceError(folder, "holds files already; name a folder that does not exist yet");
  await replaceFolder(folder, async (fresh) => {
    const sources = Object.entries(shapes).map(([name, shape]) => ({
      name,
      shape,
      dtype: stored[dtype].name,
      read: async () => stored[dtype].from(await weightAt(folder, weights, name, shape)),
    }));
    await writeSafetensors(join(fresh, "model.safetensors"), sources, { format: "pt" });
    await writeJson(join(fresh, "config.json"), withDType(config.json, dtype));
    await writeCompanions(fresh, like);
  });
}

const stored: Readonly<Record<WeightDType, { name: StoredDType; from: (values: Float32Array) => StoredArray }>> = {
  float32: { name: "F32", from: (values) => values },
  float16: { name: "F16", from: toFloat16 },
  bfloat16: { name: "BF16", from: toBfloat16 },
};

async function weightAt(
  folder: string,
  weights: ModelToSave["weights"],
  name: string,
  shape: Shape,
): Promise<Float32Array> {
  const given = weights[name];
  if (!given) throw new WeightFileError(folder, `weight "${name}" was not given`);
  const weight = typeof given === "function" ? await given() : given;
  if (!(weight.data instanceof Float32Array) || weight.shape.join() !== shape.join()) {
    const came = `${weight.dtype}[${weight.shape.join(", ")}]`;
    throw new WeightFileError(folder, `weight "${name}" must be float32[${shape.join(", ")}], got ${came}`);
  }
  return weight.data;
}

/** Newer programs call the element type "dtype", older ones "torch_dtype"; the one that was there stays, else the older. */
function withDType(json: Readonly<Record<string, unknown>>, dtype: WeightDType): Record<string, unknown> {
  return { ...json, ["dtype" in json ? "dtype" : "torch_dtype"]: dtype };
}

async function writeCompanions(target: string, { folder, tokenizer }: ModelToSave["like"]): Promise<void> {
  if (folder !== undefined) {
    for (const name of await readdir(folder))
      if (companions.test(name)) await copyFile(join(folder, name), join(target, name));
    return;
  }
  const { source } = tokenizer;
  if (!source) return;
  await writeJson(join(target, "tokenizer.json"), source.tokenizer);
  if (source.config) await writeJson(join(target, "tokenizer_config.json"), source.config);
  if (source.chatTemplate !== undefined) await writeFile(join(target, "chat_template.jinja"), source.chatTemplate);
}

async function writeJson(path: string, value: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
