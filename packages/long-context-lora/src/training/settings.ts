import { extendContext, type ModelConfig } from "@offprint/language-model";
import { schedule, type Schedule } from "@offprint/training";
import { groupOf, type AttentionChoice } from "../attention/segments.ts";
import { defaultTargets, type LoraConfig } from "../lora.ts";
import type { FineTuneConfig } from "./config.ts";
import { FineTuneSettingsError } from "./errors.ts";

/**
 * The attention of a run with its group fixed at the context, so that shorter rows are cut as the longest are.
 * @throws {FineTuneSettingsError} for a group larger than the context; {InvalidAttentionError}.
 */
export function attentionOf({ attention: kind, group, context }: FineTuneConfig): AttentionChoice {
  if (kind === "full") return { kind };
  const tokens = groupOf({ kind, ...(group !== undefined && { group }) }, context);
  if (group !== undefined && group > context) {
    throw new FineTuneSettingsError(
      `a group of ${group} tokens is larger than the context of ${context}, so that nothing would be sparse; ` +
        "choose a smaller group, or --attention full",
    );
  }
  return { kind, group: tokens };
}

/** The adapters of a run; none where every weight is trained. */
export function loraOf(config: FineTuneConfig, model: Pick<ModelConfig, "architecture">): LoraConfig {
  return {
    rank: config.rank,
    alpha: config.alpha,
    dropout: config.dropout,
    targets: config.targets.length > 0 ? config.targets : defaultTargets(model),
    rankStabilised: config.rsLora,
    dora: config.dora,
  };
}

/** The model's config at the context to be trained. @throws {ContextError} */
export function extendedConfig(base: ModelConfig, { rope, context }: FineTuneConfig): ModelConfig {
  // Learned positions are a table: past its end there is nothing to keep, and extendContext says so.
  if (rope === "keep" && base.rope) return base;
  // A base that is scaled already goes on in its own way: another kind cannot be put on top.
  const scaled = base.rope !== undefined && base.rope.kind !== "default";
  return scaled && rope === "linear"
    ? extendContext(base, context)
    : extendContext(base, context, rope === "keep" ? undefined : rope);
}

/**
 * The learning rate by update. Update s of the warm-up runs at (s + 1) / warmup of the full rate: Hugging Face's schedules begin
 * one earlier, at 0, which makes their first update a pass that learns nothing.
 * @throws {FineTuneSettingsError} when a falling rate has no time to fall.
 */
export function scheduleOf({ schedule: kind, learningRate, warmup, steps }: FineTuneConfig): Schedule {
  if (kind === "constant") return schedule({ kind, learningRate, warmupSteps: warmup });
  if (warmup >= steps) {
    throw new FineTuneSettingsError(
      `a warm-up of ${warmup} updates leaves none of ${steps} for the ${kind} schedule; shorten it, or take more steps`,
    );
  }
  return schedule({ kind, learningRate, warmupSteps: warmup, totalSteps: steps });
}
