/** A small Llama with an adapter, for tests. */
import { createModel, readModelConfig, type ModelConfig } from "@offprint/language-model";
import { elementCount, hostTensor, type HostTensor, type Shape } from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import { adapterShapes, type LoraConfig } from "../lora.ts";
import { fingerprintOf, type WeightSource } from "./base-fingerprint.ts";
import type { AdapterToSave } from "./adapter.ts";

const json = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  vocab_size: 29,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
};

/** Normal numbers of a standard deviation, from a stream of the tensor's own name. */
export function randomTensors(
  shapes: Readonly<Record<string, Shape>>,
  seed: number,
  deviation = 0.3,
): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const values = RandomStream.create(seed, name).fillUniform(new Float32Array(elementCount(shape)), -1, 1);
      return [
        name,
        hostTensor(
          values.map((value) => value * deviation * Math.sqrt(3)),
          shape,
        ),
      ];
    }),
  );
}

export interface ToyModel extends WeightSource {
  readonly weights: Readonly<Record<string, HostTensor>>;
}

/** A two-layer Llama of a few thousand numbers. */
export function toyModel(changes: Readonly<Record<string, unknown>> = {}, seed = 1): ToyModel {
  const config: ModelConfig = readModelConfig({ ...json, ...changes }, "toy");
  const { shapes } = createModel(config);
  const weights = randomTensors(shapes, seed);
  return {
    config,
    shapes,
    weights,
    readWeight: async (name) => {
      const tensor = weights[name];
      if (!tensor) throw new Error(`no weight ${name}`);
      return tensor;
    },
  };
}

export const toyLora: LoraConfig = {
  rank: 3,
  alpha: 6,
  dropout: 0,
  targets: ["q_proj", "v_proj"],
  rankStabilised: false,
  dora: false,
};

/** An adapter with all parts away from where training begins: embedding and norms too. */
export async function toyAdapter(base: ToyModel, lora: LoraConfig = toyLora): Promise<AdapterToSave> {
  const lowRank = randomTensors(adapterShapes(createModel(base.config), lora), 7);
  const whole = Object.fromEntries(Object.entries(base.shapes).filter(([name]) => /embed|norm/.test(name)));
  const magnitudes = Object.entries(lowRank).map(([name, { data, shape }]) => {
    const positive = name.endsWith("_vector") ? (data as Float32Array).map((value) => 1 + Math.abs(value)) : data;
    return [name, hostTensor(positive, shape)] as const;
  });
  return {
    config: base.config,
    lora,
    tensors: { ...Object.fromEntries(magnitudes), ...randomTensors(whole, 8) },
    base: { name: "bases/toy", fingerprint: await fingerprintOf(base) },
  };
}
