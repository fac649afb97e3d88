import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grad } from "../autodiff.ts";
import type { HostTensor } from "../dtype.ts";
import type { Tensor } from "../graph/tensor.ts";
import { constant, placeholder } from "../graph/tensor.ts";
import { hostTensor } from "../host-tensor.ts";
import { evaluate, expectClose, expectGradient, numbers, randomTensor } from "../testing.ts";
import * as ops from "./index.ts";

type F = (...inputs: Tensor[]) => Tensor;
const data = (tensor: HostTensor): number[] => Array.from(tensor.data as Float32Array);
const indices = (values: number[], shape = [values.length]): HostTensor => hostTensor(Int32Array.from(values), shape);

/** Row-major position of an index. */
const flat = (shape: readonly number[], index: readonly number[]): number =>
  index.reduce((position, i, axis) => position * (shape[axis] ?? 1) + i, 0);

describe("matmul", () => {
  const naive = (a: HostTensor, b: HostTensor, m: number, k: number, n: number, ta: boolean, tb: boolean): number[] =>
    Array.from({ length: m * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let total = 0;
      for (let l = 0; l < k; l++) {
        const left = Number(a.data[ta ? l * m + i : i * k + l]);
        total += left * Number(b.data[tb ? j * k + l : l * n + j]);
      }
      return total;
    });

  it("equals three loops for both orders of both operands, value and derivative", async () => {
    const dimension = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(dimension, dimension, dimension, fc.boolean(), fc.boolean(), async (m, k, n, ta, tb) => {
        const next = numbers(m * 100 + k * 10 + n);
        const a = randomTensor(ta ? [k, m] : [m, k], next);
        const b = randomTensor(tb ? [n, k] : [k, n], next);
        const product: F = (x, y) => ops.matmul(x, y, { transposeA: ta, transposeB: tb });
        expectClose(data(await evaluate(product, a, b)), naive(a, b, m, k, n, ta, tb));
        await expectGradient(product, [a, b]);
      }),
      { numRuns: 12 },
    );
  });

  it.each([
    ["slices that divide the rows", 1572],
    ["slices with a remainder", 1511],
  ])("equals its rows multiplied alone when the result is tall: %s", async (_how, rows) => {
    const next = numbers(3);
    const [a, b] = [randomTensor([160, rows], next), randomTensor([1200, 160], next)];
    const product: F = (x, y) => ops.matmul(x, y, { transposeA: true, transposeB: true });
    const tall = data(await evaluate(product, a, b));
    for (const row of [0, 1, 399, 400, 785, rows - 1]) {
      const wanted = Array.from({ length: 1200 }, (_, j) => {
        let total = 0;
        for (let l = 0; l < 160; l++) total += Number(a.data[l * rows + row]) * Number(b.data[j * 160 + l]);
        return total;
      });
      expectClose(tall.slice(row * 1200, row * 1200 + 1200), wanted, 1e-4, 1e-4);
    }
  });

  it("broadcasts earlier axes and sums the gradient back", async () => {
    const next = numbers(5);
    const a = randomTensor([2, 1, 2, 3], next);
    const b = randomTensor([4, 3, 2], next);
    const value = await evaluate((x, y) => ops.matmul(x, y), a, b);
    expect(value.shape).toEqual([2, 4, 2, 2]);
    await expectGradient((x, y) => ops.matmul(x, y), [a, b]);
  });

  it("names the operation and both shapes when they do not fit", () => {
    const a = placeholder("a", { dtype: "float32", shape: [2, 3] });
    expect(() => ops.matmul(a, a)).toThrow(/matmul.*\[2, 3\] and \[2, 3\].*A·B/);
    expect(() => ops.add(a, placeholder("b", { dtype: "float32", shape: [4] }))).toThrow(
      /add: shapes \[2, 3\] and \[4\]/,
    );
    expect(() => ops.add(a, placeholder("b", { dtype: "int32", shape: [3] }))).toThrow(/add.*float32 and int32.*cast/);
  });
});

