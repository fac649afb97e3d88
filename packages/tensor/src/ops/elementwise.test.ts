import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostTensor } from "../host-tensor.ts";
import { evaluate, expectClose, expectGradient, numbers, randomTensor } from "../testing.ts";
import type { HostTensor, Shape } from "../dtype.ts";
import type { Tensor } from "../graph/tensor.ts";
import * as ops from "./index.ts";

/** Indexes of a broadcast operand, by a plain loop over the result. */
function broadcastLoop(f: (a: number, b: number) => number, a: HostTensor, b: HostTensor, shape: Shape): number[] {
  const at = (tensor: HostTensor, index: readonly number[]): number => {
    let flat = 0;
    for (const [axis, length] of tensor.shape.entries()) {
      const i = index[axis + shape.length - tensor.shape.length] ?? 0;
      flat = flat * length + (length === 1 ? 0 : i);
    }
    return Number(tensor.data[flat]);
  };
  const result: number[] = [];
  const walk = (index: number[]): void => {
    if (index.length === shape.length) result.push(f(at(a, index), at(b, index)));
    else for (let i = 0; i < (shape[index.length] ?? 0); i++) walk([...index, i]);
  };
  walk([]);
  return result;
}

/** A shape and two operand shapes that broadcast to it. */
const broadcastShapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 3 }).chain((shape) => {
  const side = fc
    .tuple(fc.integer({ min: 0, max: shape.length }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([drop, ones]) => shape.slice(drop).map((n, axis) => (ones[axis] ? 1 : n)));
  return fc.tuple(side, side);
});

const resultShape = (a: Shape, b: Shape): Shape => {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1));
};

/** A tensor's values on multiples of 0.1, moved. */
const onGrid = (tensor: HostTensor, moved: number): HostTensor => ({
  ...tensor,
  data: Float32Array.from(tensor.data as Float32Array, (value) => Math.round(10 * value) / 10 + moved),
});

type Binary = (a: Tensor, b: Tensor) => Tensor;
const binaries: [string, Binary, (a: number, b: number) => number, [number, number]][] = [
  ["add", ops.add, (a, b) => a + b, [-2, 2]],
  ["sub", ops.sub, (a, b) => a - b, [-2, 2]],
  ["mul", ops.mul, (a, b) => a * b, [-2, 2]],
  ["div", ops.div, (a, b) => a / b, [0.5, 2]],
  ["pow", ops.pow, (a, b) => a ** b, [0.5, 2]],
  ["max", ops.max, Math.max, [-2, 2]],
  ["min", ops.min, Math.min, [-2, 2]],
];

describe.each(binaries)("%s", (_name, op, reference, [low, high]) => {
  it("equals a plain loop, value and derivative, over random broadcast shapes", async () => {
    await fc.assert(
      fc.asyncProperty(broadcastShapes, fc.integer({ min: 1, max: 1e6 }), async ([left, right], seed) => {
        const next = numbers(seed, low, high);
        // Nowhere equal, nor nearly: where max and min have a corner, differences say nothing.
        const [a, b] = [onGrid(randomTensor(left, next), 0), onGrid(randomTensor(right, next), 0.05)];
        const shape = resultShape(left, right);
        const value = await evaluate(op, a, b);
        expect(value.shape).toEqual(shape);
        expectClose(value.data as Float32Array, broadcastLoop(reference, a, b, shape));
        await expectGradient(op, [a, b]);
      }),
      { numRuns: 8 },
    );
  });
});

const erf = (x: number): number => {
  // The Maclaurin series, enough for |x| ≤ 3 in double precision.
  let term = x;
  let total = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
};

type Unary = (x: Tensor) => Tensor;
const unaries: [string, Unary, (x: number) => number, [number, number]][] = [
  ["neg", ops.neg, (x) => -x, [-2, 2]],
  ["exp", ops.exp, Math.exp, [-2, 2]],
  ["log", ops.log, Math.log, [0.3, 3]],
  ["sqrt", ops.sqrt, Math.sqrt, [0.3, 3]],
  ["reciprocal", ops.reciprocal, (x) => 1 / x, [0.5, 2]],
  ["sin", ops.sin, Math.sin, [-3, 3]],
  ["cos", ops.cos, Math.cos, [-3, 3]],
  ["atan", ops.atan, Math.atan, [-3, 3]],
  ["tanh", ops.tanh, Math.tanh, [-3, 3]],
  ["erf", ops.erf, erf, [-2.5, 2.5]],
  ["square", ops.square, (x) => x * x, [-2, 2]],
  ["abs", ops.abs, Math.abs, [0.1, 2]],
  ["sigmoid", ops.sigmoid, (x) => 1 / (1 + Math.exp(-x)), [-4, 4]],
  ["softplus", ops.softplus, (x) => Math.log1p(Math.exp(x)), [-4, 4]],
  ["logSigmoid", ops.logSigmoid, (x) => -Math.log1p(Math.exp(-x)), [-4, 4]],
  ["relu", ops.relu, (x) => Math.max(x, 0), [0.1, 2]],
  ["silu", ops.silu, (x) => x / (1 + Math.exp(-x)), [-4, 4]],
  ["gelu", ops.gelu, (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)), [-3, 3]],
  [
    "geluTanh",
    ops.geluTanh,
    (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    [-3, 3],
  ],
  ["clamp", (x) => ops.clamp(x, -0.5, 0.5), (x) => Math.min(Math.max(x, -0.5), 0.5), [-0.4, 0.4]],
];

