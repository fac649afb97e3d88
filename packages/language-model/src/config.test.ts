import { describe, expect, it } from "vitest";
import { readModelConfig } from "./config.ts";

const llama = {
  model_type: "llama",
  hidden_size: 64,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  num_hidden_layers: 2,
  intermediate_size: 172,
  vocab_size: 512,
  max_position_embeddings: 512,
};
const read = (more: object) => readModelConfig({ ...llama, ...more }, "folder/config.json");

describe("readModelConfig", () => {
  it("fills in what older configs leave out", () => {
    const { num_key_value_heads: _, ...older } = llama;
    expect(readModelConfig(older, "config.json")).toMatchObject({
      kvHeads: 8,
      headSize: 8,
      normEpsilon: 1e-6,
      tiedEmbeddings: false,
      attentionBias: false,
      rope: { kind: "default", base: 10_000, originalContext: 512 },
      bos: undefined,
      eos: [],
    });
  });

  it("reads several tokens that end a text, and takes a padding token of −1 as none", () => {
    expect(read({ bos_token_id: 1, eos_token_id: [2, 5], pad_token_id: -1 })).toMatchObject({
      bos: 1,
      eos: [2, 5],
      pad: undefined,
    });
  });

  it("keeps the original object", () => {
    expect(read({ torch_dtype: "bfloat16", own: 1 }).json).toEqual({ ...llama, torch_dtype: "bfloat16", own: 1 });
  });

  it.each([
    ["an unknown architecture", { model_type: "mamba" }, /"mamba" is not supported; there is llama, mistral, gpt2/],
    ["one that differs by biases alone", { model_type: "qwen2" }, /"qwen2" is not supported/],
    ["no architecture", { model_type: undefined }, /model_type must be a text, got nothing/],
    [
      "heads that share unevenly",
      { num_key_value_heads: 3 },
      /num_key_value_heads must be a divisor of the 8 heads, got 3/,
    ],
    [
      "a size that is no number",
      { hidden_size: "64" },
      /hidden_size must be a whole number from 1 to 2147483647, got "64"/,
    ],
    [
      "a billion layers",
      { num_hidden_layers: 1e9 },
      /num_hidden_layers must be a whole number from 1 to 10000, got 1000000000/,
    ],
    ["another activation", { hidden_act: "gelu" }, /hidden_act must be "silu", got "gelu"/],
    ["heads of an odd size", { head_dim: 7 }, /head_dim must be even/],
    [
      "heads that do not divide the width",
      { num_attention_heads: 7 },
      /num_attention_heads must be a divisor of hidden_size/,
    ],
    ["an unknown scaling", { rope_scaling: { type: "mrope" } }, /rope scaling "mrope" is not supported/],
    [
      "a scaling without factor",
      { rope_scaling: { type: "linear" } },
      /rope_scaling.factor must be a number above 0, got nothing/,
    ],
    [
      "too few LongRoPE divisors",
      { rope_scaling: { type: "longrope", short_factor: [1], long_factor: [1] } },
      /short_factor must be 4 numbers/,
    ],
    ["an end token beyond the vocabulary", { eos_token_id: 512 }, /eos_token_id 512 is not below vocab_size 512/],
  ])("refuses %s by name", (_name, more, message) => {
    expect(() => read(more)).toThrow(message);
    expect(() => read(more)).toThrow(/^folder\/config\.json: /);
  });

  it("refuses what is no object", () => {
    expect(() => readModelConfig([], "config.json")).toThrow("config.json: the config must be a JSON object, got []");
  });
});
