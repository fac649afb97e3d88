/** GPT-2: learned positions, layer norms before each part, one projection for queries, keys and values. Radford et al. 2019. */
import { add, gather, geluTanh, layerNorm, reshape, slice, type Shape, type Tensor } from "@offprint/tensor";
import type { ModelConfig } from "./config.ts";
import { ContextError } from "./errors.ts";
import { batchOf, checkPositions, fullAttention, joinHeads, recomputed, splitHeads } from "./layers.ts";
import type { Attend, CausalLanguageModel, Weights } from "./model.ts";

const layerName = (index: number): string => `transformer.h.${index}`;

/** `x · W + b`, W stored `[in, out]`: GPT-2's "Conv1D". */
const conv1d = (weights: Weights, name: string, x: Tensor): Tensor => weights.linear(name, x, "in-out");

function norm({ normEpsilon }: ModelConfig, weights: Weights, name: string, x: Tensor): Tensor {
  return layerNorm(x, weights.get(`${name}.weight`), weights.get(`${name}.bias`), { epsilon: normEpsilon });
}

function selfAttention(config: ModelConfig, layer: number, attend: Attend, weights: Weights, x: Tensor): Tensor {
  const name = `${layerName(layer)}.attn`;
  const joined = conv1d(weights, `${name}.c_attn`, x); // [b, n, 3 · hidden]: queries, keys, values
  const part = (index: number) => {
    const start = index * config.hiddenSize;
    return splitHeads(slice(joined, { axis: -1, start, end: start + config.hiddenSize }), config.heads);
  };
  return conv1d(weights, `${name}.c_proj`, joinHeads(attend({ layer, q: part(0), k: part(1), v: part(2) })));
}

function feedForward(layer: number, weights: Weights, x: Tensor): Tensor {
  const name = `${layerName(layer)}.mlp`;
  return conv1d(weights, `${name}.c_proj`, geluTanh(conv1d(weights, `${name}.c_fc`, x)));
}

function block(config: ModelConfig, layer: number, attend: Attend, weights: Weights, x: Tensor): Tensor {
  const name = layerName(layer);
  const attended = add(x, selfAttention(config, layer, attend, weights, norm(config, weights, `${name}.ln_1`, x)));
  return add(attended, feedForward(layer, weights, norm(config, weights, `${name}.ln_2`, attended)));
}

/** A GPT-2 of these sizes. */
export function gpt2(config: ModelConfig): CausalLanguageModel {
  return {
    config,
    shapes: gpt2Shapes(config),
    head: config.tiedEmbeddings ? "transformer.wte.weight" : "lm_head.weight",
    hidden(weights, ids, { positions, attend = fullAttention, recompute = false, contextLength } = {}) {
      const { batch, n } = batchOf(ids);
      checkPositions(positions, batch, n);
      const reach = contextLength ?? n;
      if (reach > config.contextLength) {
        const wanted = `${reach} tokens exceed the ${config.contextLength} positions that this GPT-2 has learned`;
        throw new ContextError(`${wanted}; use fewer, or a model with rotary positions`);
      }
      const table = weights.get("transformer.wpe.weight"); // [contextLength, hidden]
      const learned = positions ? gather(table, positions) : slice(table, { axis: 0, end: n });
      let x = add(gather(weights.get("transformer.wte.weight"), ids), learned); // [b, n, hidden]
      for (let layer = 0; layer < config.layers; layer++) {
        const run = (weights: Weights, x: Tensor) => block(config, layer, attend, weights, x);
        x = recompute ? recomputed(run, weights, `${layerName(layer)}.`)(x) : run(weights, x);
      }
      return norm(config, weights, "transformer.ln_f", reshape(x, [batch, n, config.hiddenSize]));
    },
  };
}

function gpt2Shapes(config: ModelConfig): Record<string, Shape> {
  const { hiddenSize, intermediateSize, vocabularySize } = config;
  const normed = (name: string) => ({ [`${name}.weight`]: [hiddenSize], [`${name}.bias`]: [hiddenSize] });
  const conv = (name: string, into: number, out: number) => ({
    [`${name}.weight`]: [into, out],
    [`${name}.bias`]: [out],
  });
  const layers = Array.from({ length: config.layers }, (_, index) => {
    const name = layerName(index);
    return {
      ...normed(`${name}.ln_1`),
      ...conv(`${name}.attn.c_attn`, hiddenSize, 3 * hiddenSize),
      ...conv(`${name}.attn.c_proj`, hiddenSize, hiddenSize),
      ...normed(`${name}.ln_2`),
      ...conv(`${name}.mlp.c_fc`, hiddenSize, intermediateSize),
      ...conv(`${name}.mlp.c_proj`, intermediateSize, hiddenSize),
    };
  });
  return Object.assign(
    {
      "transformer.wte.weight": [vocabularySize, hiddenSize],
      "transformer.wpe.weight": [config.contextLength, hiddenSize],
    },
    ...layers,
    normed("transformer.ln_f"),
    config.tiedEmbeddings ? {} : { "lm_head.weight": [vocabularySize, hiddenSize] },
  ) as Record<string, Shape>;
}
