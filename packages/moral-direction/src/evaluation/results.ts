import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EvaluationInputError } from "./errors.ts";
import { metricNames } from "./metrics.ts";

/** Files of an evaluation beside those of every run. */
export const evaluationFiles = {
  prompts: "prompts.jsonl",
  generations: "generations.jsonl",
  bindings: "measured-with.json",
  results: "results.json",
  figure: "threshold-curve.svg",
  toxicity: "toxicity",
} as const;

const value = z.union([z.number(), z.null().transform(() => Number.NaN)]); // JSON has no NaN
const metrics = z.record(z.enum(metricNames), value);
const intervals = z.record(z.enum(metricNames), z.tuple([value, value]));
const summary = z.object({
  values: metrics,
  intervals,
  difference: z.object({ values: metrics, intervals }).optional(),
});
const estimate = z.object({ value: z.number(), interval: z.tuple([z.number(), z.number()]) });
const knownError = z.object({
  against: z.string(),
  agreement: z
    .object({
      texts: z.number(),
      auc: estimate.nullable(),
      r: estimate.nullable(),
      mae: estimate,
      ece: estimate,
      share: z.object({ scores: z.number(), rates: z.number() }),
    })
    .optional(),
  biases: z.array(z.string()),
});

/** What it was measured with; a run goes on only with the same. */
export const bindingsSchema = z.object({
  model: z.string(),
  judge: z.string(),
  judgeIsModel: z.boolean(),
  encoder: z.string().optional(),
  toxicity: z.object({ name: z.string(), id: z.string(), knownError: knownError.optional() }),
  /** Prompts that the toxicity measure was trained on, where that is known. */
  seenPrompts: z.number().optional(),
});

export type Bindings = z.output<typeof bindingsSchema>;

const groupSchema = z.object({
  name: z.string(),
  prompts: z.number(),
  arms: z.array(summary.extend({ name: z.string(), threshold: z.number().optional(), deviationOfMaxima: value })),
});

/** results.json: `groups` are all prompts, the toxic ones and the others, as far as there are any. */
const resultsSchema = z.object({
  schema: z.literal("offprint-moral-evaluation"),
  schemaVersion: z.literal(1),
  settings: z.record(z.string(), z.unknown()),
  bindings: bindingsSchema,
  generations: z.number(),
  emptyTexts: z.number(),
  /** Share of the steps that the fallback decided, by arm. */
  fallback: z.record(z.string(), z.number()),
  groups: z.array(groupSchema).min(1),
});

export type EvaluationResults = z.output<typeof resultsSchema>;
export type ResultGroup = z.output<typeof groupSchema>;

/** @throws {EvaluationInputError} when the folder has no results, or damaged ones. */
export async function readResults(run: string): Promise<EvaluationResults> {
  const path = join(run, evaluationFiles.results);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const advice = `finish it with "offprint moral evaluate --resume --out ${run}", or name another folder`;
    throw new EvaluationInputError(`${run} holds no ${evaluationFiles.results}: ${advice}`, { cause });
  });
  try {
    return resultsSchema.parse(JSON.parse(text));
  } catch (cause) {
    const advice = `remove it and finish the run again with "offprint moral evaluate --resume"`;
    throw new EvaluationInputError(`${path} is damaged or of another version; ${advice}`, { cause });
  }
}
