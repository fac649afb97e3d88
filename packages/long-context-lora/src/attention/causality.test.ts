import { createModel, readModelConfig, type Attend } from "@offprint/language-model";
import { causalAttention, concat, hostTensor, reshape, slice, type HostTensor, type Tensor } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { checkCausality } from "./causality.ts";
import type { AttentionChoice } from "./segments.ts";
import { attendWith } from "./shifted-sparse-attention.ts";

const config = readModelConfig(
  {
    model_type: "llama",
    vocab_size: 23,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 4096,
    rope_theta: 10_000,
  },
  "test",
);
const model = createModel(config);
const weightsBy = (value: (i: number) => number): Record<string, HostTensor> =>
  Object.fromEntries(
    Object.entries(model.shapes).map(([name, shape], index) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [
        name,
        hostTensor(
          Float32Array.from({ length: size }, (_, i) => value(i + 1000 * index)),
          shape,
        ),
      ];
    }),
  );
const weights = weightsBy((i) => Math.sin(0.37 * i * i + i));

/** Shifted attention whose outputs are moved back inside of each group instead of over the sequence, as one trainer had it. */
const wrongUnshift =
  (group: number): Attend =>
  ({ q, k, v }) => {
    const [b = 1, heads = 1, n = 1, d = 1] = q.shape;
    const roll = (x: Tensor, axis: number) =>
      concat([slice(x, { axis, start: group / 2 }), slice(x, { axis, end: group / 2 })], axis);
    const half = (x: Tensor, i: number) =>
      slice(x, { axis: 1, start: (i * (x.shape[1] ?? 0)) / 2, end: ((i + 1) * (x.shape[1] ?? 0)) / 2 });
    const borders = Array.from({ length: n / group + 1 }, (_, i) => i * group);
    const plain = causalAttention(half(q, 0), half(k, 0), half(v, 0), { borders });
    const shifted = causalAttention(roll(half(q, 1), 2), roll(half(k, 1), 2), roll(half(v, 1), 2), { borders });
    const inGroups = reshape(shifted, [b, heads / 2, n / group, group, d]);
    return concat([plain, reshape(roll(inGroups, 3), [b, heads / 2, n, d])], 1);
  };

describe("the causality check", () => {
  it.each<AttentionChoice & { context: number }>([
    { kind: "full", context: 64 },
    { kind: "s2", group: 16, context: 64 },
    { kind: "s2", group: 16, context: 61 },
    { kind: "s2", group: 64, context: 30 },
    { kind: "s2", context: 4096 },
    { kind: "short", group: 8, context: 32 },
  ])("finds no leak in $kind, group $group, at $context tokens", async ({ context, ...attend }) => {
    const report = await checkCausality({ model, weights, attend, context, padding: 3 });
    expect(report.steps.map(({ name, leak }) => ({ name, leak }))).toEqual([
      { name: "mask", leak: undefined },
      { name: "attention", leak: undefined },
      { name: "logits", leak: undefined },
    ]);
    expect(report.causal).toBe(true);
  });

  it("finds that the wrapped shift shows the last tokens to the first ones of the shifted half", async () => {
    const report = await checkCausality({ model, weights, attend: { kind: "paper-wrap", group: 16 }, context: 64 });
    expect(report).toMatchObject({ causal: false, heads: 4, firstShifted: 2 });
    const [mask, attention, logits] = report.steps;
    expect(mask).toMatchObject({ length: 64, group: 16, leak: { position: 0, seen: 63, heads: [2, 3] } });
    expect(attention).toMatchObject({ length: 64, group: 16, leak: { position: 0, seen: 63, heads: [2, 3] } });
    expect(logits).toMatchObject({ length: 24, group: 8, leak: { position: 0, seen: 23 } });
  });

  it("finds a shift that is undone inside of the groups", async () => {
    const { causal, steps } = await checkCausality({ model, weights, attend: wrongUnshift(4), context: 16 });
    expect(causal).toBe(false);
    // Position 0 gets what belongs to token 4, which sees tokens 2 to 4.
    expect(steps[0]).toMatchObject({ name: "attention", leak: { sequence: 0, position: 0, seen: 4, heads: [2, 3] } });
    expect(steps[1]).toMatchObject({ name: "logits", leak: { position: 0 } });
  });

  it("finds a sequence that sees its neighbour", async () => {
    const s2 = attendWith({ kind: "s2", group: 4 });
    const neighbour: Attend = ({ layer, q, k, v }) => {
      const swapped = concat([slice(v, { axis: 0, start: 1 }), slice(v, { axis: 0, end: 1 })], 0);
      return s2({ layer, q, k, v: swapped });
    };
    const { steps } = await checkCausality({ model, weights, attend: neighbour, context: 8 });
    expect(steps[0]?.leak).toMatchObject({ sequence: 1, position: 0, seenSequence: 0 });
  });

  it("does not take standing still for proof", async () => {
    const attempt = checkCausality({ model, weights: weightsBy(() => 0), attend: { kind: "full" }, context: 8 });
    await expect(attempt).rejects.toThrow(/weights are zero or not finite/);
  });
});
