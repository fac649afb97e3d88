/** Reference values of LongLoRA for tests, computed in float64; the file's own `meta` entry says how. */
import { readFileSync } from "node:fs";
import { createModel, readModelConfig, type CausalLanguageModel } from "@offprint/language-model";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import type { LoraConfig } from "../lora.ts";

/** An array of the file: row-major values and their shape. */
export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A tensor that the file gives by its formula. */
export interface GoldenFormula {
  readonly index: number;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly offset: number;
}

/** The file's names of attentions: `paper` wraps around the end, `noleak` does not. */
export type GoldenMode = "full" | "paper" | "noleak";

/** Five steps of AdamW. */
export interface GoldenAdamW {
  readonly mode: GoldenMode;
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly clip_grad_norm: number | null;
  readonly losses_before_each_step: readonly number[];
  readonly grad_norm_before_clip: readonly number[];
  readonly params_after_step_1: Readonly<Record<string, GoldenArray>>;
}

interface GoldenRun {
  readonly loss: number;
  readonly grads: Readonly<Record<string, GoldenArray>>;
}

/** The file; parts that a test wants and that are not typed here are read as `unknown`. */
export const golden = JSON.parse(readFileSync(new URL("longlora-golden.json", import.meta.url), "utf8")) as {
  readonly config: Readonly<Record<string, unknown>> & {
    readonly lora_r: number;
    readonly lora_alpha: number;
    readonly group_size: number;
  };
  readonly params: Readonly<Record<string, GoldenFormula>>;
  /** `[2][16]` */
  readonly input_ids: readonly (readonly number[])[];
  /** `[2][16]`, the token itself at each place: not shifted; −100 is not supervised. */
  readonly labels_sft: readonly (readonly number[])[];
  readonly s2attn: {
    readonly tensors: Readonly<Record<"q" | "k" | "v" | "grad_out", GoldenFormula>>;
    readonly group_size: number;
    readonly modes: Readonly<Record<GoldenMode, Readonly<Record<"out" | "dq" | "dk" | "dv", GoldenArray>>>>;
    /** Of the shifted half of the heads; "1" where the row's token sees the column's. */
    readonly masks: Readonly<Record<"paper" | "noleak", readonly string[]>>;
    readonly noleak_right_padded: { readonly valid_lengths: readonly number[]; readonly out: GoldenArray };
  };
  readonly model: Readonly<Record<GoldenMode, GoldenRun>> & {
    readonly noleak_sft_padded: GoldenRun & { readonly supervised_tokens: number };
  };
  readonly merged: Readonly<Record<string, GoldenArray>>;
  readonly adamw: readonly GoldenAdamW[];
  readonly lr_schedules: {
    readonly base_lr: number;
    readonly warmup_steps: number;
    readonly total_steps: number;
    readonly steps: readonly number[];
    readonly constant_with_warmup: readonly number[];
    readonly linear: readonly number[];
    readonly cosine: readonly number[];
  };
};

/** The two-layer Llama: vocabulary 61, hidden 32, 4 heads, 2 key-value heads, rotary factor 4. */
export const goldenModel: CausalLanguageModel = createModel(
  readModelConfig({ ...golden.config, model_type: "llama" }, "longlora-golden.json"),
);

/** Its adapters: rank 4, alpha 8, on the attention's projections. */
export const goldenLora: LoraConfig = {
  rank: golden.config.lora_r,
  alpha: golden.config.lora_alpha,
  dropout: 0,
  targets: ["q_proj", "k_proj", "v_proj", "o_proj"],
  rankStabilised: false,
  dora: false,
};

/** A tensor from the file's formula. */
export function fromFormula({ index, shape, scale, offset }: GoldenFormula): HostTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const value = (_: unknown, i: number) => offset + scale * Math.sin(0.0173 * i * i + 0.61 * i + 1.3 * index);
  return hostTensor(Float32Array.from({ length: size }, value), shape);
}

/** An array of the file as float32. */
export const goldenTensor = ({ shape, data }: GoldenArray): HostTensor => hostTensor(Float32Array.from(data), shape);

/** Its weights; adapters are those whose names contain "lora_". */
export const goldenWeights: Readonly<Record<string, HostTensor>> = Object.fromEntries(
  Object.entries(golden.params).map(([name, formula]) => [name, fromFormula(formula)]),
);

/** The label that stands at the next place, as a batch holds them: `[2 · 16]`, −100 at the end of a row. */
export const shiftedLabels = (rows: readonly (readonly number[])[]): Int32Array =>
  Int32Array.from(rows.flatMap((row) => [...row.slice(1), -100]));
