import {
  compile,
  crossEntropy,
  float32,
  hostTensor,
  int32,
  mean,
  mul,
  reshape,
  rmsNorm,
  silu,
  slice,
  sum,
  valueAndGrad,
} from "@offprint/tensor";
import type { HostTensor, Tensor } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { createModel } from "./create-model.ts";
import {
  goldenConfig,
  goldenIds,
  goldenTensor,
  goldenWeights,
  longLoraGolden,
  type GoldenArray,
} from "./testing/longlora-golden.ts";
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

/** x / √(mean(x²) + ε) ∘ weight, a row at a time, in float64. */
function normalised({ data, shape }: GoldenArray, weight: HostTensor): HostTensor {
  const width = shape.at(-1) ?? 1;
  const rows = Array.from({ length: data.length / width }, (_, row) => data.slice(row * width, (row + 1) * width));
  const values = rows.flatMap((row) => {
    const root = Math.sqrt(row.reduce((total, x) => total + x * x, 0) / width + goldenConfig.normEpsilon);
    return row.map((x, i) => (x / root) * Number(weight.data[i]));
  });
  return hostTensor(Float32Array.from(values), shape);
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

  it.each([1, 2])("has the golden hidden states after layer %i", async (layers) => {
    const shallow = createModel({ ...goldenConfig, layers });
    const program = await compile({
      state: merged(goldenWeights),
      inputs: { ids: int32([2, 16]) },
      run: ({ state, inputs: { ids } }) => ({ outputs: { hidden: shallow.hidden(weightsOf(state), ids) } }),
    });
    const { hidden } = await program.run({ ids: goldenIds });
    const wanted = longLoraGolden.model.full.hidden_after_layer[layers - 1] as GoldenArray;
    expectClose(hidden, normalised(wanted, base["model.norm.weight"] as HostTensor));
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

describe("the golden parts of a layer", () => {
  /** The value of `f`, and its gradients by both inputs where `grad_out` comes back. */
  async function parts(f: (a: Tensor, b: Tensor) => Tensor, a: GoldenArray, b: GoldenArray, back: GoldenArray) {
    const program = await compile({
      inputs: { a: float32(a.shape), b: float32(b.shape), back: float32(back.shape) },
      run: ({ inputs: { a, b, back } }) => {
        const { grads } = valueAndGrad((x: { a: Tensor; b: Tensor }) => sum(mul(f(x.a, x.b), back)))({ a, b });
        return { outputs: { y: f(a, b), da: grads.a, db: grads.b } };
      },
    });
    const result = await program.run({ a: goldenTensor(a), b: goldenTensor(b), back: goldenTensor(back) });
    await program.dispose();
    return result;
  }

  it("normalise by the root mean square", async () => {
    const { x, w, y, eps, grad_out, dx, dw } = longLoraGolden.rmsnorm;
    const found = await parts((x, w) => rmsNorm(x, w, { epsilon: eps }), x, w, grad_out);
    expectClose(found.y, goldenTensor(y));
    expectClose(found.da, goldenTensor(dx));
    expectClose(found.db, goldenTensor(dw));
  });

  it("gate by silu", async () => {
    const { gate, up, y, grad_out, dgate, dup } = longLoraGolden.swiglu;
    const found = await parts((gate, up) => mul(silu(gate), up), gate, up, grad_out);
    expectClose(found.y, goldenTensor(y));
    expectClose(found.da, goldenTensor(dgate));
    expectClose(found.db, goldenTensor(dup));
  });
});
