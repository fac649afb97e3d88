/** Rotary settings in config.json, in the older spelling (`rope_theta`, `rope_scaling.type`) and the newer (`rope_parameters.rope_type`). */
import { ModelConfigError } from "./errors.ts";
import type { RopeConfig } from "./rope.ts";
import type { Settings } from "./settings.ts";

/** What a model's rotary settings come to. */
export interface RopeReading {
  readonly rope: RopeConfig;
  /** Tokens that the model reads with these settings. */
  readonly contextLength: number;
}

/**
 * The rotary settings of a Llama-like config.
 *
 * `max_position_embeddings` means two things in the wild. Here, as in transformers' documentation: with linear and dynamic
 * scaling it is the context *before* the factor (unless `original_max_position_embeddings` says that one), with llama3 and
 * LongRoPE the one after it; YaRN's is `original_max_position_embeddings` × factor.
 */
export function readRope(config: Settings, headSize: number): RopeReading {
  const context = config.count("max_position_embeddings");
  const scaling = config.inside("rope_parameters") ?? config.inside("rope_scaling");
  const base = (scaling?.get("rope_theta") === undefined ? config : scaling).positive("rope_theta", 10_000);
  const partial = scaling?.get("partial_rotary_factor") ?? config.get("partial_rotary_factor") ?? 1;
  if (partial !== 1) throw new ModelConfigError(config.where, "partial rotary positions are not supported");
  const kind = scaling ? kindOf(scaling) : "default";
  if (!scaling || kind === "default") {
    return { rope: { kind: "default", base, originalContext: context }, contextLength: context };
  }
  const original = scaling.optional("original_max_position_embeddings", (key) => scaling.count(key));
  const originalContext = original ?? config.count("original_max_position_embeddings", context);
  const common = { base, originalContext };
  switch (kind) {
    case "linear":
    case "dynamic": {
      const factor = scaling.positive("factor");
      return { rope: { ...common, kind, factor }, contextLength: Math.floor(originalContext * factor) };
    }
    case "yarn": {
      const factor = scaling.positive("factor", context / originalContext);
      const options = {
        betaFast: scaling.optional("beta_fast", (key) => scaling.positive(key)),
        betaSlow: scaling.optional("beta_slow", (key) => scaling.positive(key)),
        attentionFactor: scaling.optional("attention_factor", (key) => scaling.positive(key)),
        mscale: scaling.optional("mscale", (key) => scaling.positive(key)),
        mscaleAllDim: scaling.optional("mscale_all_dim", (key) => scaling.positive(key)),
        truncate: scaling.optional("truncate", (key) => scaling.flag(key, true)),
      };
      const rope: RopeConfig = { ...common, kind, factor, ...present(options) };
      return { rope, contextLength: Math.floor(originalContext * factor) };
    }
    case "llama3": {
      if (original === undefined) throw scaling.fail("original_max_position_embeddings", "given for llama3 scaling");
      const [low, high] = [scaling.positive("low_freq_factor"), scaling.positive("high_freq_factor")];
      if (low >= high) throw scaling.fail("low_freq_factor", `below high_freq_factor (${high})`);
      const factor = scaling.positive("factor");
      const rope: RopeConfig = { ...common, kind, factor, lowFrequencyFactor: low, highFrequencyFactor: high };
      return { rope, contextLength: context };
    }
    case "su":
    case "longrope": {
      const [shortFactor, longFactor] = [scaling.positives("short_factor"), scaling.positives("long_factor")];
      for (const [key, list] of Object.entries({ short_factor: shortFactor, long_factor: longFactor }))
        if (list.length !== headSize / 2) throw scaling.fail(key, `${headSize / 2} numbers, half of the head size`);
      const factor = scaling.positive("factor", context / originalContext);
      const attentionFactor = scaling.optional("attention_factor", (key) => scaling.positive(key));
      const options = present({ attentionFactor });
      const rope: RopeConfig = { ...common, kind: "longrope", shortFactor, longFactor, factor, ...options };
      return { rope, contextLength: context };
    }
    default:
      throw new ModelConfigError(
        config.where,
        `rope scaling "${kind}" is not supported; there is default, linear, dynamic, yarn, llama3, longrope`,
      );
  }
}

const kindOf = (scaling: Settings): string => {
  const key = scaling.get("rope_type") === undefined ? "type" : "rope_type";
  return scaling.optional(key, () => scaling.text(key)) ?? "default";
};

/** The object without what is undefined. */
function present<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
