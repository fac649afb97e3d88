import { readModelConfig, type ModelConfig } from "./config.ts";
import { ContextError } from "./errors.ts";
import { ropeFrequencies, type RopeConfig } from "./rope.ts";

/** Ways to read positions beyond those trained on. */
export type ContextExtension = "linear" | "dynamic" | "yarn";

/**
 * The same model with positions scaled so that it reads `target` tokens. Factors compose: they count from the context the
 * model was *first* trained at, so a base of 4,096 with factor 8 taken to 65,536 gets factor 16.
 *
 * | base | what is done |
 * | --- | --- |
 * | unscaled | `kind`, by default linear: the whole factor ⌈target / L⌉ of the paper; dynamic and YaRN take target / L |
 * | linear, dynamic, YaRN | the same kind with the factor for the target |
 * | llama3 | llama3's own factor times ⌈target / context⌉: its high frequencies need no stretching |
 *
 * Another kind than the base's own cannot be written as one config that other programs read, and is refused; so is LongRoPE,
 * whose divisors were searched for one length. `max_position_embeddings` stays with linear and dynamic scaling (programs
 * multiply it by the factor) and becomes the new context with the others.
 * @param target tokens; up to the context that the model has already, nothing changes.
 * @throws {ContextError} when it cannot be done; the sentence says what can.
 */
export function extendContext(config: ModelConfig, target: number, kind?: ContextExtension): ModelConfig {
  if (!Number.isSafeInteger(target) || target < 1)
    throw new ContextError(`a context is a whole number of tokens, 1 or more; got ${target}`);
  if (target <= config.contextLength) return config;
  const { rope, json } = config;
  if (!rope) {
    throw new ContextError(
      `this ${config.architecture} has learned ${config.contextLength} positions, which no factor extends; ` +
        "take a model with rotary positions, a Llama for instance",
    );
  }
  const window = json["sliding_window"];
  if (config.architecture === "mistral" && typeof window === "number" && window < target) {
    throw new ContextError(
      `${target} tokens exceed this Mistral's sliding window of ${window}, which is not supported; ` +
        "set sliding_window to null in config.json to extend it with full attention",
    );
  }
  const { scaling, maximum } = scaled(rope, config, target, kind);
  // Both spellings of the kind: transformers before 4.43 reads only the shorter one.
  const settings = { rope_type: scaling.kind, type: scaling.kind, ...scaling.settings };
  const { rope_scaling: older, rope_parameters: newer, ...rest } = json;
  const isNewer = typeof newer === "object" && newer !== null;
  const { type: _type, ...spelled } = settings;
  const written = isNewer
    ? { rope_parameters: { ...newer, ...spelled } }
    : { rope_scaling: { ...asObject(older), ...settings } };
  return readModelConfig({ ...rest, max_position_embeddings: maximum, ...written }, "the extended config");
}

interface Scaled {
  readonly scaling: { readonly kind: string; readonly settings: Readonly<Record<string, unknown>> };
  /** The new `max_position_embeddings`. */
  readonly maximum: unknown;
}

function scaled(rope: RopeConfig, config: ModelConfig, target: number, wanted?: ContextExtension): Scaled {
  const { originalContext } = rope;
  const maximum = config.json["max_position_embeddings"];
  const kind = wanted ?? (rope.kind === "default" ? "linear" : rope.kind);
  if (rope.kind === "longrope") {
    throw new ContextError(
      `this model's LongRoPE divisors were searched for ${config.contextLength} tokens and cannot be stretched to ${target}; ` +
        "stay within its context, or take a base without LongRoPE",
    );
  }
  if (rope.kind !== "default" && kind !== rope.kind) {
    throw new ContextError(
      `this model scales its positions by ${rope.kind} already, and ${kind} cannot be put on top of it; ` +
        `leave the kind out to go on with ${rope.kind}, or name a base without scaling`,
    );
  }
  switch (kind) {
    case "linear":
      return { scaling: { kind, settings: { factor: Math.ceil(target / originalContext) } }, maximum };
    case "dynamic":
      return { scaling: { kind, settings: { factor: target / originalContext } }, maximum };
    case "yarn": {
      const settings = { factor: target / originalContext, original_max_position_embeddings: originalContext };
      return { scaling: { kind, settings }, maximum: target };
    }
    default: {
      const times = Math.ceil(target / config.contextLength);
      const factor = (rope.kind === "llama3" ? rope.factor : 1) * times;
      return { scaling: { kind, settings: { factor } }, maximum: config.contextLength * times };
    }
  }
}

const asObject = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});

/** How far a model reads, and at what price: for people before a run. */
export interface ContextDescription {
  readonly kind: RopeConfig["kind"] | "learned";
  /** Tokens that the model was first trained at. */
  readonly original: number;
  /** By how much its positions are stretched. */
  readonly factor: number;
  /** Tokens that it reads. */
  readonly effective: number;
  /** What the scaling does to texts that would have fitted without it. */
  readonly shortInputs: string;
  /** All of it in a sentence or two. */
  readonly text: string;
}

export function describeContext({ rope, contextLength, headSize }: ModelConfig): ContextDescription {
  const kind = rope?.kind ?? "learned";
  const original = rope?.originalContext ?? contextLength;
  const factor = rope && "factor" in rope ? rope.factor : 1;
  const shortInputs = rope ? shortInputsOf(rope, headSize, contextLength) : "are read as they were in training";
  const tokens = (count: number) => `${count.toLocaleString("en")} tokens`;
  const text =
    factor === 1
      ? `context ${tokens(contextLength)}, positions not scaled`
      : `context ${tokens(contextLength)}: ${tokens(original)} originally, ${kind} positions by factor ${Number(factor.toFixed(4))}; short inputs ${shortInputs}`;
  return { kind, original, factor, effective: contextLength, shortInputs, text };
}

function shortInputsOf(rope: RopeConfig, headSize: number, length: number): string {
  const times = Number(ropeFrequencies(rope, headSize, length).attentionFactor.toFixed(4));
  switch (rope.kind) {
    case "linear":
      return "are squeezed by the same factor, and get worse until the model is trained at it";
    case "dynamic":
      return `stay as they are up to ${rope.originalContext} tokens; beyond, the angles depend on the length, which does not suit training`;
    case "yarn":
      return `keep their high frequencies, have low ones stretched, and cosines and sines times ${times}`;
    case "llama3":
      return "keep their high frequencies and have low ones stretched, as at every length";
    case "longrope":
      return `up to ${rope.originalContext} tokens use divisors of their own; cosines and sines times ${times}`;
    default:
      return "are read as they were in training";
  }
}
