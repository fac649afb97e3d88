import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff.ts";
import { compile } from "../default-engine.ts";
import type { HostTensor } from "../dtype.ts";
import { ShapeMismatchError } from "../errors.ts";
import { constant, float32, int32, placeholder, type Tensor } from "../graph/tensor.ts";
import { hostTensor } from "../host-tensor.ts";
import { evaluate, expectClose, expectGradient, numbers, randomTensor } from "../testing.ts";
import { mul, reshape, sum } from "./arithmetic.ts";
import { attention } from "./attention.ts";
import { causalAttention } from "./causal-attention.ts";
import { sin } from "./elementwise.ts";
import { concat } from "./movement.ts";

interface Sizes {
  readonly b: number;
  readonly kvHeads: number;
  readonly shared: number;
  readonly n: number;
  readonly past: number;
  readonly d: number;
}

/** One query after the other, in float64. */
function naive(
  [q, k, v]: readonly [HostTensor, HostTensor, HostTensor],
  together: (i: number, row: number, column: number) => boolean = () => true,
): number[] {
  const [b = 0, heads = 0, n = 0, d = 0] = q.shape;
  const [, kvHeads = 0, m = 0] = k.shape;
  const at = ({ data, shape }: HostTensor, i: number, h: number, row: number, c: number): number =>
    Number(data[((i * (shape[1] ?? 0) + h) * (shape[2] ?? 0) + row) * d + c]);
  const out: number[] = [];
  for (let i = 0; i < b; i++) {
    for (let h = 0; h < heads; h++) {
      const kv = Math.floor((h * kvHeads) / heads);
      for (let row = 0; row < n; row++) {
        const weights = Array.from({ length: m }, (_, column) => {
          if (column > row + m - n || !together(i, row, column)) return 0;
          let score = 0;
          for (let c = 0; c < d; c++) score += at(q, i, h, row, c) * at(k, i, kv, column, c);
          return Math.exp(score / Math.sqrt(d));
        });
        const total = weights.reduce((sum, w) => sum + w, 0);
        for (let c = 0; c < d; c++)
          out.push(weights.reduce((sum, w, column) => sum + (w / total) * at(v, i, kv, column, c), 0));
      }
    }
  }
  return out;
}

function draw({ b, kvHeads, shared, n, past, d }: Sizes): readonly [HostTensor, HostTensor, HostTensor] {
  const next = numbers(n + d, -2, 2);
  return [
    randomTensor([b, kvHeads * shared, n, d], next),
    randomTensor([b, kvHeads, n + past, d], next),
    randomTensor([b, kvHeads, n + past, d], next),
  ];
}

const sizes = fc.record({
  b: fc.integer({ min: 1, max: 2 }),
  kvHeads: fc.integer({ min: 1, max: 3 }),
  shared: fc.integer({ min: 1, max: 3 }),
  n: fc.integer({ min: 1, max: 9 }),
  past: fc.integer({ min: 0, max: 4 }),
  d: fc.integer({ min: 1, max: 5 }),
});

const causal = (q: Tensor, k: Tensor, v: Tensor): Tensor => causalAttention(q, k, v);

