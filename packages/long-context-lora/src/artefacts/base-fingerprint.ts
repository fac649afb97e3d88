/** By what an adapter knows the model it was made for. */
import { createHash } from "node:crypto";
import type { LanguageModel, ModelConfig } from "@offprint/language-model";
import { elementCount, type HostTensor, type Shape } from "@offprint/tensor";
import { z } from "zod";

/** Values of a tensor that are hashed, from its beginning: enough to tell trainings apart, little to read. */
const hashedValues = 65_536;
const hashedTensors = 4;

/** Sizes of a model and digests of some of its weights as float32. */
export interface BaseFingerprint {
  readonly architecture: string;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly vocabularySize: number;
  /** Numbers in all weights together. */
  readonly parameters: number;
  /** SHA-256 of the first 65,536 values of some tensors, by their names. */
  readonly tensors: Readonly<Record<string, string>>;
}

/** Reads a fingerprint; fields that this version does not know are kept. */
export const fingerprintSchema: z.ZodType<BaseFingerprint> = z.looseObject({
  architecture: z.string(),
  layers: z.number(),
  hiddenSize: z.number(),
  vocabularySize: z.number(),
  parameters: z.number(),
  tensors: z.record(z.string(), z.string()),
});

/** A model's weights, read one at a time. */
export interface WeightSource {
  readonly config: ModelConfig;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** As float32. */
  readWeight(name: string): Promise<HostTensor>;
}

/** A model's weights as they are asked for. */
export function weightSource(language: LanguageModel): WeightSource {
  return {
    config: language.config,
    shapes: language.model.shapes,
    async readWeight(name) {
      const { [name]: tensor } = await language.readWeights([name]);
      if (!tensor) throw new TypeError(`internal: no weight ${name}`);
      return tensor;
    },
  };
}

/** The fingerprint of a model. */
export async function fingerprintOf(base: WeightSource): Promise<BaseFingerprint> {
  const { architecture, layers, hiddenSize, vocabularySize } = base.config;
  const names = Object.keys(base.shapes).toSorted();
  const chosen = Array.from({ length: Math.min(hashedTensors, names.length) }, (_, i) => {
    return names[Math.floor((i * names.length) / hashedTensors)] ?? "";
  });
  const tensors: Record<string, string> = {};
  for (const name of new Set(chosen)) tensors[name] = digestOf(await base.readWeight(name));
  const parameters = Object.values(base.shapes).reduce((sum, shape) => sum + elementCount(shape), 0);
  return { architecture, layers, hiddenSize, vocabularySize, parameters, tensors };
}

/** What tells two models apart, as the end of a sentence; nothing when they are the same. */
export async function differenceOf(wanted: BaseFingerprint, base: WeightSource): Promise<string | undefined> {
  const found = await fingerprintOf(base);
  const sizes = ["architecture", "layers", "hiddenSize", "vocabularySize", "parameters"] as const;
  const other = sizes.filter((size) => wanted[size] !== found[size]);
  if (other.length > 0) {
    const listed = (of: BaseFingerprint) => other.map((size) => `${size} ${of[size]}`).join(", ");
    return `was made for a model with ${listed(wanted)}; this one has ${listed(found)}`;
  }
  const names = Object.keys(wanted.tensors).filter((name) => name in base.shapes);
  for (const name of names) {
    if ((found.tensors[name] ?? digestOf(await base.readWeight(name))) !== wanted.tensors[name])
      return `was made for a model of the same sizes with other values in "${name}": another training, or another rounding, of it`;
  }
  return undefined;
}

function digestOf({ data }: HostTensor): string {
  const values = data.subarray(0, hashedValues);
  return createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");
}
