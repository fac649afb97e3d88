import { constant, compile, type HostTensor, type Tensor } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import type { CausalLanguageModel, Weights } from "../model.ts";
import { randomModel } from "../testing/random-model.ts";
import { logitsOf, weightsOf } from "../weights.ts";
import { packWeights } from "./packed-weights.ts";

async function logits(
  model: CausalLanguageModel,
  weights: Readonly<Record<string, HostTensor>>,
  reading: (tensors: Readonly<Record<string, Tensor>>) => Weights,
): Promise<ArrayLike<number>> {
  const program = await compile({
    state: weights,
    run: ({ state }) => {
      const ids = constant({ dtype: "int32", shape: [2, 3], data: Int32Array.of(1, 7, 40, 0, 7, 12) });
      const read = reading(state);
      return { outputs: { logits: logitsOf(model, read, model.hidden(read, ids)) } };
    },
  });
  const result = await program.run({});
  await program.dispose();
  return result.logits.data as Float32Array;
}

describe("packWeights", () => {
  it.each([
    ["a Llama", "llama", {}],
    [
      "a Llama with biases and a tied head",
      "llama",
      { attention_bias: true, mlp_bias: true, tie_word_embeddings: true },
    ],
    ["a GPT-2", "gpt2", {}],
  ] as const)("changes nothing in what %s computes", async (_name, kind, settings) => {
    const { model, weights } = randomModel(kind, settings);
    const packed = packWeights(model, weights);
    const [came, wanted] = [
      await logits(model, packed.weights, packed.reading),
      await logits(model, weights, weightsOf),
    ];
    expect(Math.max(...Array.from(came, (x, i) => Math.abs(x - (wanted[i] ?? NaN))))).toBeLessThan(1e-4);
  });

  it("joins the matrices that read the same value, in long rows", () => {
    const { model, weights } = randomModel("llama", { num_hidden_layers: 1 });
    const shapes = Object.entries(packWeights(model, weights).weights).map(([name, { shape }]) => [name, shape]);
    const [attention, mlp] = ["model.layers.0.self_attn", "model.layers.0.mlp"];
    expect(Object.fromEntries(shapes)).toEqual({
      "model.embed_tokens.weight": [41, 24],
      "model.layers.0.input_layernorm.weight": [24],
      "model.layers.0.post_attention_layernorm.weight": [24],
      "model.norm.weight": [24],
      [`${attention}.q_proj+${attention}.k_proj+${attention}.v_proj in-out`]: [24, 40],
      [`${attention}.o_proj out-in`]: [24, 24],
      [`${mlp}.gate_proj+${mlp}.up_proj in-out`]: [24, 80],
      [`${mlp}.down_proj out-in`]: [24, 40],
      "lm_head in-out": [24, 41],
    });
  });
});
