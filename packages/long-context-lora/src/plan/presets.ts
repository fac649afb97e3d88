import { readModelConfig, type ModelConfig } from "@offprint/language-model";

/** What a config.json says of sizes, shorter: hidden, layers, heads, key-value heads, feed-forward, vocabulary, context. */
type Sizes = readonly [number, number, number, number, number, number, number, tied?: "tied"];

/** Published sizes, so that a plan needs no download. */
const llamas: Readonly<Record<string, Sizes>> = {
  stories260k: [64, 5, 8, 4, 172, 512, 512, "tied"],
  "smollm2-135m": [576, 30, 9, 3, 1536, 49152, 8192, "tied"],
  "smollm2-360m": [960, 32, 15, 5, 2560, 49152, 8192, "tied"],
  "smollm2-1.7b": [2048, 24, 32, 32, 8192, 49152, 8192, "tied"],
  "tinyllama-1.1b": [2048, 22, 32, 4, 5632, 32000, 2048],
  "llama-7b": [4096, 32, 32, 32, 11008, 32000, 2048],
  "llama2-7b": [4096, 32, 32, 32, 11008, 32000, 4096],
  "llama2-13b": [5120, 40, 40, 40, 13824, 32000, 4096],
  "llama2-70b": [8192, 80, 64, 8, 28672, 32000, 4096],
  "llama3-8b": [4096, 32, 32, 8, 14336, 128256, 8192],
  "mistral-7b": [4096, 32, 32, 8, 14336, 32000, 32768],
};

/** Names of models whose sizes are known without a file. */
export const presetNames: readonly string[] = Object.keys(llamas);

/** The sizes of a well-known model; undefined for another name. */
export function presetConfig(name: string): ModelConfig | undefined {
  const sizes = llamas[name.toLowerCase()];
  if (sizes === undefined) return undefined;
  const [hidden, layers, heads, kvHeads, feedForward, vocabulary, context, tied] = sizes;
  return readModelConfig(
    {
      model_type: "llama",
      hidden_size: hidden,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: kvHeads,
      intermediate_size: feedForward,
      vocab_size: vocabulary,
      max_position_embeddings: context,
      tie_word_embeddings: tied === "tied",
    },
    name,
  );
}
