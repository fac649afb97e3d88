import { ShapeMismatchError } from "../errors.ts";
import type { Op, Tensor } from "../graph/tensor.ts";
import { add, div, mean, mul, sub, sumTo } from "./arithmetic.ts";
import { sqrt, square } from "./elementwise.ts";
import { primitive } from "./primitive.ts";
import { apply, sameShape } from "./shapes.ts";

/** Settings of a normalisation. */
export interface NormOptions {
  /** Added to the mean square before the root, so that a row of zeros stays finite. */
  readonly epsilon?: number;
}

const lastMean = (x: Tensor): Tensor => mean(x, -1, { keepDims: true });
const rootMeanSquare = (x: Tensor, epsilon: number): Tensor => sqrt(add(lastMean(square(x)), epsilon));

/** All in one pass; its derivative is that of {@link rmsNorm}. */
const rmsNormOp: Op<{ epsilon: number }> = {
  name: "rmsNorm",
  emit: (emitter, inputs, _node, { epsilon }) =>
    emitter.node("SimplifiedLayerNormalization", inputs, { axis: -1, epsilon: { float: epsilon } }),
  flops: (node) => 4 * node.size,
};

/**
 * x / √(mean(x²) + ε) ∘ weight over the last axis: `[..., d], [d] → [..., d]`.
 * @see Zhang and Sennrich 2019 (arXiv:1910.07467).
 */
export function rmsNorm(x: Tensor, weight: Tensor, { epsilon = 1e-5 }: NormOptions = {}): Tensor {
  if (!sameShape(weight.shape, x.shape.slice(-1)))
    throw new ShapeMismatchError("rmsNorm", x.shape, weight.shape, "a weight for each place of the last axis");
  return primitive({
    name: "rmsNorm",
    forward: (x, weight) => apply(rmsNormOp, [x, weight], x.dtype, x.shape, { epsilon }),
    backward: ({ inputs: [x, weight], grad }) => {
      if (!x || !weight) return [];
      const root = rootMeanSquare(x, epsilon); // [..., 1]
      const normal = div(x, root);
      const byNormal = mul(grad, weight);
      const byX = div(sub(byNormal, mul(normal, lastMean(mul(byNormal, normal)))), root);
      return [byX, sumTo(mul(grad, normal), weight.shape)];
    },
  })(x, weight);
}

/**
 * (x − mean) / √(variance + ε) ∘ weight + bias over the last axis: `[..., d], [d], [d] → [..., d]`.
 * @see Ba, Kiros and Hinton 2016 (arXiv:1607.06450).
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, { epsilon = 1e-5 }: NormOptions = {}): Tensor {
  const parts = (x: Tensor) => {
    const centred = sub(x, lastMean(x));
    const root = rootMeanSquare(centred, epsilon);
    return { root, normal: div(centred, root) };
  };
  return primitive({
    name: "layerNorm",
    forward: (x, weight, bias) => add(mul(parts(x).normal, weight), bias),
    backward: ({ inputs: [x, weight, bias], grad }) => {
      if (!x || !weight || !bias) return [];
      const { root, normal } = parts(x);
      const byNormal = mul(grad, weight);
      const tangent = sub(sub(byNormal, lastMean(byNormal)), mul(normal, lastMean(mul(byNormal, normal))));
      return [div(tangent, root), sumTo(mul(grad, normal), weight.shape), sumTo(grad, bias.shape)];
    },
  })(x, weight, bias);
}
