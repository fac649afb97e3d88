/** Llama 1 to 3 and what shares its form: Mistral, SmolLM, TinyLlama. Touvron et al. 2023 (arXiv:2302.13971, 2307.09288). */
import { add, constant, gather, reshape, rmsNorm, rotary, swiGlu, type Shape, type Tensor } from "@offprint/tensor";
import type { ModelConfig } from "./config.ts";
import { ContextError } from "./errors.ts";
import { batchOf, checkPositions, fullAttention, joinHeads, recomputed, splitHeads } from "./layers.ts";
import type { Attend, CausalLanguageModel, ForwardOptions, Weights } from "./model.ts";
import { ropeTable, type RopeConfig } from "./rope.ts";

/** Cosines and sines of each token's angles, broadcast to `[b, heads, n, d]`. */
interface Angles {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** What one layer does: `[b, n, hidden] → [b, n, hidden]`. */
interface Layer {
  readonly index: number;
  readonly angles: Angles;
  readonly attend: Attend;
}

const layerName = (index: number): string => `model.layers.${index}`;

/** softmax(q·kᵀ)·v with rotary positions and grouped queries. */
function selfAttention(config: ModelConfig, { index, angles, attend }: Layer, weights: Weights, x: Tensor): Tensor {
  const name = `${layerName(index)}.self_attn`;
  const { cos, sin } = angles;
  const q = splitHeads(weights.linear(`${name}.q_proj`, x), config.heads); // [b, heads, n, d]
  const k = splitHeads(weights.linear(`${name}.k_proj`, x), config.kvHeads); // [b, kvHeads, n, d]
  const v = splitHeads(weights.linear(`${name}.v_proj`, x), config.kvHeads);
  const seen = attend({ layer: index, q: rotary(q, cos, sin), k: rotary(k, cos, sin), v });
  return weights.linear(`${name}.o_proj`, joinHeads(seen));
}

/** SwiGLU: down(silu(gate(x)) ∘ up(x)). Shazeer 2020 (arXiv:2002.05202). */
function feedForward(index: number, weights: Weights, x: Tensor): Tensor {
  const name = `${layerName(index)}.mlp`;
  const gate = weights.linear(`${name}.gate_proj`, x); // [b, n, intermediate]
  return weights.linear(`${name}.down_proj`, swiGlu(gate, weights.linear(`${name}.up_proj`, x)));
}

function decoderLayer(config: ModelConfig, layer: Layer, weights: Weights, x: Tensor): Tensor {
  const norm = (part: string, x: Tensor) =>
    rmsNorm(x, weights.get(`${layerName(layer.index)}.${part}.weight`), { epsilon: config.normEpsilon });
  const attended = add(x, selfAttention(config, layer, weights, norm("input_layernorm", x)));
  return add(attended, feedForward(layer.index, weights, norm("post_attention_layernorm", attended)));
}

/** Rows of a constant table: of the first n positions, or of those given. */
function anglesAt(
  rope: RopeConfig,
  { headSize, contextLength }: ModelConfig,
  n: number,
  options: ForwardOptions,
): Angles {
  const { positions } = options;
  const reach = options.contextLength ?? (positions ? contextLength : n);
  if (reach < n) throw new ContextError(`${n} tokens do not fit the contextLength of ${reach} that was given`);
  const { cos, sin } = ropeTable(rope, headSize, reach);
  const rows = (table: typeof cos): Tensor => {
    if (!positions) {
      const first = (table.data as Float32Array).subarray(0, n * headSize);
      return constant({ ...table, shape: [n, headSize], data: first });
    }
    const found = gather(constant(table), positions);
    return positions.rank === 1 ? found : reshape(found, [positions.shape[0] ?? 1, 1, n, headSize]);
  };
  return { cos: rows(cos), sin: rows(sin) };
}

/** A Llama of these sizes. */
export function llama(config: ModelConfig, rope: RopeConfig): CausalLanguageModel {
  return {
    config,
    shapes: llamaShapes(config),
    head: config.tiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight",
    hidden(weights, ids, options = {}) {
      const { batch, n } = batchOf(ids);
      checkLength(config, options.contextLength ?? n);
      checkPositions(options.positions, batch, n);
      const angles = anglesAt(rope, config, n, options);
      let x = gather(weights.get("model.embed_tokens.weight"), ids); // [b, n, hidden]
      for (let index = 0; index < config.layers; index++) {
        const layer: Layer = { index, angles, attend: options.attend ?? fullAttention };
        const run = (weights: Weights, x: Tensor) => decoderLayer(config, layer, weights, x);
        x = options.recompute ? recomputed(run, weights, `${layerName(index)}.`)(x) : run(weights, x);
      }
      return rmsNorm(x, weights.get("model.norm.weight"), { epsilon: config.normEpsilon });
    },
  };
}

/** Mistral beyond its sliding window would be another model. */
function checkLength({ architecture, contextLength, json }: ModelConfig, n: number): void {
  const window = json["sliding_window"];
  if (architecture !== "mistral" || typeof window !== "number" || n <= window) return;
  throw new ContextError(
    `${n} tokens exceed this Mistral's sliding window of ${window}, which is not supported (its context here is ` +
      `${contextLength}); use at most ${window} tokens, or set sliding_window to null in config.json for full attention`,
  );
}

function llamaShapes(config: ModelConfig): Record<string, Shape> {
  const { hiddenSize, intermediateSize, vocabularySize } = config;
  const [all, kv] = [config.heads * config.headSize, config.kvHeads * config.headSize];
  const linear = (name: string, out: number, into: number, bias: boolean): Record<string, Shape> => ({
    [`${name}.weight`]: [out, into],
    ...(bias ? { [`${name}.bias`]: [out] } : {}),
  });
  const layers = Array.from({ length: config.layers }, (_, index) => {
    const name = layerName(index);
    return {
      [`${name}.input_layernorm.weight`]: [hiddenSize],
      ...linear(`${name}.self_attn.q_proj`, all, hiddenSize, config.attentionBias),
      ...linear(`${name}.self_attn.k_proj`, kv, hiddenSize, config.attentionBias),
      ...linear(`${name}.self_attn.v_proj`, kv, hiddenSize, config.attentionBias),
      ...linear(`${name}.self_attn.o_proj`, hiddenSize, all, config.attentionBias),
      [`${name}.post_attention_layernorm.weight`]: [hiddenSize],
      ...linear(`${name}.mlp.gate_proj`, intermediateSize, hiddenSize, config.mlpBias),
      ...linear(`${name}.mlp.up_proj`, intermediateSize, hiddenSize, config.mlpBias),
      ...linear(`${name}.mlp.down_proj`, hiddenSize, intermediateSize, config.mlpBias),
    };
  });
  return Object.assign(
    { "model.embed_tokens.weight": [vocabularySize, hiddenSize] },
    ...layers,
    { "model.norm.weight": [hiddenSize] },
    config.tiedEmbeddings ? {} : { "lm_head.weight": [vocabularySize, hiddenSize] },
  ) as Record<string, Shape>;
}
