import type { ModelConfig } from "./config.ts";
import { gpt2 } from "./gpt2.ts";
import { llama } from "./llama.ts";
import type { CausalLanguageModel } from "./model.ts";

/** The model that a config describes, without weights. */
export function createModel(config: ModelConfig): CausalLanguageModel {
  return config.rope ? llama(config, config.rope) : gpt2(config);
}
