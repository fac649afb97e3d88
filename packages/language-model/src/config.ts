import { ModelConfigError, UnsupportedArchitectureError } from "./errors.ts";
import { readRope } from "./rope-config.ts";
import type { RopeConfig } from "./rope.ts";
import { Settings } from "./settings.ts";

/** Model families with a file here, by `model_type`. Mistral is computed by Llama's file. */
export type Architecture = "llama" | "mistral" | "gpt2";

/** A model's sizes and settings. */
export interface ModelConfig {
  readonly architecture: Architecture;
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Key-value heads: fewer than `heads` in grouped-query attention. */
  readonly kvHeads: number;
  /** Numbers a head. */
  readonly headSize: number;
  /** Width of the feed-forward part. */
  readonly intermediateSize: number;
  /** Tokens that the model reads with its position settings as they are. */
  readonly contextLength: number;
  /** Added under the root of a normalisation. */
  readonly normEpsilon: number;
  /** Whether the embedding is also the output matrix. */
  readonly tiedEmbeddings: boolean;
  /** Whether the attention's four projections have biases (Llama). */
  readonly attentionBias: boolean;
  /** Whether the feed-forward part's projections have biases (Llama). */
  readonly mlpBias: boolean;
  /** Rotary positions; absent where positions are learned (GPT-2). */
  readonly rope: RopeConfig | undefined;
  /** First token of a text, where the model has one. */
  readonly bos: number | undefined;
  /** Tokens that end a text. */
  readonly eos: readonly number[];
  readonly pad: number | undefined;
  /** The object this was read from, kept for writing back. */
  readonly json: Readonly<Record<string, unknown>>;
}

const readers: Readonly<Record<Architecture, (settings: Settings) => ModelConfig>> = {
  llama: (settings) => readLlama(settings, "llama"),
  mistral: readMistral,
  gpt2: readGpt2,
};

/**
 * A Hugging Face `config.json` as sizes and settings.
 * @param json the parsed file.
 * @param where named in errors: the file's path.
 * @throws {UnsupportedArchitectureError} for another `model_type` than llama, mistral, gpt2.
 * @throws {ModelConfigError} for a setting that is missing, out of range, or changes the computation in an unknown way.
 */
export function readModelConfig(json: unknown, where: string): ModelConfig {
  const settings = new Settings(json, where);
  const type = settings.text("model_type");
  const reader = Object.entries(readers).find(([name]) => name === type)?.[1];
  if (!reader) throw new UnsupportedArchitectureError(where, type, Object.keys(readers));
  return reader(settings);
}

/** Far beyond every published model: a damaged config is refused before each layer gets its names. */
const mostLayers = 10_000;

function readLlama(settings: Settings, architecture: Architecture): ModelConfig {
  const hiddenSize = settings.count("hidden_size");
  const heads = settings.count("num_attention_heads");
  const kvHeads = settings.count("num_key_value_heads", heads);
  if (settings.get("head_dim") === undefined && hiddenSize % heads !== 0)
    throw settings.fail("num_attention_heads", `a divisor of hidden_size (${hiddenSize}) unless head_dim is given`);
  const headSize = settings.count("head_dim", hiddenSize / heads);
  if (headSize % 2 !== 0) throw settings.fail("head_dim", "even: rotary positions turn pairs");
  if (heads % kvHeads !== 0) throw settings.fail("num_key_value_heads", `a divisor of the ${heads} heads`);
  const activation = settings.get("hidden_act") ?? "silu";
  if (activation !== "silu") throw settings.fail("hidden_act", '"silu"');
  const vocabularySize = settings.count("vocab_size");
  return {
    architecture,
    vocabularySize,
    hiddenSize,
    layers: settings.count("num_hidden_layers", undefined, mostLayers),
    heads,
    kvHeads,
    headSize,
    intermediateSize: settings.count("intermediate_size"),
    normEpsilon: settings.positive("rms_norm_eps", 1e-6),
    tiedEmbeddings: settings.flag("tie_word_embeddings", false),
    attentionBias: settings.flag("attention_bias", false),
    mlpBias: settings.flag("mlp_bias", false),
    ...readRope(settings, headSize),
    ...specialTokens(settings, vocabularySize),
    json: settings.json,
  };
}

/** Mistral is Llama with a sliding window; up to the window's length the two are equal, so the context ends there. */
function readMistral(settings: Settings): ModelConfig {
  const config = readLlama(settings, "mistral");
  const window = settings.optional("sliding_window", (key) => settings.count(key)) ?? Infinity;
  return { ...config, contextLength: Math.min(config.contextLength, window) };
}

function readGpt2(settings: Settings): ModelConfig {
  const hiddenSize = settings.count("n_embd");
  const heads = settings.count("n_head");
  const headSize = hiddenSize / heads;
  if (!Number.isInteger(headSize)) throw settings.fail("n_head", `a divisor of n_embd (${hiddenSize})`);
  const activation = settings.get("activation_function") ?? "gelu_new";
  if (activation !== "gelu_new") throw settings.fail("activation_function", '"gelu_new"');
  for (const key of ["scale_attn_by_inverse_layer_idx", "add_cross_attention"])
    if (settings.flag(key, false)) throw settings.fail(key, "false");
  if (!settings.flag("scale_attn_weights", true)) throw settings.fail("scale_attn_weights", "true");
  const vocabularySize = settings.count("vocab_size");
  return {
    architecture: "gpt2",
    vocabularySize,
    hiddenSize,
    layers: settings.count("n_layer", undefined, mostLayers),
    heads,
    kvHeads: heads,
    headSize,
    intermediateSize: settings.count("n_inner", 4 * hiddenSize),
    contextLength: settings.count("n_positions"),
    normEpsilon: settings.positive("layer_norm_epsilon", 1e-5),
    tiedEmbeddings: settings.flag("tie_word_embeddings", true),
    attentionBias: true,
    mlpBias: true,
    rope: undefined,
    ...specialTokens(settings, vocabularySize),
    json: settings.json,
  };
}

function specialTokens(settings: Settings, vocabularySize: number): Pick<ModelConfig, "bos" | "eos" | "pad"> {
  const [bos] = settings.ids("bos_token_id");
  const [pad] = settings.ids("pad_token_id");
  const eos = settings.ids("eos_token_id");
  for (const id of eos)
    if (id >= vocabularySize)
      throw new ModelConfigError(settings.where, `eos_token_id ${id} is not below vocab_size ${vocabularySize}`);
  // Some configs write −1, or an id that only their tokenizer knows, for "no padding token".
  const usable = (id: number | undefined) => (id !== undefined && id >= 0 && id < vocabularySize ? id : undefined);
  return { bos: usable(bos), eos, pad: usable(pad) };
}
