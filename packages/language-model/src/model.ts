import type { Shape, Tensor } from "@offprint/tensor";
import type { ModelConfig } from "./config.ts";

/** Order of the axes of a linear layer's matrix; `out-in` where nothing is said. */
export type LinearLayout = "out-in" | "in-out";

/**
 * The weights of a model while a program is traced, by their Hugging Face names. Models read them only through this, so an
 * adapter is a `Weights` around another one.
 */
export interface Weights {
  /** `"model.norm.weight"` → its tensor. @throws {MissingWeightError} when there is none. */
  get(name: string): Tensor;
  /**
   * `x · Wᵀ`, plus the bias where there is one: `[..., in] → [..., out]`.
   * @param name of the module: `"model.layers.0.self_attn.q_proj"`, without `.weight`.
   * @param stored how W lies: `[out, in]`, or as GPT-2 has it `[in, out]`, where the product is `x · W`.
   */
  linear(name: string, x: Tensor, stored?: LinearLayout): Tensor;
  /** Every tensor whose name begins with `prefix`, those of adapters included: what a recomputed part depends on. */
  under(prefix: string): Readonly<Record<string, Tensor>>;
  /** The same, reading these tensors instead of its own of the same names. */
  with(tensors: Readonly<Record<string, Tensor>>): Weights;
}

/** Queries, keys and values of one layer, rotated already. */
export interface Attended {
  readonly layer: number;
  /** `[b, heads, n, d]` */
  readonly q: Tensor;
  /** `[b, kvHeads, n, d]`; query head i reads key-value head ⌊i · kvHeads / heads⌋. */
  readonly k: Tensor;
  /** `[b, kvHeads, n, d]` */
  readonly v: Tensor;
}

/** What stands where softmax(q·kᵀ)·v stands in a layer: `→ [b, heads, n, d]`. */
export type Attend = (attended: Attended) => Tensor;

/** What a pass through a model depends on beside its weights. */
export interface ForwardOptions {
  /** int32 `[b, n]` or `[n]`; absent: 0 … n−1. */
  readonly positions?: Tensor;
  /** Positions that the rotary table reaches; absent: n, or the config's context where `positions` are given. */
  readonly contextLength?: number;
  /** Absent: full causal attention. */
  readonly attend?: Attend;
  /** Recompute each layer in the backward pass instead of keeping what lies between its operations. */
  readonly recompute?: boolean;
}

/** A causal language model: an architecture with its sizes, without weights. */
export interface CausalLanguageModel {
  readonly config: ModelConfig;
  /** Every weight's name and shape; a tied head has none of its own. */
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Token ids, int32 `[b, n]` → the last layer after its norm, `[b, n, hidden]`. */
  hidden(weights: Weights, ids: Tensor, options?: ForwardOptions): Tensor;
  /** The name of the matrix `[vocabulary, hidden]` that turns hidden states into logits: logits = hidden · matrixᵀ. */
  readonly head: string;
}
