/** Base of every error this package throws on purpose; `code` is stable and meant for programs. */
export abstract class TrainingError extends Error {
  abstract readonly code: string;
}

/** An option has a value outside its range. */
export class InvalidOptionError extends TrainingError {
  override readonly name = "InvalidOptionError";
  readonly code = "INVALID_OPTION";
  readonly option: string;
  readonly value: unknown;

  constructor(option: string, value: unknown, wanted: string) {
    super(`${option} is ${String(value)}; it must be ${wanted}`);
    this.option = option;
    this.value = value;
  }
}

/** Throws unless `value` is an integer of at least `least`. */
export function requireInteger(option: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InvalidOptionError(option, value, `a whole number of at least ${least}`);
  }
}

/** Throws unless `value` is finite and `accept` holds for it; `wanted` says in words what `accept` asks for. */
export function requireNumber(option: string, value: number, wanted: string, accept: (value: number) => boolean): void {
  if (!Number.isFinite(value) || !accept(value)) throw new InvalidOptionError(option, value, wanted);
}