describe("reductions", () => {
  const x = randomTensor([2, 3, 4], numbers(9));
  it.each([
    ["sum", ops.sum, (row: number[]) => row.reduce((a, b) => a + b, 0)],
    ["mean", ops.mean, (row: number[]) => row.reduce((a, b) => a + b, 0) / row.length],
    ["reduceMax", ops.reduceMax, (row: number[]) => Math.max(...row)],
    ["reduceMin", ops.reduceMin, (row: number[]) => Math.min(...row)],
  ] as const)("%s over every choice of axes equals a loop", async (_name, op, reference) => {
    for (const axes of [undefined, 0, 1, -1, [0, 2], [1, 2], [0, 1, 2]]) {
      const over = axes === undefined ? [0, 1, 2] : [axes].flat().map((axis) => (axis < 0 ? axis + 3 : axis));
      const groups = new Map<string, number[]>();
      for (let i = 0; i < 2; i++)
        for (let j = 0; j < 3; j++)
          for (let k = 0; k < 4; k++) {
            const key = [i, j, k].filter((_, axis) => !over.includes(axis)).join();
            groups.set(key, [...(groups.get(key) ?? []), Number(x.data[flat([2, 3, 4], [i, j, k])])]);
          }
      const wanted = [...groups.values()].map(reference);
      expectClose(data(await evaluate((t) => op(t, axes), x)), wanted);
      expectClose(data(await evaluate((t) => op(t, axes, { keepDims: true }), x)), wanted);
      await expectGradient((t) => op(t, axes), [x], { step: 1e-3, atol: 5e-3 });
    }
  });

  it("argMax gives the first of equal maxima", async () => {
    const value = await evaluate((t) => ops.argMax(t), hostTensor(Float32Array.of(1, 3, 3, 5, 0, 5), [2, 3]));
    expect(Array.from(value.data as BigInt64Array)).toEqual([1n, 0n]);
  });
});

describe("movement", () => {
  const x = randomTensor([2, 3, 4], numbers(21));
  it("transposes by any permutation", async () => {
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 0, 2],
      [2, 1, 0],
    ]) {
      const value = await evaluate((t) => ops.transpose(t, order), x);
      const wanted: number[] = [];
      const shape = order.map((axis) => [2, 3, 4][axis] ?? 0);
      for (let i = 0; i < (shape[0] ?? 0); i++)
        for (let j = 0; j < (shape[1] ?? 0); j++)
          for (let k = 0; k < (shape[2] ?? 0); k++) {
            const source = [0, 0, 0];
            for (const [axis, from] of order.entries()) source[from] = [i, j, k][axis] ?? 0;
            wanted.push(Number(x.data[flat([2, 3, 4], source)]));
          }
      expect(data(value)).toEqual(wanted);
      await expectGradient((t) => ops.mul(ops.transpose(t, order), ops.transpose(t, order)), [x]);
    }
  });

  it("slices, pads and concatenates on every axis, and back", async () => {
    for (const axis of [0, 1, 2]) {
      const length = [2, 3, 4][axis] ?? 0;
      const halves: F = (t) => ops.concat([ops.slice(t, { axis, start: 1 }), ops.slice(t, { axis, end: 1 })], axis);
      const twice: F = (t) =>
        ops.concat([ops.slice(halves(t), { axis, start: length - 1 }), ops.slice(halves(t), { axis, end: -1 })], axis);
      expect(data(await evaluate(twice, x))).toEqual(data(x));
      const padded: F = (t) => ops.pad(t, { axis, before: 2, after: 1 });
      expect(data(await evaluate((t) => ops.slice(padded(t), { axis, start: 2, end: -1 }), x))).toEqual(data(x));
      await expectGradient((t) => ops.mul(halves(t), t), [x]);
      await expectGradient((t) => ops.square(padded(t)), [x]);
    }
  });

  it("reshapes with one length left open, and refuses another size", async () => {
    expect((await evaluate((t) => ops.reshape(t, [4, -1]), x)).shape).toEqual([4, 6]);
    const t = placeholder("t", { dtype: "float32", shape: [2, 3] });
    expect(() => ops.reshape(t, [4, -1])).toThrow(/reshape.*\[2, 3\].*6 values/);
    expect(() => ops.slice(t, { axis: 1, start: 2, end: 5 })).toThrow(/slice.*≤ 3 on axis 1/);
    expect(() => ops.concat([t, placeholder("u", { dtype: "float32", shape: [2, 2, 3] })])).toThrow(/concat/);
  });
});

