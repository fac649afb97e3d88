import { elementCount, hostTensor, type HostTensor } from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import { readModelConfig } from "../config.ts";
import { createModel } from "../create-model.ts";
import type { CausalLanguageModel } from "../model.ts";

const sizes = {
  llama: {
    model_type: "llama",
    vocab_size: 41,
    hidden_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 6,
    num_key_value_heads: 2,
    intermediate_size: 40,
    max_position_embeddings: 600,
  },
  gpt2: { model_type: "gpt2", vocab_size: 41, n_embd: 24, n_head: 3, n_layer: 2, n_positions: 600 },
};

/** For tests: a small model with random weights. */
export function randomModel(
  kind: keyof typeof sizes,
  settings: Readonly<Record<string, unknown>> = {},
): { readonly model: CausalLanguageModel; readonly weights: Readonly<Record<string, HostTensor>> } {
  const model = createModel(readModelConfig({ ...sizes[kind], ...settings }, "test"));
  const weights = Object.entries(model.shapes).map(([name, shape]) => {
    const values = RandomStream.create(1, name).fillNormal(new Float32Array(elementCount(shape)), 0, 0.3);
    return [name, hostTensor(name.includes("norm") || name.includes("ln_") ? values.map((x) => 1 + x) : values, shape)];
  });
  return { model, weights: Object.fromEntries(weights) as Record<string, HostTensor> };
}
