import { KgeError } from "../errors.ts";

/** A question that cannot be answered as it was put. */
export class QuestionError extends KgeError {
  override readonly name = "QuestionError";
  readonly code = "QUESTION";
}

/** @throws {QuestionError} unless `count` is a whole number of at least 1. */
export function requireCount(name: string, count: number): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new QuestionError(`${name}: wanted a whole number of at least 1; ${count} came`);
  }
}