describe("indexing", () => {
  it("gathers rows and sends gradients of repeated rows back in sum", async () => {
    const table = randomTensor([4, 3], numbers(31));
    const rows = indices([2, 0, 2, 3], [2, 2]);
    const value = await evaluate((t, i) => ops.gather(t, i), table, rows);
    expect(value.shape).toEqual([2, 2, 3]);
    expect(data(value)).toEqual([2, 0, 2, 3].flatMap((row) => data(table).slice(row * 3, row * 3 + 3)));
    await expectGradient((t, i) => ops.square(ops.gather(t, i)), [table, rows]);
    await expectGradient((t, i) => ops.add(ops.square(ops.gather(t, i)), ops.sum(ops.square(t))), [table, rows]);
  });

  it("adds rows at indices, repeated ones twice", async () => {
    const base = randomTensor([3, 2], numbers(33));
    const updates = randomTensor([4, 2], numbers(34));
    const places = [1, 1, 0, 1];
    const wanted = data(base);
    for (const [i, row] of places.entries())
      for (const j of [0, 1]) wanted[row * 2 + j] = (wanted[row * 2 + j] ?? 0) + Number(updates.data[i * 2 + j]);
    const scatter: F = (b, i, u) => ops.scatterAdd(b, i, u);
    expectClose(data(await evaluate(scatter, base, indices(places), updates)), wanted);
    await expectGradient((b, i, u) => ops.square(scatter(b, i, u)), [base, indices(places), updates]);
  });

  it.each([
    ["by a product over a small table", 1024, 64, 7],
    ["by a product over a large one", 1024, 64, 5000],
    ["by a product of very many over a small one", 3000, 16, 7],
    ["one by one", 3000, 16, 1100],
  ])("adds %s the same bits every time when many updates share few rows", async (_how, count, width, length) => {
    const next = numbers(77);
    const updates = randomTensor([count, width], next);
    const places = Array.from({ length: count }, () => Math.floor((next() + 1) * 3.5));
    const wanted = new Float64Array(length * width);
    for (const [i, row] of places.entries())
      for (let j = 0; j < width; j++)
        wanted[row * width + j] = (wanted[row * width + j] ?? 0) + Number(updates.data[i * width + j]);
    const zeros = hostTensor(new Float32Array(length * width), [length, width]);
    const scatter: F = (b, i, u) => ops.scatterAdd(b, i, u);
    const first = data(await evaluate(scatter, zeros, indices(places), updates));
    expectClose(first, wanted, 1e-4, 1e-4);
    for (let again = 0; again < 8; again++) {
      expect(data(await evaluate(scatter, zeros, indices(places), updates))).toEqual(first);
    }
  });

  it("takes and adds along an axis", async () => {
    const x = randomTensor([3, 4], numbers(35));
    const picks = indices([1, 0, 3, 3, 2, 2], [3, 2]);
    const value = await evaluate((t, i) => ops.takeAlong(t, i), x, picks);
    expect(data(value)).toEqual([1, 0, 3, 3, 2, 2].map((column, i) => Number(x.data[Math.floor(i / 2) * 4 + column])));
    await expectGradient((t, i) => ops.square(ops.takeAlong(t, i)), [x, picks]);
    await expectGradient((t, i) => ops.square(ops.addAlong(t, i, ops.takeAlong(t, i))), [x, picks]);
  });
});

