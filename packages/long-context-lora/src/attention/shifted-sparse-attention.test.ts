import fc from "fast-check";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { expectClose } from "../testing/expect-close.ts";
import { fromFormula, golden, goldenTensor } from "../testing/longlora-golden.ts";
import { runAttend, type AttendCase } from "../testing/run-attend.ts";
import type { AttentionChoice } from "./segments.ts";
import { attendWith } from "./shifted-sparse-attention.ts";

const { tensors, group_size: group, modes, noleak_right_padded: padded } = golden.s2attn;
const goldenCase: AttendCase = {
  q: fromFormula(tensors.q),
  k: fromFormula(tensors.k),
  v: fromFormula(tensors.v),
  gradOut: fromFormula(tensors.grad_out),
};

const kinds = [
  ["full", "full"],
  ["s2", "noleak"],
  ["paper-wrap", "paper"],
] as const;

interface Sizes {
  readonly b: number;
  readonly kvHeads: number;
  readonly shared: number;
  readonly n: number;
}

const draw = ({ b, kvHeads, shared, n }: Sizes): AttendCase => {
  const shape = (heads: number): number[] => [b, heads, n, 4];
  const tensor = (index: number, heads: number) => fromFormula({ index, shape: shape(heads), scale: 1, offset: 0 });
  const heads = kvHeads * shared;
  return { q: tensor(1, heads), k: tensor(2, kvHeads), v: tensor(3, kvHeads), gradOut: tensor(4, heads) };
};

/** One query after the other, by the paper's rule: the same ⌊(token + shift) / group⌋, and no later token. */
function naive(
  { q, k, v, documents }: AttendCase,
  sees: (head: number, query: number, key: number) => boolean,
): HostTensor {
  const [b = 0, heads = 0, n = 0, d = 0] = q.shape;
  const kvHeads = k.shape[1] ?? 0;
  const row = (x: HostTensor, i: number, head: number, token: number) =>
    Array.from(
      (x.data as Float32Array).subarray(((i * (x.shape[1] ?? 0) + head) * n + token) * d).subarray(0, d),
      Number,
    );
  const out: number[] = [];
  for (let at = 0; at < b * heads * n; at++) {
    const [i, head, query] = [Math.floor(at / (heads * n)), Math.floor(at / n) % heads, at % n];
    const own = Math.floor(head / (heads / kvHeads));
    const weights = Array.from({ length: n }, (_, key) => {
      const together = documents?.data[i * n + query] === documents?.data[i * n + key];
      if (key > query || !together || !sees(head, query, key)) return 0;
      const other = row(k, i, own, key);
      return Math.exp(row(q, i, head, query).reduce((sum, x, c) => sum + x * (other[c] ?? 0), 0) / Math.sqrt(d));
    });
    const total = weights.reduce((sum, w) => sum + w, 0);
    for (let c = 0; c < d; c++)
      out.push(weights.reduce((sum, w, key) => sum + (w / total) * (row(v, i, own, key)[c] ?? 0), 0));
  }
  return hostTensor(Float32Array.from(out), q.shape);
}

const s2Rule =
  ({ heads, group }: { heads: number; group: number }) =>
  (head: number, query: number, key: number): boolean => {
    const shift = head >= heads - Math.floor(heads / 2) ? group / 2 : 0;
    return Math.floor((query + shift) / group) === Math.floor((key + shift) / group);
  };

const sizes = fc.record({
  b: fc.integer({ min: 1, max: 2 }),
  kvHeads: fc.integer({ min: 1, max: 3 }),
  shared: fc.integer({ min: 1, max: 4 }),
  n: fc.integer({ min: 1, max: 13 }),
});

