import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { loadLanguageModel, saveModelFolder, type WeightDType } from "@offprint/language-model";
import type { Engine } from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import { indexOfGreatest, type EvaluatedModel } from "../evaluation/evaluated-model.ts";
import { openForEvaluation, programTensors, type ModelWithAdapter } from "../evaluation/open-model.ts";
import { linearLayout } from "../lora.ts";
import { weightSource } from "./base-fingerprint.ts";
import { MergeCheckError } from "./errors.ts";
import { mergeWeight } from "./merge-weights.ts";

export interface MergeOptions {
  /** Element type of the written weights; default that of the base's file, float32 for a quantised one. */
  readonly dtype?: WeightDType | undefined;
  readonly engine?: Engine | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What was written, and how far it is from base and adapter. */
export interface MergeReport {
  readonly out: string;
  readonly dtype: WeightDType;
  readonly weights: number;
  readonly bytes: number;
  readonly contextLength: number;
  /** Of logits of base and adapter against the file as read again, over 48 tokens. */
  readonly check: LogitDifference & { readonly allowed: number };
}

/** How far logits are apart. */
export interface LogitDifference {
  /** Greatest, in logits. */
  readonly greatest: number;
  /** The same in standard deviations of the logits. */
  readonly relative: number;
  /** Share of the places at which both prefer the same token. */
  readonly agreement: number;
}

/**
 * What rounding the weights may do to a logit, in standard deviations of the logits. On stories260K float32 does about 1e-6.
 * A forgotten matrix or other positions do more than 1.
 */
const allowedDifference: Readonly<Record<WeightDType, number>> = { float32: 1e-3, float16: 0.05, bfloat16: 0.4 };

/**
 * Writes base and adapter as one model that needs neither: a Hugging Face folder with the config of the extended model, its
 * `rope_scaling` included. One weight is in memory at a time. The folder is read again and its logits are compared.
 * @throws {MergeCheckError} when they differ by more than rounding: then nothing is kept.
 * @throws {ModelSourceError} when `out` holds something already.
 */
export async function mergeAdapter(
  opened: ModelWithAdapter & { readonly adapter: NonNullable<ModelWithAdapter["adapter"]> },
  out: string,
  options: MergeOptions = {},
): Promise<MergeReport> {
  const { language, adapter, config } = opened;
  const { signal, onProgress, engine } = options;
  const dtype = options.dtype ?? storedTypeOf(language.weightInfo);
  const source = weightSource(language);
  const changes = { lora: adapter.lora, tensors: programTensors(adapter, source.shapes) };
  const names = Object.keys(source.shapes);
  let done = 0;
  const weights = names.map((name) => {
    const merged = async () => {
      signal?.throwIfAborted();
      const weight = mergeWeight(name, await source.readWeight(name), changes, linearLayout(config));
      onProgress?.(++done, names.length);
      return weight;
    };
    return [name, merged] as const;
  });
  await saveModelFolder(out, { config, weights: Object.fromEntries(weights), dtype, like: language });
  try {
    const check = await compareWithFolder(opened, out, engine, signal);
    const allowed = allowedDifference[dtype];
    if (!(check.relative <= allowed)) throw new MergeCheckError(out, check.relative, allowed);
    const { size: bytes } = await stat(join(out, "model.safetensors"));
    const { contextLength } = config;
    return { out, dtype, weights: names.length, bytes, contextLength, check: { ...check, allowed } };
  } catch (error) {
    await rm(out, { recursive: true, force: true });
    throw error;
  }
}

function storedTypeOf(info: Readonly<Record<string, { readonly dtype: string }>>): WeightDType {
  const stored = new Set(Object.values(info).map(({ dtype }) => dtype));
  if (stored.size !== 1) return "float32";
  return stored.has("F16") ? "float16" : stored.has("BF16") ? "bfloat16" : "float32";
}

/** Logits of base and adapter, and of a model's folder, on the same tokens; one after the other. */
async function compareWithFolder(
  opened: ModelWithAdapter,
  folder: string,
  engine?: Engine,
  signal?: AbortSignal,
): Promise<LogitDifference> {
  const { vocabularySize } = opened.config;
  const length = Math.min(48, opened.config.contextLength);
  const random = RandomStream.create(0, "merge");
  const ids = Int32Array.from({ length }, () => Math.floor(random.uniform() * vocabularySize));
  const places = Int32Array.from({ length }, (_, i) => i);
  const logitsOf = async (model: EvaluatedModel): Promise<Float32Array> => {
    try {
      return await model.logits(ids, places, signal);
    } finally {
      await model.dispose();
    }
  };
  const wanted = await logitsOf(await openForEvaluation(opened, { engine }));
  const language = await loadLanguageModel(folder);
  const merged = { language, adapter: undefined, config: language.config };
  const found = await logitsOf(await openForEvaluation(merged, { engine }));
  return differenceOfLogits(wanted, found, vocabularySize);
}

/** @param wanted `[places, vocabulary]`, as `found`. */
export function differenceOfLogits(wanted: Float32Array, found: Float32Array, vocabulary: number): LogitDifference {
  let [sum, squares, greatest, agreeing] = [0, 0, 0, 0];
  for (const [i, value] of wanted.entries()) {
    const difference = Math.abs(value - found[i]!);
    if (!(difference <= greatest)) greatest = difference; // also when it is no number
    [sum, squares] = [sum + value, squares + value * value];
  }
  const places = wanted.length / vocabulary;
  for (let place = 0; place < places; place++) {
    const row = (logits: Float32Array) => logits.subarray(place * vocabulary, (place + 1) * vocabulary);
    if (indexOfGreatest(row(wanted)) === indexOfGreatest(row(found))) agreeing++;
  }
  const deviation = Math.sqrt(squares / wanted.length - (sum / wanted.length) ** 2);
  return { greatest, relative: greatest / deviation, agreement: agreeing / places };
}
