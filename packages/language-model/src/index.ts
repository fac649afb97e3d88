// Load a model
export { loadLanguageModel } from "./load-model.ts";
export {
  hubFilesFolder,
  hubModelFolder,
  type HubDownload,
  type HubOptions,
  type HubSelection,
} from "./hub/hub-folder.ts";
export type { LanguageModel } from "./language-model.ts";
export type { GenerationConfig } from "./generation-config.ts";
export type { WeightInfo } from "./weight-files.ts";
export { createTokenizer, type Tokenizer, type TokenizerSource } from "./tokenizer.ts";
export type { ChatMessage, ChatOptions } from "./chat-template.ts";

// Describe a model
export { readModelConfig, type Architecture, type ModelConfig } from "./config.ts";
export { ropeFrequencies, type RopeConfig } from "./rope.ts";

// Extend its context
export { describeContext, extendContext, type ContextDescription, type ContextExtension } from "./extend-context.ts";

// Save it
export { saveModelFolder, type ModelToSave, type WeightDType } from "./save-model.ts";

// Read 16-bit numbers
export { storedAsFloat32 } from "./half-precision.ts";

// Compute with it
export { createModel } from "./create-model.ts";
export { logitsOf, weightsOf } from "./weights.ts";
export type { Attend, Attended, CausalLanguageModel, ForwardOptions, LinearLayout, Weights } from "./model.ts";

// Generate text
export {
  generate,
  TextGenerator,
  type GenerateOptions,
  type Prompt,
  type TextGeneratorOptions,
} from "./generation/text-generator.ts";
export type { EndReason, Generated, GenerationEvent } from "./generation/sequence.ts";
export type { Candidate, Interception, InterceptLogits, LogitsStep } from "./generation/intercept.ts";
export type { SamplingOptions } from "./generation/sampling.ts";
export { CachedDecoder, type CachedDecoderOptions, type ResidentWeights } from "./generation/cached-decoder.ts";
export { packWeights, type PackedWeights } from "./generation/packed-weights.ts";

// Errors
export { GenerationError } from "./generation/errors.ts";
export { GgufError } from "./gguf/errors.ts";
export { HubError } from "./hub/errors.ts";
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
