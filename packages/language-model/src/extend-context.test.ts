import { describe, expect, it } from "vitest";
import { readModelConfig, type ModelConfig } from "./config.ts";
import { describeContext, extendContext } from "./extend-context.ts";
import { ropeFrequencies } from "./rope.ts";

const sizes = { hidden_size: 64, num_attention_heads: 1, num_hidden_layers: 1, intermediate_size: 8, vocab_size: 9 };
const llama = (more: object = {}): ModelConfig =>
  readModelConfig({ model_type: "llama", ...sizes, max_position_embeddings: 4096, ...more }, "config.json");
const llama3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

const factorOf = ({ rope }: ModelConfig): unknown => rope && "factor" in rope && rope.factor;

describe("extendContext", () => {
  it.each([
    [4096, 8192, 2],
    [4096, 32768, 8],
    [4096, 100_000, 25],
    [2048, 100_000, 49],
  ])("takes %i to %i tokens by the paper's linear factor %i", (original, target, factor) => {
    const extended = extendContext(llama({ max_position_embeddings: original }), target);
    expect(extended.rope).toMatchObject({ kind: "linear", factor, originalContext: original });
    expect(extended.json).toMatchObject({
      max_position_embeddings: original,
      rope_scaling: { rope_type: "linear", factor },
    });
    expect(extended.contextLength).toBe(original * factor);
  });

  it("composes with a linear factor that is there already, in both spellings", () => {
    const older = llama({ rope_scaling: { type: "linear", factor: 8 } });
    const newer = llama({ rope_parameters: { rope_type: "linear", factor: 8, rope_theta: 5e5 } });
    expect(older.contextLength).toBe(32768);
    expect(factorOf(extendContext(older, 65536))).toBe(16);
    expect(extendContext(newer, 65536)).toMatchObject({
      rope: { kind: "linear", factor: 16, base: 5e5 },
      json: { rope_parameters: { rope_theta: 5e5, factor: 16 } },
    });
  });

  it("leaves a context alone that is long enough", () => {
    const base = llama({ rope_scaling: { type: "linear", factor: 8 } });
    expect(extendContext(base, 32768)).toBe(base);
  });

  it("composes YaRN from the first context, not from the extended one", () => {
    const once = extendContext(llama(), 16384, "yarn");
    const twice = extendContext(once, 65536);
    expect(twice.rope).toEqual({ kind: "yarn", base: 10_000, originalContext: 4096, factor: 16 });
    expect(ropeFrequencies(twice.rope as never, 64, 65536).attentionFactor).toBeCloseTo(0.1 * Math.log(16) + 1, 12);
    expect(twice.json["max_position_embeddings"]).toBe(65536);
  });

  it("raises llama3's own factor and keeps its high frequencies", () => {
    const base = llama({ max_position_embeddings: 131_072, rope_theta: 5e5, rope_scaling: llama3 });
    const extended = extendContext(base, 200_000);
    expect(extended).toMatchObject({
      contextLength: 262_144,
      rope: { kind: "llama3", factor: 16, originalContext: 8192 },
    });
    const first = (config: ModelConfig) => ropeFrequencies(config.rope as never, 64, 1).inverse;
    expect(first(extended)[0]).toBe(first(base)[0]);
    expect((first(extended).at(-1) ?? 0) * 2).toBeCloseTo(first(base).at(-1) ?? 0, 15);
  });

  it.each([
    [
      "linear on llama3",
      { max_position_embeddings: 16384, rope_scaling: llama3 },
      "linear",
      /by llama3 already.*leave the kind out/,
    ],
    ["yarn on linear", { rope_scaling: { type: "linear", factor: 2 } }, "yarn", /by linear already/],
    ["linear on dynamic", { rope_scaling: { type: "dynamic", factor: 2 } }, "linear", /by dynamic already/],
    [
      "anything on LongRoPE",
      {
        original_max_position_embeddings: 2048,
        rope_scaling: { type: "longrope", short_factor: Array(32).fill(1), long_factor: Array(32).fill(2) },
      },
      undefined,
      /LongRoPE/,
    ],
  ] as const)("refuses %s", (_name, more, kind, message) => {
    expect(() => extendContext(llama(more), 100_000, kind)).toThrow(message);
  });

  it("refuses learned positions and a Mistral's sliding window", () => {
    const gpt2 = { model_type: "gpt2", n_embd: 8, n_head: 2, n_layer: 1, n_positions: 16, vocab_size: 9 };
    expect(() => extendContext(readModelConfig(gpt2, "config.json"), 32)).toThrow(/learned 16 positions/);
    const mistral = llama({ model_type: "mistral", sliding_window: 1024 });
    expect(mistral.contextLength).toBe(1024);
    expect(() => extendContext(mistral, 8192)).toThrow(/sliding window of 1024/);
    expect(extendContext(llama({ model_type: "mistral", sliding_window: null }), 8192).contextLength).toBe(8192);
  });

  it("writes a config that reads back as the same model", () => {
    const extended = extendContext(llama(), 10_000);
    expect(readModelConfig(JSON.parse(JSON.stringify(extended.json)), "again")).toEqual(extended);
  });
});

describe("describeContext", () => {
  it("tells original, factor, effective context and what short inputs lose", () => {
    const { text, ...facts } = describeContext(extendContext(llama(), 16384));
    expect(facts).toMatchObject({ kind: "linear", original: 4096, factor: 4, effective: 16384 });
    expect(text).toMatch(
      /16,384 tokens: 4,096 tokens originally, linear positions by factor 4; short inputs are squeezed/,
    );
    expect(describeContext(llama()).text).toBe("context 4,096 tokens, positions not scaled");
  });
});