describe.each(unaries)("%s", (_name, op, reference, [low, high]) => {
  it("equals its definition and has the derivative that differences give", async () => {
    const x = randomTensor([3, 5], numbers(11, low, high));
    const value = await evaluate(op, x);
    expectClose(value.data as Float32Array, Array.from(x.data as Float32Array, reference));
    await expectGradient(op, [x]);
  });
});

describe("at the edges", () => {
  const far = hostTensor(Float32Array.of(-1000, -100, -30, 0, 30, 100, 1000));
  it.each([
    ["sigmoid", ops.sigmoid, [0, 3.783e-44, 9.3576e-14, 0.5, 1, 1, 1]],
    ["softplus", ops.softplus, [0, 3.783e-44, 9.3576e-14, Math.LN2, 30, 100, 1000]],
    ["silu", ops.silu, [0, -3.783e-42, -2.8073e-12, 0, 30, 100, 1000]],
    ["gelu", ops.gelu, [0, 0, 0, 0, 30, 100, 1000]],
  ] as const)("%s stays finite and right at |x| up to 1000", async (_name, op, wanted) => {
    // The engine cuts the sigmoid to 0 below about −18: off by less than 1e-8 in itself, 1e-11 here.
    expectClose((await evaluate(op, far)).data as Float32Array, wanted, 1e-3, 1e-11);
  });

  it("has the derivative 0 of |x| and sign at 0", async () => {
    const { grad } = await import("../autodiff.ts");
    const zero = hostTensor(Float32Array.of(0));
    expect((await evaluate((x) => grad((y: Tensor) => ops.sum(ops.abs(y)))(x), zero)).data[0]).toBe(0);
  });

  it("shares the gradient of equal operands of max", async () => {
    const { grad } = await import("../autodiff.ts");
    const x = hostTensor(Float32Array.of(1, 2));
    const y = await evaluate((a, b) => grad((p: Tensor) => ops.sum(ops.max(p, b)))(a), x, x);
    expect(Array.from(y.data as Float32Array)).toEqual([0.5, 0.5]);
  });
});

describe("comparisons and choice", () => {
  const a = hostTensor(Float32Array.of(1, 2, 3, NaN));
  const b = hostTensor(Float32Array.of(2, 2, 2, 2));
  it.each([
    ["equal", ops.equal, [0, 1, 0, 0]],
    ["less", ops.less, [1, 0, 0, 0]],
    ["lessEqual", ops.lessEqual, [1, 1, 0, 0]],
    ["greater", ops.greater, [0, 0, 1, 0]],
    ["greaterEqual", ops.greaterEqual, [0, 1, 1, 0]],
  ] as const)("%s is exact, and false with NaN", async (_name, op, wanted) => {
    const value = await evaluate(op, a, b);
    expect(value.dtype).toBe("bool");
    expect(Array.from(value.data as Uint8Array)).toEqual(wanted);
  });

  it("where takes values and gradients from the chosen side", async () => {
    const next = numbers(3);
    const condition: HostTensor = { dtype: "bool", shape: [2, 1], data: Uint8Array.of(1, 0) };
    const [x, y] = [randomTensor([2, 3], next), randomTensor([3], next)];
    const value = await evaluate(ops.where, condition, x, y);
    expect(Array.from(value.data as Float32Array)).toEqual([
      ...Array.from((x.data as Float32Array).slice(0, 3)),
      ...Array.from(y.data as Float32Array),
    ]);
    await expectGradient((p, q) => ops.where(ops.greater(p, 0), ops.mul(p, q), q), [x, y]);
  });

  it("casts between float32, int32, int64, bool and float16", async () => {
    const x = hostTensor(Float32Array.of(-1.7, 0, 2.5));
    expect(Array.from((await evaluate((t) => ops.cast(t, "int32"), x)).data as Int32Array)).toEqual([-1, 0, 2]);
    expect(Array.from((await evaluate((t) => ops.cast(t, "bool"), x)).data as Uint8Array)).toEqual([1, 0, 1]);
    expect(Array.from((await evaluate((t) => ops.cast(t, "int64"), x)).data as BigInt64Array)).toEqual([-1n, 0n, 2n]);
    const half = await evaluate((t) => ops.cast(ops.cast(t, "float16"), "float32"), x);
    expectClose(half.data as Float32Array, [-1.7, 0, 2.5], 1e-3);
  });
});
