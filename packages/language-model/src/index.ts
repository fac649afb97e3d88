// Describe a model
export { readModelConfig, type Architecture, type ModelConfig } from "./config.ts";
export { ropeFrequencies, type RopeConfig } from "./rope.ts";

// Compute with it
export { createModel } from "./create-model.ts";
export { logitsOf, weightsOf } from "./weights.ts";
export type { Attend, Attended, CausalLanguageModel, ForwardOptions, LinearLayout, Weights } from "./model.ts";

// Errors
export {
  ContextError,
  LanguageModelError,
  MissingWeightError,
  ModelConfigError,
  UnsupportedArchitectureError,
} from "./errors.ts";