describe("rows of probabilities", () => {
  const x = randomTensor([3, 5], numbers(41, -3, 3));
  const rows = (f: (row: number[]) => number[]): number[] =>
    [0, 1, 2].flatMap((i) => f(data(x).slice(i * 5, i * 5 + 5)));
  const lse = (row: number[]): number => Math.log(row.reduce((total, value) => total + Math.exp(value), 0));

  it("softmax, logSoftmax and logSumExp equal their definitions and derivatives", async () => {
    expectClose(
      data(await evaluate((t) => ops.softmax(t), x)),
      rows((row) => row.map((v) => Math.exp(v - lse(row)))),
    );
    expectClose(
      data(await evaluate((t) => ops.logSoftmax(t), x)),
      rows((row) => row.map((v) => v - lse(row))),
    );
    expectClose(
      data(await evaluate((t) => ops.logSumExp(t), x)),
      rows((row) => [lse(row)]),
    );
    for (const op of [ops.softmax, ops.logSoftmax, ops.logSumExp]) await expectGradient((t) => op(t), [x]);
    await expectGradient((t) => ops.softmax(t, 0), [x]);
  });

  it("cross-entropy and one-versus-all losses equal loops, also at logits of 1000", async () => {
    const labels = indices([4, 0, 2]);
    const logistic = (row: number[], label: number): number =>
      row.reduce((total, s, j) => total + Math.log1p(Math.exp(j === label ? -s : s)), 0);
    const each = (f: (row: number[], label: number) => number): number[] =>
      [4, 0, 2].map((label, i) => f(data(x).slice(i * 5, i * 5 + 5), label));
    const cross: F = (t, l) => ops.crossEntropy(t, l);
    const oneAll: F = (t, l) => ops.oneVersusAll(t, l);
    expectClose(
      data(await evaluate(cross, x, labels)),
      each((row, label) => lse(row) - (row[label] ?? 0)),
    );
    expectClose(data(await evaluate(oneAll, x, labels)), each(logistic));
    await expectGradient(cross, [x, labels]);
    await expectGradient(oneAll, [x, labels]);
    const far = hostTensor(Float32Array.of(1000, -1000, 0), [1, 3]);
    expectClose(data(await evaluate(cross, far, indices([1]))), [2000]);
    expectClose(data(await evaluate(oneAll, far, indices([1]))), [2000 + Math.LN2]);
    const slopes = await evaluate((t, l) => grad((p: Tensor) => ops.sum(oneAll(p, l)))(t), far, indices([1]));
    expectClose(data(slopes), [1, -1, 0.5]);
  });
});

