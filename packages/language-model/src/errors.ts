/** Every error this package throws on purpose; `code` is stable for programs to read. */
export abstract class LanguageModelError extends Error {
  abstract readonly code: string;
  /** Of the command that it ends: 2 says that what was given is at fault. */
  readonly exitCode: number = 2;
}

/** A model's config.json says something that cannot be, or cannot be used here. */
export class ModelConfigError extends LanguageModelError {
  override readonly name = "ModelConfigError";
  readonly code = "MODEL_CONFIG";
  /** Where the settings came from. */
  readonly where: string;
  constructor(where: string, problem: string, options?: ErrorOptions) {
    super(`${where}: ${problem}`, options);
    this.where = where;
  }
}

/** The model is of a kind that has no implementation here. */
export class UnsupportedArchitectureError extends LanguageModelError {
  override readonly name = "UnsupportedArchitectureError";
  readonly code = "UNSUPPORTED_ARCHITECTURE";
  readonly where: string;
  readonly architecture: string;
  constructor(where: string, architecture: string, supported: readonly string[]) {
    super(`${where}: the architecture "${architecture}" is not supported; there is ${supported.join(", ")}`);
    this.where = where;
    this.architecture = architecture;
  }
}

/** A model asked for a weight that it was not given. */
export class MissingWeightError extends LanguageModelError {
  override readonly name = "MissingWeightError";
  readonly code = "MISSING_WEIGHT";
  readonly weight: string;
  constructor(weight: string, present: readonly string[]) {
    super(`no weight "${weight}" among the ${present.length} given, which begin with ${present[0] ?? "nothing"}`);
    this.weight = weight;
  }
}

/** A context that the model cannot be run at, or extended to. */
export class ContextError extends LanguageModelError {
  override readonly name = "ContextError";
  readonly code = "CONTEXT";
}

/** A model's weights are not what its config says, or cannot be read. */
export class WeightFileError extends LanguageModelError {
  override readonly name = "WeightFileError";
  readonly code = "WEIGHT_FILE";
  readonly path: string;
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options);
    this.path = path;
  }
}

/** A model cannot be found, or a file of it is missing or not what it should be. */
export class ModelSourceError extends LanguageModelError {
  override readonly name = "ModelSourceError";
  readonly code = "MODEL_SOURCE";
  readonly source: string;
  constructor(source: string, problem: string, options?: ErrorOptions) {
    super(`${source}: ${problem}`, options);
    this.source = source;
  }
}

/** A tokenizer cannot be read, or does not fit its model. */
export class TokenizerError extends LanguageModelError {
  override readonly name = "TokenizerError";
  readonly code = "TOKENIZER";
  readonly where: string;
  constructor(where: string, problem: string, options?: ErrorOptions) {
    super(`${where}: ${problem}`, options);
    this.where = where;
  }
}

/** A chat template refused the messages, or cannot be run. */
export class ChatTemplateError extends LanguageModelError {
  override readonly name = "ChatTemplateError";
  readonly code = "CHAT_TEMPLATE";
}