describe("causal attention", () => {
  it("gives what one query after the other gives, with shared keys and with keys from before", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (size) => {
        const inputs = draw(size);
        expectClose((await evaluate(causal, ...inputs)).data as Float32Array, naive(inputs));
      }),
      { numRuns: 12 },
    );
  });

  it("has the gradient that differences give", async () => {
    await expectGradient(causal, draw({ b: 1, kvHeads: 2, shared: 2, n: 5, past: 0, d: 2 }));
  });

  it("keeps packed documents apart", async () => {
    const inputs = draw({ b: 2, kvHeads: 1, shared: 2, n: 6, past: 0, d: 3 });
    const ids = [0, 0, 0, 1, 1, 2, 5, 5, 5, 5, 5, 5];
    const documents = hostTensor(Int32Array.from(ids), [2, 6]);
    const attend = (q: Tensor, k: Tensor, v: Tensor, ids: Tensor) => causalAttention(q, k, v, { documents: ids });
    expectClose(
      (await evaluate(attend, ...inputs, documents)).data as Float32Array,
      naive(inputs, (i, row, column) => ids[i * 6 + row] === ids[i * 6 + column]),
    );
    await expectGradient(attend, [...inputs, documents]);
  });

  it("sees only its own piece where the sequence is cut", async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, pieces, async (size, lengths) => {
        const borders = lengths.reduce((all, length) => [...all, (all.at(-1) ?? 0) + length], [0]);
        const inputs = draw({ ...size, n: borders.at(-1) ?? 0, past: 0 });
        const cut = (q: Tensor, k: Tensor, v: Tensor): Tensor => causalAttention(q, k, v, { borders });
        const pieceOf = (row: number): number => borders.findIndex((border) => border > row);
        const wanted = naive(inputs, (_, row, column) => pieceOf(row) === pieceOf(column));
        expectClose((await evaluate(cut, ...inputs)).data as Float32Array, wanted);
      }),
      { numRuns: 12 },
    );
    const cut = (q: Tensor, k: Tensor, v: Tensor): Tensor => causalAttention(q, k, v, { borders: [0, 1, 3, 5] });
    await expectGradient(cut, draw({ b: 1, kvHeads: 2, shared: 2, n: 5, past: 0, d: 2 }));
  });

  it("gives at several tiles and chunks what the whole matrix of scores gives, and the same gradients", async () => {
    const [b, kvHeads, shared, n, d] = [2, 3, 3, 520, 4];
    const inputs = draw({ b, kvHeads, shared, n, past: 0, d });
    const documents = hostTensor(
      Int32Array.from({ length: b * n }, (_, i) => Math.floor((i % n) / 170)),
      [b, n],
    );
    const whole = (q: Tensor, k: Tensor, v: Tensor, apart: boolean): Tensor => {
      const seen = (i: number) => {
        const [row, column] = [Math.floor(i / n), i % n];
        return column <= row && (!apart || Math.floor(row / 170) === Math.floor(column / 170));
      };
      const mask = hostTensor(
        Float32Array.from({ length: n * n }, (_, i) => (seen(i) ? 0 : -1e30)),
        [n, n],
      );
      const each = (x: Tensor): Tensor => reshape(x, [b, kvHeads, -1, n, d]);
      return reshape(attention(each(q), each(k), each(v), { mask: constant(mask) }), q.shape);
    };
    const heads = (count: number) => float32([b, count, n, d]);
    const program = await compile({
      inputs: { q: heads(kvHeads * shared), k: heads(kvHeads), v: heads(kvHeads), documents: int32([b, n]) },
      run: ({ inputs: { q, k, v, documents } }) => {
        const tiled = (apart: boolean) => (q: Tensor, k: Tensor, v: Tensor) =>
          causalAttention(q, k, v, apart ? { documents } : {});
        const matrix = (apart: boolean) => (q: Tensor, k: Tensor, v: Tensor) => whole(q, k, v, apart);
        const results = [tiled(false), matrix(false), tiled(true), matrix(true)].map((attend) => {
          const loss = ([q, k, v]: readonly [Tensor, Tensor, Tensor]) => sum(mul(attend(q, k, v), sin(q)));
          const { value, grads } = valueAndGrad(loss)([q, k, v]);
          return concat([reshape(value, [1]), ...grads.map((grad) => reshape(grad, [-1]))]);
        });
        return { outputs: Object.fromEntries(results.map((result, i) => [`y${i}`, result])) };
      },
    });
    const [q, k, v] = inputs;
    const found: Readonly<Record<string, HostTensor>> = await program.run({ q, k, v, documents });
    const values = (i: number) => found[`y${i}`]?.data as Float32Array;
    expectClose(values(0), values(1), 1e-3, 1e-4);
    expectClose(values(2), values(3), 1e-3, 1e-4);
    expect(Math.abs(Number(values(0)[0]) - Number(values(2)[0]))).toBeGreaterThan(1e-3);
    await program.dispose();
  });

  it("says what does not fit", () => {
    const tensor = (...shape: number[]) => placeholder("x", float32(shape));
    const attend = (heads: number, kvHeads: number, n: number, m: number) =>
      causalAttention(tensor(1, heads, n, 2), tensor(1, kvHeads, m, 2), tensor(1, kvHeads, m, 2));
    expect(() => attend(4, 3, 2, 2)).toThrow(ShapeMismatchError);
    expect(() => attend(4, 2, 3, 2)).toThrow(/m ≥ n/);
    const x = tensor(1, 1, 4, 2);
    expect(() => causalAttention(x, x, x, { borders: [0, 3] })).toThrow(/ascend from 0 to 4, got 0, 3/);
  });
});
