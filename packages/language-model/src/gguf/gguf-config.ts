import type { MetadataValue } from "@huggingface/gguf";
import { UnsupportedArchitectureError } from "../errors.ts";
import { GgufError } from "./errors.ts";
import type { GgufFile } from "./gguf-file.ts";

/** Typed access to a file's metadata. */
export class Metadata {
  readonly path: string;
  readonly #values: Readonly<Record<string, MetadataValue>>;

  constructor({ path, metadata }: Pick<GgufFile, "path" | "metadata">) {
    this.path = path;
    this.#values = metadata;
  }

  number(key: string): number | undefined {
    const value = this.#values[key];
    if (value === undefined || typeof value === "number") return value;
    if (typeof value === "bigint") return Number(value);
    throw new GgufError(this.path, `${key} must be a number`);
  }

  /** @throws {GgufError} when it is absent. */
  required(key: string): number {
    const value = this.number(key);
    if (value === undefined) throw new GgufError(this.path, `${key} is missing from the metadata`);
    return value;
  }

  text(key: string): string | undefined {
    const value = this.#values[key];
    if (value === undefined || typeof value === "string") return value;
    throw new GgufError(this.path, `${key} must be a text`);
  }

  flag(key: string): boolean | undefined {
    const value = this.#values[key];
    if (value === undefined || typeof value === "boolean") return value;
    throw new GgufError(this.path, `${key} must be true or false`);
  }

  /** Empty where it is absent. */
  texts(key: string): readonly string[] {
    return this.#list(key, (item) => typeof item === "string") as readonly string[];
  }

  numbers(key: string): readonly number[] {
    return this.#list(key, (item) => typeof item === "number") as readonly number[];
  }

  #list(key: string, fits: (item: unknown) => boolean): readonly unknown[] {
    const value = this.#values[key] ?? [];
    if (!Array.isArray(value) || !value.every(fits))
      throw new GgufError(this.path, `${key} must be a list of one kind`);
    return value;
  }
}

/**
 * What a Hugging Face `config.json` would say of this file.
 * @throws {UnsupportedArchitectureError} for anything but Llama; {@link GgufError} for metadata that is missing or unusable.
 */
export async function ggufConfig(file: GgufFile): Promise<Record<string, unknown>> {
  const metadata = new Metadata(file);
  const architecture = metadata.text("general.architecture") ?? "none given";
  if (architecture !== "llama") throw new UnsupportedArchitectureError(file.path, architecture, ["llama"]);
  if ((metadata.number("llama.expert_count") ?? 0) > 0) {
    throw new UnsupportedArchitectureError(file.path, "llama with experts", ["llama"]);
  }
  const heads = metadata.required("llama.attention.head_count");
  const hidden = metadata.required("llama.embedding_length");
  const headSize = metadata.number("llama.attention.key_length") ?? hidden / heads;
  const rotated = metadata.number("llama.rope.dimension_count") ?? headSize;
  if (rotated !== headSize) {
    throw new GgufError(file.path, `turns ${rotated} of ${headSize} numbers a head; partial rotation is not supported`);
  }
  const eos = [metadata.number("tokenizer.ggml.eos_token_id"), metadata.number("tokenizer.ggml.eot_token_id")];
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: file.tensors.get("token_embd.weight")?.shape[0],
    hidden_size: hidden,
    intermediate_size: metadata.required("llama.feed_forward_length"),
    num_hidden_layers: metadata.required("llama.block_count"),
    num_attention_heads: heads,
    num_key_value_heads: metadata.number("llama.attention.head_count_kv") ?? heads,
    head_dim: headSize,
    hidden_act: "silu",
    max_position_embeddings: metadata.required("llama.context_length"),
    rms_norm_eps: metadata.required("llama.attention.layer_norm_rms_epsilon"),
    rope_theta: metadata.number("llama.rope.freq_base") ?? 10_000,
    rope_scaling: await ropeScaling(file, metadata),
    attention_bias: file.tensors.has("blk.0.attn_q.bias"),
    mlp_bias: file.tensors.has("blk.0.ffn_gate.bias"),
    tie_word_embeddings: !file.tensors.has("output.weight"),
    bos_token_id: metadata.number("tokenizer.ggml.bos_token_id") ?? null,
    eos_token_id: [...new Set(eos.filter((id) => id !== undefined))],
    pad_token_id: metadata.number("tokenizer.ggml.padding_token_id") ?? null,
    dtype: "float32",
  };
}

async function ropeScaling(file: GgufFile, metadata: Metadata): Promise<Record<string, unknown> | null> {
  const factor = metadata.number("llama.rope.scaling.factor") ?? metadata.number("llama.rope.scale_linear") ?? 1;
  const kind = metadata.text("llama.rope.scaling.type") ?? (factor === 1 ? "none" : "linear");
  const original = metadata.number("llama.rope.scaling.original_context_length");
  const started = original === undefined ? {} : { original_max_position_embeddings: original };
  if (file.tensors.has("rope_freqs.weight")) {
    // Llama 3.1 and later: the divisor of each frequency, worked out already. The same as LongRoPE with one list.
    const divisors = Array.from(await file.read("rope_freqs.weight"));
    return { rope_type: "longrope", short_factor: divisors, long_factor: divisors, attention_factor: 1, ...started };
  }
  if (kind === "none") return null;
  if (kind === "linear") return { rope_type: "linear", factor };
  if (kind === "yarn") return { rope_type: "yarn", factor, ...started };
  throw new GgufError(file.path, `rope scaling "${kind}" is not supported; there is none, linear, yarn`);
}
