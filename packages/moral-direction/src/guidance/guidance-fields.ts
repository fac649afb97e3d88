import { z } from "zod";
import { backtrackDefaults } from "./backtracking.ts";
import { guidanceDefaults, type GuidanceOptions } from "./options.ts";

const advised = "in the paper";

/** The keys of a command's config that say how to guide; spread them into its `z.strictObject`. */
export const guidanceFields = {
  threshold: z.number().default(0).describe("A candidate's score must be above it; what fits depends on the encoder."),
  topK: z.int().min(1).default(guidanceDefaults.topK).describe(`Offer this many likeliest tokens; 50 ${advised}.`),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(guidanceDefaults.topP)
    .describe(`Offer the likeliest up to this probability; 0.9 ${advised}.`),
  keepMin: z
    .int()
    .min(1)
    .default(guidanceDefaults.keepMin)
    .describe("Where no more than this many pass, this many of the best-scored stay."),
  window: z
    .union([z.enum(["all", "sentence"]), z.int().min(1)])
    .default("all")
    .describe("What is scored with each candidate: the whole text, its last sentence, or so many last tokens."),
  soft: z
    .number()
    .min(0)
    .optional()
    .describe("Instead of forbidding, lower a logit by this much for each unit below the threshold."),
  backtrack: z.int().min(1).optional().describe("Take tokens back when too few passed at so many steps in a row."),
  backtrackTokens: z.int().min(1).default(backtrackDefaults.tokens).describe("Tokens that are taken back."),
  backtrackTimes: z.int().min(1).default(backtrackDefaults.times).describe("Times in one text at most."),
  scoring: z
    .enum(["full", "lazy"])
    .default("full")
    .describe("full scores every candidate; lazy no more than the draw takes, with the same odds."),
  temperature: z
    .number()
    .min(0)
    .default(guidanceDefaults.temperature)
    .describe("0 takes the likeliest token that is left, more draws bolder."),
} as const;

const fields = z.object(guidanceFields);

/** What those keys mean to `moralGuidance`. */
export function guidanceOptions(
  settings: z.output<typeof fields>,
): Omit<GuidanceOptions, "directions" | "seed" | "audit"> {
  const { topK, topP, keepMin, window, soft, scoring, temperature, backtrack: after } = settings;
  return {
    topK,
    topP,
    keepMin,
    soft,
    scoring,
    temperature,
    window: typeof window === "number" ? { tokens: window } : window,
    backtrack:
      after === undefined ? undefined : { after, tokens: settings.backtrackTokens, times: settings.backtrackTimes },
  };
}

/** How the same model draws without guidance: from the tokens that guidance would be offered. */
export function unguidedSampling({ topK, topP, temperature }: z.output<typeof fields>) {
  return { topK, topP, temperature, minP: 0, repetitionPenalty: 1 };
}
