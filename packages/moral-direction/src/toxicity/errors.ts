import { MoralDirectionError } from "../errors.ts";

/** A row, file or column that a toxicity model was to be trained on is not fit for it. */
export class ToxicityDataError extends MoralDirectionError {
  override readonly name = "ToxicityDataError";
  readonly code = "TOXICITY_DATA";
}

/** What was named as a toxicity measure is none that can be opened. */
export class ToxicityModelError extends MoralDirectionError {
  override readonly name = "ToxicityModelError";
  readonly code = "TOXICITY_MODEL";
  readonly source: string;
  constructor(source: string, reason: string, options?: ErrorOptions) {
    super(`toxicity measure ${source}: ${reason}`, options);
    this.source = source;
  }
}

/** A toxicity service did not answer, or not with scores. */
export class ToxicityServiceError extends MoralDirectionError {
  override readonly name = "ToxicityServiceError";
  readonly code = "TOXICITY_SERVICE";
  override readonly exitCode = 1;
  readonly url: string;
  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`toxicity service ${url}: ${reason}`, options);
    this.url = url;
  }
}
