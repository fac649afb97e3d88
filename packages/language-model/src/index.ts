// Load a model
export { loadLanguageModel } from "./load-model.ts";
export type { LanguageModel } from "./language-model.ts";
export type { GenerationConfig } from "./generation-config.ts";
export type { WeightInfo } from "./weight-files.ts";
export type { Tokenizer } from "./tokenizer.ts";
export type { ChatMessage, ChatOptions } from "./chat-template.ts";

// Describe a model
export { readModelConfig, type Architecture, type ModelConfig } from "./config.ts";
export { ropeFrequencies, type RopeConfig } from "./rope.ts";

// Compute with it
export { createModel } from "./create-model.ts";
export { logitsOf, weightsOf } from "./weights.ts";
export type { Attend, Attended, CausalLanguageModel, ForwardOptions, LinearLayout, Weights } from "./model.ts";

// Errors
export {
  ChatTemplateError,
  ContextError,
  LanguageModelError,
  MissingWeightError,
  ModelConfigError,
  ModelSourceError,
  TokenizerError,
  UnsupportedArchitectureError,
  WeightFileError,
} from "./errors.ts";
