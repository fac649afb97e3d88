import { weightsOf } from "@offprint/language-model";
import { compile, constant, int32, reshape, valueAndGrad, type HostTensor, type Tensor } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { attendWith } from "./attention/shifted-sparse-attention.ts";
import type { AttentionKind } from "./attention/segments.ts";
import { mergedWeight, withLora } from "./lora.ts";
import { trainableNames } from "./method.ts";
import { expectClose } from "./testing/expect-close.ts";
import {
  goldenLora,
  goldenModel,
  goldenTensor,
  goldenWeights,
  golden,
  shiftedLabels,
} from "./testing/longlora-golden.ts";
import { supervisedLoss } from "./training/next-token-loss.ts";

const kinds = { full: "full", paper: "paper-wrap", noleak: "s2" } as const satisfies Record<string, AttentionKind>;
const group = golden.config.group_size;
const ids = Int32Array.from(golden.input_ids.flat());

/** Loss and gradients of everything that LongLoRA's recipe trains, by name. */
async function gradients(
  kind: AttentionKind,
  labels: Int32Array,
  recompute: boolean,
): Promise<{ loss: number; grads: Record<string, HostTensor> }> {
  const { adapter, weights: own } = trainableNames(goldenModel, "lora+", goldenLora);
  const trained = new Set([...Object.keys(adapter), ...own]);
  const of = (wanted: boolean) =>
    Object.fromEntries(Object.entries(goldenWeights).filter(([name]) => trained.has(name) === wanted));
  const supervised = labels.filter((label) => label >= 0).length;
  const program = await compile({
    state: { frozen: of(false), params: of(true) },
    inputs: { ids: int32([2, 16]), labels: int32([32]) },
    run: ({ state, inputs }) => {
      const { frozen, params } = state as Record<"frozen" | "params", Record<string, Tensor>>;
      const { value, grads } = valueAndGrad((params: Record<string, Tensor>) => {
        const weights = withLora(weightsOf({ ...frozen, ...params }), goldenLora);
        const hidden = goldenModel.hidden(weights, inputs.ids, { attend: attendWith({ kind, group }), recompute });
        const rows = reshape(hidden, [32, -1]);
        const prediction = { hidden: rows, head: weights.get(goldenModel.head), labels: inputs.labels };
        return supervisedLoss(prediction, constant(1 / supervised), false);
      })(params);
      const outputs: Record<string, Tensor> = { loss: value, ...grads };
      return { outputs };
    },
  });
  const { loss, ...grads } = await program.run({ ids, labels });
  await program.dispose();
  return { loss: Number(loss?.data[0]), grads };
}

describe("LongLoRA's recipe on the golden two-layer model", () => {
  it.each([
    ["full", false],
    ["paper", false],
    ["noleak", false],
    ["noleak", true],
  ] as const)(
    "has the golden loss and gradients of adapters, embedding and norms: %s, recomputed: %s",
    async (mode, recompute) => {
      const expected = golden.model[mode];
      const { loss, grads } = await gradients(kinds[mode], shiftedLabels(golden.input_ids), recompute);
      expect(loss).toBeCloseTo(expected.loss, 5);
      expect(Object.keys(grads).toSorted()).toEqual(Object.keys(expected.grads).toSorted());
      for (const [name, wanted] of Object.entries(expected.grads))
        expectClose(grads[name]!, goldenTensor(wanted), name);
    },
  );

  it("has them with masked labels and padding on the right", async () => {
    const expected = golden.model.noleak_sft_padded;
    const { loss, grads } = await gradients("s2", shiftedLabels(golden.labels_sft), false);
    expect(loss).toBeCloseTo(expected.loss, 5);
    for (const [name, wanted] of Object.entries(expected.grads)) expectClose(grads[name]!, goldenTensor(wanted), name);
  });

  it("merges to W + (alpha / r) · B · A", async () => {
    const program = await compile({
      state: goldenWeights,
      run: ({ state }) => {
        const weights = weightsOf(state);
        const merged = Object.keys(golden.merged).map((name) => {
          return [name, mergedWeight(weights, goldenLora, name.slice(0, -".weight".length), "out-in")] as const;
        });
        return { outputs: Object.fromEntries(merged) };
      },
    });
    const merged = await program.run({});
    for (const [name, wanted] of Object.entries(golden.merged)) expectClose(merged[name]!, goldenTensor(wanted), name);
    await program.dispose();
  });
});
