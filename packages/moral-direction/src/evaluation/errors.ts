import { MoralDirectionError } from "../errors.ts";

/** What an evaluation was given cannot be evaluated. */
export class EvaluationInputError extends MoralDirectionError {
  override readonly name = "EvaluationInputError";
  readonly code = "EVALUATION_INPUT";
}

/** A run cannot be gone on with as it was asked. */
export class EvaluationResumeError extends MoralDirectionError {
  override readonly name = "EvaluationResumeError";
  readonly code = "EVALUATION_RESUME";
}
