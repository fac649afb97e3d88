import type { ModelConfig } from "./config.ts";
import { Settings } from "./settings.ts";

/** How the model's makers advise to generate: `generation_config.json`, with the ids of config.json where it has none. */
export interface GenerationConfig {
  readonly bos?: number;
  /** Tokens that end a text. */
  readonly eos: readonly number[];
  readonly pad?: number;
  /** Draw tokens instead of taking the likeliest. */
  readonly sample: boolean;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly maxNewTokens?: number;
}

/** @param json the content of `generation_config.json`; `{}` where there is none. */
export function readGenerationConfig(json: unknown, where: string, { bos, eos, pad }: ModelConfig): GenerationConfig {
  const settings = new Settings(json, where);
  const own = settings.ids("eos_token_id");
  const [first = bos] = settings.ids("bos_token_id");
  const [padding = pad] = settings.ids("pad_token_id");
  const numbers = {
    temperature: "temperature",
    topK: "top_k",
    topP: "top_p",
    minP: "min_p",
    repetitionPenalty: "repetition_penalty",
    maxNewTokens: "max_new_tokens",
  };
  // A value of 0 switches off what it belongs to, as an absent one does.
  const given = Object.entries(numbers).flatMap(([name, key]) =>
    settings.get(key) === undefined || settings.get(key) === 0 ? [] : [[name, settings.positive(key)] as const],
  );
  return {
    ...(first === undefined ? {} : { bos: first }),
    ...(padding === undefined ? {} : { pad: padding }),
    eos: own.length > 0 ? own : eos,
    sample: settings.flag("do_sample", false),
    ...Object.fromEntries(given),
  };
}
