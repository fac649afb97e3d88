import { MoralDirectionError } from "../errors.ts";

/** An option of guidance is out of its range. */
export class GuidanceOptionError extends MoralDirectionError {
  override readonly name = "GuidanceOptionError";
  readonly code = "GUIDANCE_OPTION";
  readonly option: string;
  constructor(option: string, value: unknown, wanted: string) {
    super(`guidance: ${option} is ${String(value)}; it must be ${wanted}`);
    this.option = option;
  }
}

/** A candidate's text could not be scored, so that nobody can say whether it may come. */
export class GuidanceScoreError extends MoralDirectionError {
  override readonly name = "GuidanceScoreError";
  readonly code = "GUIDANCE_SCORE";
  readonly direction: string;
  constructor(direction: string, problem: string) {
    super(
      `guidance: wanted a number for each text from the direction "${direction}", ${problem}; ` +
        "look at the encoder's and the direction's files",
    );
    this.direction = direction;
  }
}

/** A model gave logits among which no token can be chosen. */
export class GuidanceLogitsError extends MoralDirectionError {
  override readonly name = "GuidanceLogitsError";
  readonly code = "GUIDANCE_LOGITS";
  constructor(largest: number) {
    super(`guidance: wanted finite logits, the largest of the model's is ${largest}; look at the model's weights`);
  }
}
