import type { CausalLanguageModel } from "@offprint/language-model";
import { elementCount, type Shape } from "@offprint/tensor";
import { adapterShapes, type LoraConfig } from "./lora.ts";

/**
 * What is trained: adapters alone, or with the normalisations, the embeddings, or both, which is LongLoRA's recipe; or every
 * weight. "lora+" is not the LoRA+ of Hayou et al. (arXiv:2402.12354), another learning rate for B.
 */
export type Method = "lora" | "lora+norm" | "lora+embed" | "lora+" | "full";

export const methods = ["lora", "lora+norm", "lora+embed", "lora+", "full"] as const satisfies readonly Method[];

/** What a method trains in a model. */
export interface Trainable {
  /** Shapes of the adapter's tensors; empty for `full`. */
  readonly adapter: Readonly<Record<string, Shape>>;
  /** Names of the model's own weights that are trained. */
  readonly weights: readonly string[];
  /** How many numbers, by part. */
  readonly counts: {
    readonly adapter: number;
    readonly embeddings: number;
    readonly norms: number;
    readonly rest: number;
  };
  /** All of them. */
  readonly total: number;
  /** Whether the matrix that makes logits is trained: with embeddings that it is tied to, or in `full`. */
  readonly head: boolean;
}

const isEmbedding = (name: string): boolean => /(^|\.)(embed_tokens|wte|wpe)\.weight$/.test(name);
const isNorm = (name: string): boolean => /(norm|\.ln_\w+)\.(weight|bias)$/.test(name);

/**
 * What a method trains, by the paper's rule that embeddings and normalisations join the adapters and an untied output matrix
 * does not. A tied one stays tied: it is one tensor with the embedding, whose gradients are summed.
 * @throws {LoraTargetError}
 */
export function trainableNames(
  model: Pick<CausalLanguageModel, "config" | "shapes" | "head">,
  method: Method,
  lora: LoraConfig,
): Trainable {
  const adapter = method === "full" ? {} : adapterShapes(model, lora);
  const wanted = (name: string): boolean =>
    method === "full" ||
    (isEmbedding(name) && (method === "lora+embed" || method === "lora+")) ||
    (isNorm(name) && (method === "lora+norm" || method === "lora+"));
  const weights = Object.keys(model.shapes).filter(wanted);
  const count = (names: readonly string[]): number =>
    names.reduce((total, name) => total + elementCount(model.shapes[name] ?? []), 0);
  const counts = {
    adapter: Object.values(adapter).reduce((total, shape) => total + elementCount(shape), 0),
    embeddings: count(weights.filter(isEmbedding)),
    norms: count(weights.filter(isNorm)),
    rest: count(weights.filter((name) => !isEmbedding(name) && !isNorm(name))),
  };
  const total = counts.adapter + counts.embeddings + counts.norms + counts.rest;
  return { adapter, weights, counts, total, head: weights.includes(model.head) };
}
