/**
 * An adapter as a folder that PEFT reads: `adapter_config.json` and `adapter_model.safetensors` with the low-rank matrices
 * and all that was trained as a whole. Beside them stand what PEFT has no place for: `config.json`, the config of the
 * *extended* model as transformers reads it, and `offprint.json`, by what the base is known.
 */
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomic } from "@offprint/experiment";
import { storedAsFloat32, type ModelConfig } from "@offprint/language-model";
import { hostTensor, type HostTensor, type Shape } from "@offprint/tensor";
import { replaceFolder, SafetensorsError, SafetensorsFile, tensorSources, writeSafetensors } from "@offprint/training";
import { z } from "zod";
import { linearLayout, type LoraConfig } from "../lora.ts";
import { differenceOf, fingerprintSchema, type BaseFingerprint, type WeightSource } from "./base-fingerprint.ts";
import { AdapterError, AnotherBaseError } from "./errors.ts";
import { peftConfig, readPeftConfig } from "./peft-config.ts";
import { adapterReadme } from "./readme.ts";

/** Files of an adapter's folder. */
export const adapterFiles = {
  peft: "adapter_config.json",
  tensors: "adapter_model.safetensors",
  model: "config.json",
  offprint: "offprint.json",
  readme: "README.md",
} as const;

/** In front of every name in PEFT's files. */
const prefix = "base_model.model.";
const head = "lm_head.weight";

/** The base that an adapter was trained on. */
export interface AdapterBase {
  /** Path or hub id, as it was given to the training. */
  readonly name: string;
  readonly fingerprint: BaseFingerprint;
}

/** A trained adapter. */
export interface Adapter {
  readonly lora: LoraConfig;
  /**
   * By the names that programs use: `….q_proj.lora_A.weight` `[r, in]`, `….lora_B.weight` `[out, r]`, of DoRA
   * `….lora_magnitude_vector` `[out]`, and each weight that was trained as a whole under its own name. float32.
   */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** `config.json` of the extended model; absent in adapters of other tools, whose model is the base's. */
  readonly modelConfig: Readonly<Record<string, unknown>> | undefined;
  /** Path or hub id of the base. */
  readonly baseName: string | undefined;
  /** Absent in adapters of other tools. */
  readonly fingerprint: BaseFingerprint | undefined;
  /** The whole of `adapter_config.json`, with fields unknown here. */
  readonly peft: Readonly<Record<string, unknown>>;
  readonly folder: string;
}

export interface AdapterToSave {
  /** Of the extended model. */
  readonly config: ModelConfig;
  readonly lora: LoraConfig;
  /** As in `Adapter`. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  readonly base: AdapterBase;
  /** More for `offprint.json`: how it was trained. */
  readonly notes?: Readonly<Record<string, unknown>>;
}

/**
 * Writes an adapter's folder in place of what stood there. A tied embedding that was trained is written for the head as
 * well: PEFT otherwise leaves the head at the old one, without a word.
 */
