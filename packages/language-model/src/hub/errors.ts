import { LanguageModelError } from "../errors.ts";

/** A model cannot be had from the hub. */
export class HubError extends LanguageModelError {
  override readonly name = "HubError";
  readonly code = "HUB";
  readonly id: string;
  constructor(id: string, problem: string, options?: ErrorOptions) {
    super(`${id}: ${problem}`, options);
    this.id = id;
  }
}
