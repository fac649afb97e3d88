import { LanguageModelError } from "../errors.ts";

/** A GGUF file that is damaged, or holds what cannot be used here. */
export class GgufError extends LanguageModelError {
  override readonly name = "GgufError";
  readonly code = "GGUF";
  readonly path: string;
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options);
    this.path = path;
  }
}
