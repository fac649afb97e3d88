import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HostTensor } from "../dtype.ts";
import { ShapeMismatchError } from "../errors.ts";
import { float32, placeholder, type Tensor } from "../graph/tensor.ts";
import { hostTensor } from "../host-tensor.ts";
import { evaluate, expectClose, expectGradient, numbers, randomTensor } from "../testing.ts";
import { causalAttention } from "./causal-attention.ts";

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
