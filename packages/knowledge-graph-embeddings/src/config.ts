import { z } from "zod";
import { lossNames, type LossName } from "./losses.ts";
import { modelNames } from "./models/index.ts";

const positive = z.number().positive();

/** Every setting that decides what a run learns; the same dataset, settings and number of threads give the same bits. */
export const kgeConfig = z.strictObject({
  dataset: z.string().min(1).default("wordnet").meta({
    placeholder: "DIR|NAME",
    description: "Folder or file of triples, or a name: wordnet (embedded), fb15k-237, wn18rr, umls, …",
  }),
  model: z.enum(modelNames).default("nfe-1").describe("Which permutations of which set, and which comparison."),
  official: z
    .boolean()
    .default(false)
    .describe("Exactly the released NFE-2 and NFE-3, with their two slips; no effect on other models."),
  dimension: z
    .int()
    .min(1)
    .max(65_536)
    .default(64)
    .describe("Coordinates d of the set; memory and time grow linearly."),
  epochs: z.int().min(1).max(100_000).default(10).describe("Passes over the training triples, both directions each."),
  batchSize: z.int().min(1).max(1_000_000).default(256).describe("Queries in one update."),
  learningRate: positive.max(100).default(0.01).describe("Adam's step size in the first epoch."),
  decay: positive.max(1).default(0.98).describe("Factor on the learning rate after each epoch."),
  gamma: z
    .number()
    .min(-1e6)
    .max(1e6)
    .default(3)
    .describe("Margin γ added to the score of a distance; similarities have none."),
  loss: z
    .enum(lossNames)
    .optional()
    .describe(
      "Against all entities, or against random negatives. Absent: one-vs-all-softmax on the embedded WordNet graphs, " +
        "elsewhere the released code's one-vs-all-softplus.",
    ),
  negatives: z.int().min(1).max(100_000).default(64).describe("Random entities a query, for self-adversarial."),
  adversarialTemperature: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .describe("How much more hard negatives weigh, for self-adversarial; 0: all the same."),
  evaluateEvery: z.int().min(1).default(2).describe("Epochs between two validations; the best one's weights are kept."),
  patience: z.int().min(1).optional().describe("Stop after so many validations without a better MRR; absent: never."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe("Of initial numbers, the order of triples and negatives."),
  skipBadLines: z
    .boolean()
    .default(false)
    .describe("Leave malformed lines out, counted and listed, instead of failing."),
});
export type KgeConfig = z.infer<typeof kgeConfig>;

/** Name and version of this schema in stored runs. */
export const kgeSchema = { schema: "knowledge-graph-embeddings", schemaVersion: 1 } as const;

/** Settings with nothing left open. */
export type ResolvedConfig = KgeConfig & { readonly loss: LossName };

/**
 * The loss that is used where none is chosen. Independent logistic terms first have to push every wrong entity below zero,
 * which takes far longer on WordNet's thousands of rarely seen synsets than on small dense graphs: MRR .11 against .29 after
 * 15 epochs, while UMLS loses by the softmax (.90 against .92).
 */
export function resolveLoss(config: KgeConfig): ResolvedConfig {
  const embedded = /^wordnet(-\w+)?$/i.test(config.dataset);
  return { ...config, loss: config.loss ?? (embedded ? "one-vs-all-softmax" : "one-vs-all-softplus") };
}
