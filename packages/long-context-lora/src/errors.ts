/** Every error this package throws on purpose; `code` is stable for programs to read. */
export abstract class LongLoraError extends Error {
  abstract readonly code: string;
  /** Of the command that it ends: 2 says that what was given is at fault. */
  readonly exitCode: number = 2;
}

/** An attention that cannot be had at this length. */
export class InvalidAttentionError extends LongLoraError {
  override readonly name = "InvalidAttentionError";
  readonly code = "INVALID_ATTENTION";
  readonly kind: string;
  constructor(kind: string, wanted: string, came: string, advice: string) {
    super(`attention ${kind}: wanted ${wanted}, got ${came}; ${advice}`);
    this.kind = kind;
  }
}

/** An adapter is wanted where the model has no linear layer. */
export class LoraTargetError extends LongLoraError {
  override readonly name = "LoraTargetError";
  readonly code = "LORA_TARGET";
  readonly target: string;
  constructor(target: string, layers: readonly string[]) {
    super(`no linear layer's name ends with "${target}"; there are ${layers.join(", ")}: name one of them as a target`);
    this.target = target;
  }
}

/** Changing tokens changed nothing, so that nothing is proven about who sees whom. */
export class CausalityUnprovenError extends LongLoraError {
  override readonly name = "CausalityUnprovenError";
  readonly code = "CAUSALITY_UNPROVEN";
  constructor(step: string, length: number) {
    super(
      `causality: wanted the ${step} of ${length} tokens to move when the tokens change, got the same values; ` +
        "the weights are zero or not finite: look at the model's files",
    );
  }
}
