import { add, mul, neg, reshape, sub, sum, unaryOp } from "./arithmetic.ts";
import { cast, erf, exp, greater, log, square, tanh } from "./elementwise.ts";
import type { Op, Tensor } from "../graph/tensor.ts";
import { blockwise } from "./blockwise.ts";
import { primitive } from "./primitive.ts";
import { reduceMax } from "./reduce.ts";
import { apply, axisOf, wantFloat } from "./shapes.ts";

type Unary = (x: Tensor) => Tensor;

/** 1 / (1 + e⁻ˣ), without overflow at any x. */
export const sigmoid: Unary = unaryOp("sigmoid", "Sigmoid", (g, _x, y) => mul(g, mul(y, sub(1, y))));

/** log(1 + eˣ), without overflow at any x; its derivative is the sigmoid. */
export const softplus: Unary = unaryOp("softplus", "Softplus", (g, x) => mul(g, sigmoid(x)));

/** log(sigmoid(x)) = −softplus(−x). */
export const logSigmoid: Unary = (x) => neg(softplus(neg(x)));

/** max(x, 0); the derivative at 0 is 0. */
export const relu: Unary = unaryOp("relu", "Relu", (g, x) => mul(g, cast(greater(x, 0), g.dtype)));

/** x · sigmoid(x), also called swish. */
export const silu: Unary = primitive({
  name: "silu",
  forward: (x) => mul(x, sigmoid(x)),
  backward: ({ inputs: [x], grad }) => {
    if (!x) return [];
    const s = sigmoid(x);
    return [mul(grad, mul(s, add(1, mul(x, sub(1, s)))))];
  },
});

/**
 * silu(gate) ∘ up, where both and the gradient are large: block by block, so that only they travel through memory.
 * @see Shazeer 2020 (arXiv:2002.05202).
 */
export const swiGlu: (gate: Tensor, up: Tensor) => Tensor = primitive({
  name: "swiGlu",
  forward: (gate, up) => blockwise(({ gate, up }) => ({ y: mul(mul(gate, sigmoid(gate)), up) }), { gate, up }).y,
  backward: ({ inputs: [gate, up], grad }) => {
    if (!gate || !up) return [];
    const parts = blockwise(
      ({ gate, up, grad }) => {
        const s = sigmoid(gate);
        const activated = mul(gate, s);
        // silu′ = s + silu · (1 − s)
        const slope = add(s, mul(activated, sub(1, s)));
        return { gate: mul(mul(grad, up), slope), up: mul(grad, activated) };
      },
      { gate, up, grad },
    );
    return [parts.gate, parts.up];
  },
});

/** x · Φ(x) with the normal distribution function Φ. Hendrycks and Gimpel 2016 (arXiv:1606.08415). */
export const gelu: Unary = primitive({
  name: "gelu",
  forward: (x) => mul(mul(0.5, x), add(1, erf(mul(x, Math.SQRT1_2)))),
  backward: ({ inputs: [x], grad }) => {
    if (!x) return [];
    const distribution = mul(0.5, add(1, erf(mul(x, Math.SQRT1_2)))); // Φ(x)
    const density = mul(1 / Math.sqrt(2 * Math.PI), exp(mul(-0.5, square(x)))); // φ(x)
    return [mul(grad, add(distribution, mul(x, density)))];
  },
});

/** GELU with Φ replaced by a tanh, as GPT-2 computes it: ½x(1 + tanh(√(2/π)(x + 0.044715x³))). */
export const geluTanh: Unary = (x) => {
  const inner = mul(Math.sqrt(2 / Math.PI), add(x, mul(0.044715, mul(x, square(x)))));
  return mul(mul(0.5, x), add(1, tanh(inner)));
};

const alongAxis = (name: string, onnx: string, backward: (g: Tensor, y: Tensor, axis: number) => Tensor) => {
  const op: Op<{ axis: number }> = {
    name,
    emit: (emitter, inputs, _node, { axis }) => emitter.node(onnx, inputs, { axis }),
    derivative: ({ output, grad, attributes: { axis } }) => [backward(grad, output, axis)],
    flops: (node) => 5 * node.size,
  };
  return (x: Tensor, axis: number = -1): Tensor => {
    wantFloat(name, x);
    return apply(op, [x], x.dtype, x.shape, { axis: axisOf(name, axis, x.rank) });
  };
};

/** eˣ / Σeˣ along one axis; the maximum goes first, so no exponent exceeds 0. */
export const softmax: (x: Tensor, axis?: number) => Tensor = alongAxis("softmax", "Softmax", (g, y, axis) =>
  mul(y, sub(g, sum(mul(g, y), axis, { keepDims: true }))),
);

/** log softmax, stable where softmax underflows. */
export const logSoftmax: (x: Tensor, axis?: number) => Tensor = alongAxis("logSoftmax", "LogSoftmax", (g, y, axis) =>
  sub(g, mul(exp(y), sum(g, axis, { keepDims: true }))),
);

/** log Σ eˣ along the last axis, without overflow: `[..., n] → [...]`. */
export const logSumExp: Unary = primitive({
  name: "logSumExp",
  forward: (x) => {
    const top = reduceMax(x, -1, { keepDims: true });
    return add(log(sum(exp(sub(x, top)), -1)), sum(top, -1));
  },
  backward: ({ inputs: [x], grad }) => [x && mul(softmax(x), reshape(grad, [...grad.shape, 1]))],
});
