import { LongLoraError } from "../errors.ts";

/** Settings that exclude one another, or do not fit the model. */
export class FineTuneSettingsError extends LongLoraError {
  override readonly name = "FineTuneSettingsError";
  readonly code = "FINE_TUNE_SETTINGS";
}

/** Tokens would see later ones, so that the training loss would mean nothing. */
export class LeakError extends LongLoraError {
  override readonly name = "LeakError";
  readonly code = "LEAK";
  readonly attention: string;
  constructor(attention: string, found: string) {
    super(
      `attention ${attention} is not causal: ${found}. What is learned so is not there when the model is used; choose s2, ` +
        "or pass --allow-leak for an ablation",
    );
    this.attention = attention;
  }
}

/** `--resume` was given data or settings other than those the run was started with, or nothing is left to do. */
export class ResumeError extends LongLoraError {
  override readonly name = "ResumeError";
  readonly code = "RESUME";
}
