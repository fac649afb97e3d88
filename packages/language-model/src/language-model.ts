import type { HostTensor } from "@offprint/tensor";
import type { ModelConfig } from "./config.ts";
import { createModel } from "./create-model.ts";
import { TokenizerError } from "./errors.ts";
import type { GenerationConfig } from "./generation-config.ts";
import type { CausalLanguageModel } from "./model.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { WeightInfo } from "./weight-files.ts";

/** A model with its tokenizer, its weights still on disk. */
export interface LanguageModel {
  /** For people: the folder's or file's name, or the hub id. */
  readonly name: string;
  readonly config: ModelConfig;
  readonly model: CausalLanguageModel;
  readonly tokenizer: Tokenizer;
  readonly generation: GenerationConfig;
  /** How each weight is stored. */
  readonly weightInfo: Readonly<Record<string, WeightInfo>>;
  /** The folder that it was read from, where it was one. */
  readonly folder?: string;
  /** Weights as float32, by default all of them. They are read anew at each call and kept by nobody here. */
  readWeights(names?: readonly string[]): Promise<Record<string, HostTensor>>;
}

/** What a source of models has to bring. */
export interface ModelParts extends Omit<LanguageModel, "model"> {
  /** Where the tokenizer came from, named in errors. */
  readonly tokenizerWhere: string;
}

/** A language model from its parts. @throws {TokenizerError} when the tokenizer knows ids that the embedding lacks. */
export function languageModel({ tokenizerWhere, ...parts }: ModelParts): LanguageModel {
  const { config, tokenizer } = parts;
  if (tokenizer.size > config.vocabularySize) {
    throw new TokenizerError(
      tokenizerWhere,
      `knows ids up to ${tokenizer.size - 1}, the model's embedding ends at ${config.vocabularySize - 1}; ` +
        "take the tokenizer that belongs to this model, or remove the added tokens beyond it",
    );
  }
  return { ...parts, model: createModel(config) };
}