describe("normalisation and attention", () => {
  const next = numbers(51);
  const x = randomTensor([2, 3, 4], next);
  const [weight, bias] = [randomTensor([4], next), randomTensor([4], next)];
  const rows = (f: (row: number[]) => number[]): number[] =>
    Array.from({ length: 6 }, (_, i) => f(data(x).slice(i * 4, i * 4 + 4))).flat();
  const average = (row: number[]): number => row.reduce((a, b) => a + b, 0) / row.length;

  it("RMSNorm and LayerNorm equal their definitions and derivatives", async () => {
    const rms = (row: number[]) =>
      row.map((v, i) => (v / Math.sqrt(average(row.map((u) => u * u)) + 1e-5)) * Number(weight.data[i]));
    expectClose(data(await evaluate((t, w) => ops.rmsNorm(t, w), x, weight)), rows(rms));
    await expectGradient((t, w) => ops.rmsNorm(t, w), [x, weight], { step: 3e-3 });
    const layer = (row: number[]) => {
      const centred = row.map((v) => v - average(row));
      const root = Math.sqrt(average(centred.map((v) => v * v)) + 1e-5);
      return centred.map((v, i) => (v / root) * Number(weight.data[i]) + Number(bias.data[i]));
    };
    const norm: F = (t, w, b) => ops.layerNorm(t, w, b);
    expectClose(data(await evaluate(norm, x, weight, bias)), rows(layer));
    await expectGradient(norm, [x, weight, bias], { step: 3e-3, atol: 5e-3 });
  });

  it("rotary embedding turns pairs and keeps their length", async () => {
    const angles = [0.3, -1.2, 0.3, -1.2, 2, 0.1, 2, 0.1, 0, 3, 0, 3];
    const [cos, sin] = [Math.cos, Math.sin].map((f) => hostTensor(Float32Array.from(angles, f), [3, 4])) as [
      HostTensor,
      HostTensor,
    ];
    const turned = data(await evaluate((t, c, s) => ops.rotary(t, c, s), x, cos, sin));
    for (let row = 0; row < 6; row++)
      for (const i of [0, 1]) {
        const [a, b] = [Number(x.data[row * 4 + i]), Number(x.data[row * 4 + i + 2])];
        const angle = angles[(row % 3) * 4 + i] ?? 0;
        expectClose([turned[row * 4 + i] ?? NaN], [a * Math.cos(angle) - b * Math.sin(angle)]);
        expectClose([turned[row * 4 + i + 2] ?? NaN], [b * Math.cos(angle) + a * Math.sin(angle)]);
      }
    await expectGradient((t) => ops.rotary(t, constant(cos), constant(sin)), [x]);
  });

  it("rotary embedding turns each text of a batch by its own angles", async () => {
    const angles = randomTensor([2, 1, 3, 2], next);
    const tables = [ops.cos, ops.sin].map((f) => f(ops.concat([constant(angles), constant(angles)], -1)));
    const [cos, sin] = tables as [Tensor, Tensor];
    const batch = randomTensor([2, 5, 3, 4], next);
    const part = (t: Tensor, i: number): Tensor => ops.slice(t, { axis: 0, start: i, end: i + 1 });
    const alone = (t: Tensor) =>
      ops.concat(
        [0, 1].map((i) => {
          const [own, c, s] = [part(t, i), ops.reshape(part(cos, i), [3, 4]), ops.reshape(part(sin, i), [3, 4])];
          return ops.rotary(own, c, s);
        }),
      );
    expectClose(data(await evaluate((t) => ops.rotary(t, cos, sin), batch)), data(await evaluate(alone, batch)));
    await expectGradient((t) => ops.rotary(t, cos, sin), [batch]);
    expect(() => ops.rotary(constant(batch), part(cos, 0), sin)).toThrow("[b, 1, n, d] for a batch");
  });

  it("attention with a causal additive mask equals loops over the past", async () => {
    const [q, k, v] = [0, 1, 2].map(() => randomTensor([2, 3, 4], next)) as [HostTensor, HostTensor, HostTensor];
    const mask = hostTensor(
      Float32Array.from({ length: 9 }, (_, i) => (i % 3 > Math.floor(i / 3) ? -1e9 : 0)),
      [3, 3],
    );
    const masked: F = (a, b, c, m) => ops.attention(a, b, c, { mask: m });
    const at = (tensor: HostTensor, b: number, n: number, d: number): number => Number(tensor.data[b * 12 + n * 4 + d]);
    const wanted: number[] = [];
    for (const b of [0, 1])
      for (const n of [0, 1, 2]) {
        const past = [0, 1, 2].filter((m) => m <= n);
        const scores = past.map(
          (m) => [0, 1, 2, 3].reduce((total, d) => total + at(q, b, n, d) * at(k, b, m, d), 0) / 2,
        );
        const weights = scores.map((score) => Math.exp(score));
        const total = weights.reduce((a, c) => a + c, 0);
        for (const d of [0, 1, 2, 3])
          wanted.push(past.reduce((value, m, i) => value + ((weights[i] ?? 0) / total) * at(v, b, m, d), 0));
      }
    expectClose(data(await evaluate(masked, q, k, v, mask)), wanted);
    await expectGradient((a, b, c) => masked(a, b, c, constant(mask)), [q, k, v]);
  });
});