export async function saveAdapter(folder: string, adapter: AdapterToSave): Promise<void> {
  const { config, lora, tensors, base, notes } = adapter;
  const whole = Object.keys(tensors).filter((name) => !isLowRank(name));
  const trainedEmbedding = config.tiedEmbeddings ? tensors[embeddingOf(config)] : undefined;
  const stored = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}${name}`, tensor]));
  if (trainedEmbedding) stored[`${prefix}${head}`] = trainedEmbedding;
  const replaced = [...new Set([...whole, ...(trainedEmbedding ? [head] : [])].map(moduleOf))];
  const keepTie = trainedEmbedding !== undefined;
  const peft = peftConfig({
    lora,
    baseName: base.name,
    replaced,
    keepTie,
    transposed: linearLayout(config) === "in-out",
  });
  const offprint = { format: offprintFormat, version: offprintVersion, base, ...notes };
  await replaceFolder(folder, async (fresh) => {
    const write = (name: string, text: string) => writeFileAtomic(join(fresh, name), text);
    // "format" tells transformers which framework the numbers are laid out for.
    await writeSafetensors(join(fresh, adapterFiles.tensors), tensorSources(stored), { format: "pt" });
    await write(adapterFiles.peft, jsonText(peft));
    await write(adapterFiles.model, jsonText(config.json));
    await write(adapterFiles.offprint, jsonText(offprint));
    await write(adapterFiles.readme, adapterReadme(basename(folder), base.name, config));
  });
}

const offprintFormat = "offprint-adapter";
const offprintVersion = 1;

const offprintSchema = z.looseObject({
  format: z.literal(offprintFormat),
  version: z.literal(offprintVersion),
  base: z.looseObject({ name: z.string(), fingerprint: fingerprintSchema }),
});

const jsonObject = z.record(z.string(), z.unknown());

/**
 * Reads an adapter, of this program or of PEFT.
 * @param folder the adapter's, or that of a run, whose adapter is in `adapter/`.
 * @throws {AdapterError} naming the file that is missing, damaged or of another kind.
 */
export async function loadAdapter(folder: string): Promise<Adapter> {
  const inside = join(folder, "adapter");
  const path = (await exists(join(folder, adapterFiles.peft)))
    ? folder
    : (await exists(join(inside, adapterFiles.peft)))
      ? inside
      : undefined;
  if (path === undefined) {
    throw new AdapterError(folder, `is no adapter: it holds no ${adapterFiles.peft}; name a folder that PEFT reads`);
  }
  const peftFile = join(path, adapterFiles.peft);
  const peft = await readJson(peftFile, jsonObject);
  const { lora, baseName } = readPeftConfig(peftFile, peft);
  const offprintFile = join(path, adapterFiles.offprint);
  const offprint = (await exists(offprintFile)) ? await readJson(offprintFile, offprintSchema) : undefined;
  const modelFile = join(path, adapterFiles.model);
  const modelConfig = (await exists(modelFile)) ? await readJson(modelFile, jsonObject) : undefined;
  const tensors = await readTensors(join(path, adapterFiles.tensors), lora);
  const adapted = new Set(Object.keys(tensors).filter(isLowRank).map(moduleOf));
  return {
    lora: { ...lora, targets: [...adapted] }, // what PEFT's patterns and lists of layers came to
    tensors,
    modelConfig,
    baseName,
    fingerprint: offprint?.base.fingerprint,
    peft,
    folder: path,
  };
}

async function readTensors(path: string, lora: Omit<LoraConfig, "targets">): Promise<Record<string, HostTensor>> {
  if (!(await exists(path))) throw new AdapterError(path, "is missing: the adapter has no weights");
  await using file = await SafetensorsFile.open(path).catch((cause: unknown) => {
    if (!(cause instanceof SafetensorsError)) throw cause;
    throw new AdapterError(path, `cannot be read: ${cause.message.replace(`${path}: `, "")}; copy it again`, { cause });
  });
  const tensors: Record<string, HostTensor> = {};
  for (const stored of file.tensors.keys()) {
    if (!stored.startsWith(prefix)) throw new AdapterError(path, `holds "${stored}", which does not begin "${prefix}"`);
    const tensor = await file.read(stored);
    const data = storedAsFloat32(tensor);
    if (!data) throw new AdapterError(path, `holds "${stored}" as ${tensor.dtype}; wanted F32, F16 or BF16`);
    tensors[stored.slice(prefix.length)] = hostTensor(data, tensor.shape);
  }
  for (const [name, { shape }] of Object.entries(tensors)) {
    if (!isLowRank(name)) continue;
    const module = moduleOf(name);
    const parts = lowRankNames(module);
    const missing = (lora.dora ? [parts.a, parts.b, parts.magnitude] : [parts.a, parts.b]).find((one) => !tensors[one]);
    if (missing !== undefined) throw new AdapterError(path, `has "${name}" but no "${missing}"`);
    const rank = name === parts.a ? shape[0] : name === parts.b ? shape[1] : lora.rank;
    if (rank !== lora.rank) {
      throw new AdapterError(path, `has "${name}" of rank ${rank}; ${adapterFiles.peft} says r = ${lora.rank}`);
    }
  }
  return tensors;
}

/**
 * Refuses an adapter that was made for another base.
 * @param anyBase trust that the values are those of the same model in another rounding: look at the shapes only.
 * @throws {AnotherBaseError}
 */
export async function checkBase(adapter: Adapter, base: WeightSource, { anyBase = false } = {}): Promise<void> {
  const difference = adapter.fingerprint && !anyBase ? await differenceOf(adapter.fingerprint, base) : undefined;
  if (difference !== undefined) {
    const where = adapter.baseName === undefined ? "" : `; it was trained on ${adapter.baseName}`;
    throw new AnotherBaseError(adapter.folder, `${difference}${where}`);
  }
  if (base.config.tiedEmbeddings) checkTie(adapter, embeddingOf(base.config));
  for (const [name, { shape }] of Object.entries(adapter.tensors)) {
    const target = isLowRank(name) ? `${moduleOf(name)}.weight` : name;
    const wanted = base.shapes[target];
    if (wanted === undefined && !(target === head && base.config.tiedEmbeddings)) {
      throw new AnotherBaseError(adapter.folder, `changes "${target}", which this model does not have`);
    }
    if (wanted && !fits(name, shape, wanted, linearLayout(base.config) === "in-out")) {
      const came = `[${shape.join(", ")}]`;
      throw new AnotherBaseError(
        adapter.folder,
        `has "${name}" of ${came}, made for another "${target}" than this model's [${wanted.join(", ")}]`,
      );
    }
  }
}

