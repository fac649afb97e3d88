import { LongLoraError } from "../errors.ts";

/** What was given cannot be evaluated. */
export class EvaluationInputError extends LongLoraError {
  override readonly name = "EvaluationInputError";
  readonly code = "EVALUATION_INPUT";
}

/** The model gave a loss that is no number. */
export class NonFiniteLossError extends LongLoraError {
  override readonly name = "NonFiniteLossError";
  readonly code = "NON_FINITE_LOSS";
  override readonly exitCode = 1;
  constructor(place: string, value: number) {
    super(
      `the loss at ${place} is ${value}: the weights have diverged or are damaged; go back to an earlier checkpoint`,
    );
  }
}
