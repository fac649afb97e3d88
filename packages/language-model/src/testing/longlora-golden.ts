/** Reference values of LongLoRA for tests, computed in float64; the file's own `meta` entry says how. */
import { readFileSync } from "node:fs";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import { readModelConfig, type ModelConfig } from "../config.ts";

/** An array of the file: row-major values and their shape. */
export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export interface GoldenRope {
  readonly kind: string;
  readonly dim: number;
  readonly base: number;
  readonly max_position_embeddings: number;
  readonly params: Readonly<Record<string, number | readonly number[]>>;
  readonly inv_freq: readonly number[];
  readonly attention_factor: number;
  readonly cos?: GoldenArray;
  readonly sin?: GoldenArray;
  readonly q_rot?: GoldenArray;
  readonly k_rot?: GoldenArray;
}

type Arrays<K extends string> = Readonly<Record<K, GoldenArray>>;

export const longLoraGolden = JSON.parse(readFileSync(new URL("longlora-golden.json", import.meta.url), "utf8")) as {
  readonly config: Readonly<Record<string, unknown>> & { readonly lora_r: number; readonly lora_alpha: number };
  readonly params: Readonly<
    Record<
      string,
      { readonly index: number; readonly shape: readonly number[]; readonly scale: number; readonly offset: number }
    >
  >;
  /** `[2][16]` */
  readonly input_ids: readonly (readonly number[])[];
  readonly rmsnorm: Arrays<"x" | "w" | "y" | "grad_out" | "dx" | "dw"> & { readonly eps: number };
  readonly swiglu: Arrays<"gate" | "up" | "y" | "grad_out" | "dgate" | "dup">;
  readonly rope: Arrays<"q" | "k"> & {
    readonly positions: readonly number[];
    readonly cases: Readonly<Record<string, GoldenRope>>;
  };
  readonly model: {
    /** With adapters on all four projections; after each layer, the last one before the final norm. */
    readonly full: {
      readonly loss: number;
      readonly logits: GoldenArray;
      readonly hidden_after_layer: readonly GoldenArray[];
    };
    readonly full_no_lora_full_ft: { readonly loss: number; readonly grads: Readonly<Record<string, GoldenArray>> };
  };
};

/** The config of the two-layer model: vocabulary 61, hidden 32, 4 heads, 2 key-value heads, rotary factor 4. */
export const goldenConfig: ModelConfig = readModelConfig(
  { ...longLoraGolden.config, model_type: "llama" },
  "longlora-golden.json",
);

/** An array of the file as float32. */
export const goldenTensor = ({ shape, data }: GoldenArray): HostTensor => hostTensor(Float32Array.from(data), shape);

/** The file's token ids, int32 `[2, 16]`. */
export const goldenIds: HostTensor = hostTensor(Int32Array.from(longLoraGolden.input_ids.flat()), [2, 16]);

/** The two-layer model's weights, from the file's formula; adapters are those whose names contain "lora_". */
export const goldenWeights: Readonly<Record<string, HostTensor>> = Object.fromEntries(
  Object.entries(longLoraGolden.params).map(([name, { index, shape, scale, offset }]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const value = (_: unknown, i: number) => offset + scale * Math.sin(0.0173 * i * i + 0.61 * i + 1.3 * index);
    return [name, hostTensor(Float32Array.from({ length: size }, value), shape)];
  }),
);