/** PEFT unties a head whose embedding it replaces, unless the head is replaced as well. */
function checkTie({ folder, tensors }: Adapter, embedding: string): void {
  const [own, tied] = [tensors[embedding], tensors[head]];
  if (!own && !tied) return;
  if (own && tied && own.data.length === tied.data.length && own.data.every((value, i) => value === tied.data[i]))
    return;
  const came = tied ? `"${head}" of its own` : `"${embedding}" without "${head}"`;
  throw new AnotherBaseError(
    folder,
    `replaces ${came}, but this model's head is its embedding, and stays so here; train with ensure_weight_tying`,
  );
}

/** The name of a model's embedding of tokens. */
const embeddingOf = ({ architecture }: ModelConfig): string =>
  architecture === "gpt2" ? "transformer.wte.weight" : "model.embed_tokens.weight";

function fits(name: string, shape: Shape, weight: Shape, transposed: boolean): boolean {
  const [out, input] = transposed ? [weight[1], weight[0]] : weight;
  const { a, b, magnitude } = lowRankNames(moduleOf(name));
  if (name === a) return shape.length === 2 && shape[1] === input;
  if (name === b) return shape.length === 2 && shape[0] === out;
  if (name === magnitude) return shape.length === 1 && shape[0] === out;
  return shape.length === weight.length && shape.every((length, axis) => length === weight[axis]);
}

/** Whether a tensor is a part of a module's low-rank update rather than a weight of its own. */
export function isLowRank(name: string): boolean {
  return name.endsWith(".lora_A.weight") || name.endsWith(".lora_B.weight") || name.endsWith(".lora_magnitude_vector");
}

/** The names of a module's low-rank update. */
export function lowRankNames(module: string): { readonly a: string; readonly b: string; readonly magnitude: string } {
  return {
    a: `${module}.lora_A.weight`,
    b: `${module}.lora_B.weight`,
    magnitude: `${module}.lora_magnitude_vector`,
  };
}

/** `model.norm.weight` → `model.norm`; `….q_proj.lora_A.weight` → `….q_proj`. */
export function moduleOf(name: string): string {
  return name.replace(/\.lora_magnitude_vector$|(\.lora_[AB])?\.(weight|bias)$/, "");
}

const jsonText = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;

const exists = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(path, "utf8");
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AdapterError(path, "is damaged; copy it again from where the adapter was trained", { cause });
  }
}
