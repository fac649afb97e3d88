import { compile, constant, float32, hostTensor, rotary } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { readModelConfig } from "./config.ts";
import { ntkBase, ropeFrequencies, ropeTable, type RopeConfig } from "./rope.ts";
import { expectClose } from "./testing/expect-close.ts";
import { goldenTensor, longLoraGolden, type GoldenRope } from "./testing/longlora-golden.ts";

const { cases, positions, q, k } = longLoraGolden.rope;

/** The golden case as a config.json says it. */
function rotaryOf(name: string, { kind, dim, base, max_position_embeddings: context, params }: GoldenRope): RopeConfig {
  const { seq_len: _length, original, max_position: maximum, ...settings } = params;
  const llama = { hidden_size: dim, num_attention_heads: 1, num_hidden_layers: 1, intermediate_size: 8, vocab_size: 9 };
  if (kind === "ntk_static") {
    const factor = Number(settings["factor"]);
    return { kind: "default", base: ntkBase(base, factor, dim), originalContext: context };
  }
  const scaling = { rope_type: kind, ...settings, ...(original ? { original_max_position_embeddings: original } : {}) };
  const json = { model_type: "llama", ...llama, rope_theta: base, max_position_embeddings: maximum ?? context };
  const { rope } = readModelConfig(kind === "default" ? json : { ...json, rope_scaling: scaling }, name);
  return rope as RopeConfig;
}

const reach = (golden: GoldenRope): number => Number(golden.params["seq_len"] ?? golden.max_position_embeddings);

describe.each(Object.entries(cases))("%s rotary positions", (name, golden) => {
  const rope = rotaryOf(name, golden);

  it("have the golden frequencies and attention factor", () => {
    const { inverse, attentionFactor } = ropeFrequencies(rope, golden.dim, reach(golden));
    expect(inverse).toHaveLength(golden.inv_freq.length);
    for (const [i, wanted] of golden.inv_freq.entries()) expect((inverse[i] ?? 0) / wanted).toBeCloseTo(1, 9);
    expect(attentionFactor).toBeCloseTo(golden.attention_factor, 12);
  });

  it.skipIf(!golden.cos)("turn queries and keys as the golden file has it", async () => {
    const table = ropeTable(rope, golden.dim, reach(golden));
    const rows = ({ data }: { data: ArrayLike<number> }) =>
      Float32Array.from(
        positions.flatMap((p) => Array.from({ length: golden.dim }, (_, i) => data[p * golden.dim + i] ?? 0)),
      );
    const shape = [positions.length, golden.dim];
    const [cos, sin] = [rows(table.cos as never), rows(table.sin as never)].map((data) => hostTensor(data, shape));
    if (!cos || !sin || !golden.cos || !golden.sin || !golden.q_rot || !golden.k_rot)
      throw new Error("incomplete case");
    expectClose(cos, goldenTensor(golden.cos));
    expectClose(sin, goldenTensor(golden.sin));
    const program = await compile({
      inputs: { q: float32(q.shape), k: float32(k.shape) },
      run: ({ inputs }) => {
        const turned = (x: typeof inputs.q) => rotary(x, constant(cos), constant(sin));
        return { outputs: { q: turned(inputs.q), k: turned(inputs.k) } };
      },
    });
    const turned = await program.run({ q: goldenTensor(q), k: goldenTensor(k) });
    expectClose(turned.q, goldenTensor(golden.q_rot));
    expectClose(turned.k, goldenTensor(golden.k_rot));
    await program.dispose();
  });
});
