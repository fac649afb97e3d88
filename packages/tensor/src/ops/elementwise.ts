import type { DType } from "../dtype.ts";
import { constant, isTensor, lift, type Op, type Tensor, type TensorLike } from "../graph/tensor.ts";
import { add, binaryOp, div, mul, neg, sub, sumTo, unaryOp } from "./arithmetic.ts";
import { apply, broadcastShapes, isFloat, liftPair, wantFloat } from "./shapes.ts";
import { DTypeMismatchError } from "../errors.ts";

type Unary = (x: Tensor) => Tensor;
type Binary = (left: TensorLike, right: TensorLike) => Tensor;

const floatOnly = (name: string, f: Unary): Unary => {
  return (x) => {
    wantFloat(name, x);
    return f(x);
  };
};

export const exp: Unary = floatOnly(
  "exp",
  unaryOp("exp", "Exp", (g, _x, y) => mul(g, y)),
);
export const log: Unary = floatOnly(
  "log",
  unaryOp("log", "Log", (g, x) => div(g, x)),
);
export const sqrt: Unary = floatOnly(
  "sqrt",
  unaryOp("sqrt", "Sqrt", (g, _x, y) => div(mul(g, 0.5), y)),
);
export const reciprocal: Unary = floatOnly(
  "reciprocal",
  unaryOp("reciprocal", "Reciprocal", (g, _x, y) => neg(mul(g, square(y)))),
);
export const sin: Unary = floatOnly(
  "sin",
  unaryOp("sin", "Sin", (g, x) => mul(g, cos(x))),
);
export const cos: Unary = floatOnly(
  "cos",
  unaryOp("cos", "Cos", (g, x) => neg(mul(g, sin(x)))),
);
export const tanh: Unary = floatOnly(
  "tanh",
  unaryOp("tanh", "Tanh", (g, _x, y) => mul(g, sub(1, square(y)))),
);
/** The error function 2/√π ∫₀ˣ exp(−t²) dt. */
export const erf: Unary = floatOnly(
  "erf",
  unaryOp("erf", "Erf", (g, x) => mul(g, mul(2 / Math.sqrt(Math.PI), exp(neg(square(x)))))),
);
/** The angle in (−π/2, π/2) with this tangent. */
export const atan: Unary = floatOnly(
  "atan",
  unaryOp("atan", "Atan", (g, x) => div(g, add(1, square(x)))),
);
/** −1, 0 or 1; its derivative is 0 everywhere. */
export const sign: Unary = unaryOp("sign", "Sign", (g) => mul(g, 0));
/** |x|; the derivative at 0 is 0. */
export const abs: Unary = unaryOp("abs", "Abs", (g, x) => mul(g, sign(x)));
/** The largest whole number that is not above x; its derivative is 0 everywhere. */
export const floor: Unary = floatOnly(
  "floor",
  unaryOp("floor", "Floor", (g) => mul(g, 0)),
);

/** x². */
export const square: Unary = (x) => mul(x, x);

/** x^exponent, elementwise. The gradient by the exponent needs x > 0. */
export const pow: Binary = binaryOp("pow", "Pow", ({ grad, output }, x, exponent) => [
  () => mul(grad, mul(exponent, pow(x, sub(exponent, 1)))),
  () => mul(grad, mul(output, log(x))),
]);

/** The larger operand; where both are equal each gets half of the gradient. */
export const max: Binary = binaryOp("max", "Max", ({ grad }, a, b) => [
  () => mul(grad, share(greater(a, b), equal(a, b), grad.dtype)),
  () => mul(grad, share(greater(b, a), equal(a, b), grad.dtype)),
]);

/** The smaller operand; where both are equal each gets half of the gradient. */
export const min: Binary = binaryOp("min", "Min", ({ grad }, a, b) => [
  () => mul(grad, share(less(a, b), equal(a, b), grad.dtype)),
  () => mul(grad, share(less(b, a), equal(a, b), grad.dtype)),
]);

const share = (wins: Tensor, ties: Tensor, dtype: DType): Tensor => add(cast(wins, dtype), mul(0.5, cast(ties, dtype)));

/** x held inside [low, high]. */
export const clamp = (x: Tensor, low: number, high: number): Tensor => min(max(x, low), high);

const comparison = (name: string, onnx: string): Binary => {
  const op: Op<Record<string, never>> = { name, emit: (emitter, inputs) => emitter.node(onnx, inputs) };
  return (left, right) => {
    const [a, b] = liftPair(name, left, right);
    return apply(op, [a, b], "bool", broadcastShapes(name, a.shape, b.shape), {});
  };
};

export const equal: Binary = comparison("equal", "Equal");
export const less: Binary = comparison("less", "Less");
export const lessEqual: Binary = comparison("lessEqual", "LessOrEqual");
export const greater: Binary = comparison("greater", "Greater");
export const greaterEqual: Binary = comparison("greaterEqual", "GreaterOrEqual");
export const and: Binary = comparison("and", "And");
export const or: Binary = comparison("or", "Or");

const notOp: Op<Record<string, never>> = { name: "not", emit: (emitter, inputs) => emitter.node("Not", inputs) };
export const not: Unary = (x) => apply(notOp, [x], "bool", x.shape, {});

const whereOp: Op<Record<string, never>> = {
  name: "where",
  emit: (emitter, inputs) => emitter.node("Where", inputs),
  derivative: ({ inputs: [condition, a, b], grad }) => {
    if (!condition || !a || !b) return [];
    const chosen = cast(condition, grad.dtype);
    return [undefined, sumTo(mul(grad, chosen), a.shape), sumTo(mul(grad, sub(1, chosen)), b.shape)];
  },
};

/** `a` where the condition holds, else `b`; all three broadcast. An additive mask is faster on large matrices. */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  if (condition.dtype !== "bool") throw new DTypeMismatchError("where", "a bool condition", [condition.dtype]);
  const [x, y] = liftPair("where", a, b);
  const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", x.shape, y.shape));
  return apply(whereOp, [condition, x, y], x.dtype, shape, {});
}

const castOp: Op<{ to: DType }> = {
  name: "cast",
  emit: (emitter, [x = ""], _node, { to }) => emitter.cast(x, to),
  derivative: ({ inputs: [x], grad }) => [
    x && isFloat(x.dtype) && isFloat(grad.dtype) ? cast(grad, x.dtype) : undefined,
  ],
};

/** The values as another type; bool becomes 0 or 1, fractions are cut towards 0. */
export function cast(x: TensorLike, dtype: DType): Tensor {
  const tensor = isTensor(x) ? x : lift(x, constant(0, dtype));
  return tensor.dtype === dtype ? tensor : apply(castOp, [tensor], dtype, tensor.shape, { to: dtype });
}

const stopGradientOp: Op<Record<string, never>> = {
  name: "stopGradient",
  view: true,
  emit: (_emitter, [x = ""]) => x,
  derivative: () => [undefined],
  flops: () => 0,
};

/** `x` itself, as a constant to every derivative. */
export const stopGradient = (x: Tensor): Tensor => apply(stopGradientOp, [x], x.dtype, x.shape, {});
