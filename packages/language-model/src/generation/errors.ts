import { LanguageModelError } from "../errors.ts";

/** Text cannot be generated as asked. */
export class GenerationError extends LanguageModelError {
  override readonly name = "GenerationError";
  readonly code = "GENERATION";
}
