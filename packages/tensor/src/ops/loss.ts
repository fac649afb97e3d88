import type { Tensor } from "../graph/tensor.ts";
import { mul, neg, reshape, sub, sum } from "./arithmetic.ts";
import { logSoftmax, softmax, softplus } from "./activation.ts";
import { addAlong, takeAlong } from "./indexing.ts";
import { primitive } from "./primitive.ts";

const column = (x: Tensor): Tensor => reshape(x, [...x.shape, 1]);

/**
 * −log softmax(logits)[label] a row: `[..., n], [...] → [...]`. The gradient, softmax − onehot, needs no logarithm.
 */
export const crossEntropy: (logits: Tensor, labels: Tensor) => Tensor = primitive({
  name: "crossEntropy",
  forward: (logits, labels) => neg(sum(takeAlong(logSoftmax(logits), column(labels)), -1)),
  backward: ({ inputs: [logits, labels], grad }) => {
    if (!logits || !labels) return [];
    return [addAlong(mul(softmax(logits), column(grad)), column(labels), neg(column(grad))), undefined];
  },
});

/**
 * Independent logistic terms of one row against a one-hot target, Σⱼ softplus((1 − 2yⱼ)·sⱼ) with y one at the label:
 * `[..., n], [...] → [...]`. Since softplus(−s) = softplus(s) − s, it is Σ softplus(s) − s[label]; its gradient is
 * sigmoid(s) − onehot, so a program that does not fetch the loss never evaluates softplus.
 */
export function oneVersusAll(logits: Tensor, labels: Tensor): Tensor {
  return sub(sum(softplus(logits), -1), sum(takeAlong(logits, column(labels)), -1));
}
