/** `adapter_config.json` of Hugging Face's PEFT. */
import { z } from "zod";
import type { LoraConfig } from "../lora.ts";
import { AdapterError } from "./errors.ts";

/** What this program understands; all else is kept as it came. */
const schema = z.looseObject({
  peft_type: z.string(),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).max(1).default(0),
  use_rslora: z.boolean().default(false),
  use_dora: z.boolean().default(false),
  base_model_name_or_path: z.string().nullish(),
});

/** Settings that change what an adapter computes and are not computed here: each must be absent, null, false or empty. */
const unsupported = [
  "lora_bias",
  "rank_pattern",
  "alpha_pattern",
  "layer_replication",
  "trainable_token_indices",
  "target_parameters",
  "alora_invocation_tokens",
  "use_qalora",
  "use_bdlora",
];

export interface PeftConfig {
  /** Without targets: the file may describe them by a pattern, or for some layers only; the adapter's tensors name them. */
  readonly lora: Omit<LoraConfig, "targets">;
  readonly baseName: string | undefined;
}

/**
 * Reads `adapter_config.json`.
 * @param path named in errors.
 * @throws {AdapterError} when it is no LoRA, or one with settings that are not computed here.
 */
export function readPeftConfig(path: string, json: unknown): PeftConfig {
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new AdapterError(path, `is no adapter of PEFT: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  const { data } = result;
  if (data.peft_type !== "LORA") {
    throw new AdapterError(path, `has the peft_type ${JSON.stringify(data.peft_type)}; wanted "LORA"`);
  }
  const other = unsupported.find((key) => isSet(data[key]));
  if (other !== undefined || (data["bias"] ?? "none") !== "none") {
    const key = other ?? "bias";
    throw new AdapterError(path, `sets "${key}" to ${JSON.stringify(data[key])}, which is not computed here`);
  }
  return {
    lora: {
      rank: data.r,
      alpha: data.lora_alpha,
      dropout: data.lora_dropout,
      rankStabilised: data.use_rslora,
      dora: data.use_dora,
    },
    baseName: data.base_model_name_or_path ?? undefined,
  };
}

function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** What an adapter's config says. */
export interface PeftSettings {
  readonly lora: LoraConfig;
  /** Path or hub id of the base. */
  readonly baseName: string;
  /**
   * Modules that are replaced as a whole, each by its full name: PEFT takes a module whose name *ends* so, and "norm" alone
   * would be any norm.
   */
  readonly replaced: readonly string[];
  /** The head follows the embedding. */
  readonly keepTie: boolean;
  /** The matrices lie as `[in, out]`: GPT-2's. */
  readonly transposed: boolean;
}

/** The object to write. */
export function peftConfig({ lora, baseName, replaced, keepTie, transposed }: PeftSettings): Record<string, unknown> {
  return {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: baseName,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    use_rslora: lora.rankStabilised,
    use_dora: lora.dora,
    target_modules: lora.targets,
    modules_to_save: replaced.length > 0 ? replaced : null,
    ...(keepTie && { ensure_weight_tying: true }),
    bias: "none",
    fan_in_fan_out: transposed,
    inference_mode: true,
  };
}
