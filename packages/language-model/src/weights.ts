import { add, matmul, reshape, type Tensor } from "@offprint/tensor";
import { MissingWeightError } from "./errors.ts";
import type { CausalLanguageModel, LinearLayout, Weights } from "./model.ts";

/** A flat record of tensors, by Hugging Face names, as a model reads it. */
export function weightsOf(tensors: Readonly<Record<string, Tensor>>): Weights {
  const get = (name: string): Tensor => {
    const tensor = tensors[name];
    if (!tensor) throw new MissingWeightError(name, Object.keys(tensors));
    return tensor;
  };
  return {
    get,
    linear(name, x, stored = "out-in") {
      return addBias(timesMatrix(x, get(`${name}.weight`), stored), tensors[`${name}.bias`]);
    },
    under: (prefix) => Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith(prefix))),
    with: (others) => weightsOf({ ...tensors, ...others }),
  };
}

/** `x + bias`, where there is one. */
export const addBias = (x: Tensor, bias: Tensor | undefined): Tensor => (bias ? add(x, bias) : x);

/**
 * `x · matrix`, or `x · matrixᵀ` where it lies `[out, in]`, over the last axis. All rows go through one flat product: that needs no
 * copy of the transposed matrix, and its gradient is one product too.
 */
export function timesMatrix(x: Tensor, matrix: Tensor, layout: LinearLayout): Tensor {
  const rows = reshape(x, [-1, x.shape.at(-1) ?? 1]);
  const product = matmul(rows, matrix, { transposeB: layout === "out-in" });
  return reshape(product, [...x.shape.slice(0, -1), product.shape.at(-1) ?? 1]);
}

/** Logits of the next token from hidden states: `[..., hidden] → [..., vocabulary]`. */
export function logitsOf(model: CausalLanguageModel, weights: Weights, hidden: Tensor): Tensor {
  return weights.linear(model.head.replace(/\.weight$/, ""), hidden);
}