describe("shifted sparse attention", () => {
  it.each(kinds)("%s has the golden output and gradients", async (kind, mode) => {
    const found = await runAttend(() => attendWith({ kind, group }), goldenCase);
    for (const name of ["out", "dq", "dk", "dv"] as const) {
      expectClose(found[name], goldenTensor(modes[mode][name]), `${kind} ${name}`);
    }
  });

  it("has the golden output of a batch padded on the right, without a mask", async () => {
    const { out } = await runAttend(() => attendWith({ kind: "s2", group }), goldenCase);
    const [, heads = 0, n = 0, d = 0] = out.shape;
    for (const [i, length] of padded.valid_lengths.entries()) {
      for (let head = 0; head < heads; head++) {
        const start = (i * heads + head) * n * d;
        const valid = (data: ArrayLike<number>) =>
          hostTensor(Float32Array.from(data).subarray(start, start + length * d), [length, d]);
        expectClose(valid(out.data as Float32Array), valid(padded.out.data), `sequence ${i}, head ${head}`);
      }
    }
  });

  it("gives what one query after the other gives, at any length, group, batch and sharing of keys", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 8 }), async (size, half) => {
        const given = draw(size);
        const rule = { heads: size.kvHeads * size.shared, group: 2 * half };
        const { out } = await runAttend(() => attendWith({ kind: "s2", group: 2 * half }), given);
        expectClose(out, naive(given, s2Rule(rule)));
      }),
      { numRuns: 25 },
    );
  });

  it("has the gradients of the same attention written as a mask over keys of their own", async () => {
    const size = { b: 1, kvHeads: 3, shared: 3, n: 11 };
    const given = draw(size);
    const { dk } = await runAttend(() => attendWith({ kind: "s2", group: 4 }), given);
    const moved = async (by: number): Promise<number> => {
      const data = Float32Array.from(given.k.data as Float32Array);
      data[50] = (data[50] ?? 0) + by;
      const out = naive({ ...given, k: { ...given.k, data } }, s2Rule({ heads: 9, group: 4 }));
      return (out.data as Float32Array).reduce((sum, y, i) => sum + y * Number(given.gradOut.data[i]), 0);
    };
    expect(Number(dk.data[50])).toBeCloseTo(((await moved(1e-2)) - (await moved(-1e-2))) / 2e-2, 3);
  });

  it("is full attention in the plain half where one group holds the sequence", async () => {
    const given = draw({ b: 2, kvHeads: 2, shared: 2, n: 7 });
    const [s2, full] = await Promise.all([
      runAttend(() => attendWith({ kind: "s2", group: 16 }), given),
      runAttend(() => attendWith({ kind: "full" }), given),
    ]);
    const plainHalf = ({ data }: HostTensor) =>
      Array.from(data as Float32Array).filter((_, i) => Math.floor(i / 28) % 4 < 2);
    expect(plainHalf(s2.out)).toEqual(plainHalf(full.out));
  });

  it("leaves all heads in place where the attention is short", async () => {
    const given = draw({ b: 1, kvHeads: 2, shared: 1, n: 10 });
    const { out } = await runAttend(() => attendWith({ kind: "short", group: 4 }), given);
    expectClose(
      out,
      naive(given, (_, query, key) => Math.floor(query / 4) === Math.floor(key / 4)),
    );
  });

  it("keeps packed documents apart in every kind of attention", async () => {
    const ids = Int32Array.of(0, 0, 0, 1, 1, 1, 1, 2, 4, 4, 4, 4, 4, 4, 4, 4);
    const given = { ...draw({ b: 2, kvHeads: 1, shared: 2, n: 8 }), documents: hostTensor(ids, [2, 8]) };
    const choices: AttentionChoice[] = [{ kind: "s2", group: 4 }, { kind: "full" }];
    for (const choice of choices) {
      const { out } = await runAttend((documents) => attendWith(choice, documents && { documents }), given);
      expectClose(out, naive(given, choice.kind === "full" ? () => true : s2Rule({ heads: 2, group: 4 })));
    }
  });

  it("says which groups and lengths cannot be", async () => {
    const given = draw({ b: 1, kvHeads: 1, shared: 2, n: 10 });
    const attempt = (choice: AttentionChoice) => runAttend(() => attendWith(choice), given);
    await expect(attempt({ kind: "s2", group: 3 })).rejects.toThrow(
      /wanted a group of 2, 4, 6, … tokens, got a group of 3/,
    );
    await expect(attempt({ kind: "paper-wrap", group: 4 })).rejects.toThrow(
      /divisible by the group of 4, got 10 tokens/,
    );
    await expect(attempt({ kind: "short", group: 0 })).rejects.toMatchObject({
      code: "INVALID_ATTENTION",
      exitCode: 2,
    });
  });
});
