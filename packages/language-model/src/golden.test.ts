import { compile, crossEntropy, hostTensor, int32, mean, reshape, slice, valueAndGrad } from "@offprint/tensor";
import type { HostTensor, Tensor } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { createModel } from "./create-model.ts";
import { goldenConfig, goldenIds, goldenTensor, goldenWeights, longLoraGolden } from "./testing/longlora-golden.ts";
import { expectClose } from "./testing/expect-close.ts";
import { logitsOf, weightsOf } from "./weights.ts";

const model = createModel(goldenConfig);
const base = Object.fromEntries(Object.entries(goldenWeights).filter(([name]) => !name.includes("lora_")));

/** Mean loss of each next token: ids `[b, n]`, logits `[b, n, vocabulary]`. */
function nextTokenLoss(logits: Tensor, ids: Tensor): Tensor {
  const [b = 1, n = 1, vocabulary = 1] = logits.shape;
  const before = reshape(slice(logits, { axis: 1, end: n - 1 }), [b * (n - 1), vocabulary]);
  return mean(crossEntropy(before, reshape(slice(ids, { axis: 1, start: 1 }), [b * (n - 1)])));
}

/** W + (alpha / r) · B · A, on the host in float64. */
function merged(weights: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  const { lora_r: rank, lora_alpha: alpha } = longLoraGolden.config;
  return Object.fromEntries(
    Object.entries(base).map(([name, tensor]) => {
      const module = name.replace(/\.weight$/, "");
      const [a, b] = [weights[`${module}.lora_A.weight`]?.data, weights[`${module}.lora_B.weight`]?.data];
      if (!a || !b) return [name, tensor];
      const [, into = 1] = tensor.shape;
      const data = Float32Array.from(tensor.data as Float32Array, (value, at) => {
        const [row, column] = [Math.floor(at / into), at % into];
        let product = 0;
        for (let i = 0; i < rank; i++) product += Number(b[row * rank + i]) * Number(a[i * into + column]);
        return value + (alpha / rank) * product;
      });
      return [name, hostTensor(data, tensor.shape)];
    }),
  );
}

describe("the golden two-layer Llama", () => {
  it("has exactly the weights that the golden file lists", () => {
    const listed = Object.entries(base).map(([name, { shape }]) => [name, shape]);
    expect(model.shapes).toEqual(Object.fromEntries(listed));
  });

  it("has the golden logits and loss, its adapters merged", async () => {
    const program = await compile({
      state: merged(goldenWeights),
      inputs: { ids: int32([2, 16]) },
      run: ({ state, inputs: { ids } }) => {
        const weights = weightsOf(state);
        const logits = logitsOf(model, weights, model.hidden(weights, ids));
        return { outputs: { logits, loss: nextTokenLoss(logits, ids) } };
      },
    });
    const { logits, loss } = await program.run({ ids: goldenIds });
    expectClose(logits, goldenTensor(longLoraGolden.model.full.logits));
    expect(Number(loss.data[0])).toBeCloseTo(longLoraGolden.model.full.loss, 5);
    await program.dispose();
  });

  it.each([false, true])("has the golden gradients of all weights (layers recomputed: %s)", async (recompute) => {
    const program = await compile({
      state: base,
      inputs: { ids: int32([2, 16]), positions: int32([16]) },
      run: ({ state, inputs: { ids, positions } }) => {
        const options = recompute ? { recompute, positions } : {};
        const { value, grads } = valueAndGrad((params: Record<string, Tensor>) => {
          const weights = weightsOf(params);
          return nextTokenLoss(logitsOf(model, weights, model.hidden(weights, ids, options)), ids);
        })(state);
        const outputs: Record<string, Tensor> = { loss: value, ...grads };
        return { outputs };
      },
    });
    const positions = Int32Array.from({ length: 16 }, (_, i) => i);
    const { loss, ...grads } = await program.run({ ids: goldenIds, positions });
    const golden = longLoraGolden.model.full_no_lora_full_ft;
    expect(Number(loss?.data[0])).toBeCloseTo(golden.loss, 5);
    for (const [name, wanted] of Object.entries(golden.grads))
      expectClose(grads[name] as HostTensor, goldenTensor(wanted), name);
    await program.dispose();
  });
});
