import { z } from "zod";
import { attentionKinds } from "../attention/segments.ts";
import { methods } from "../method.ts";

const file = z.string().min(1);
const positive = z.number().positive();
const share = z.number().min(0).lt(1);

/** The paper's, for models of seven billion numbers and more. */
export const defaultLearningRate = 2e-5;

/** Every setting that decides what a run learns; the same data, settings and number of threads give the same bits. */
export const fineTuneConfig = z.strictObject({
  model: file.meta({ placeholder: "DIR", description: "Model: a Hugging Face folder, a .gguf file or a hub id." }),
  text: z.array(file).default([]).meta({
    placeholder: "FILE",
    description: "Texts to learn from: .txt, JSONL documents, folders of them; each also as .gz.",
  }),
  sft: z.array(file).default([]).meta({
    placeholder: "FILE",
    description: "Questions with answers to learn instead: JSON or JSONL of instructions or chat messages.",
  }),
  context: z.int().min(2).max(10_000_000).describe("Tokens of a row: the context that the model gets."),
  attention: z
    .enum(attentionKinds)
    .default("s2")
    .describe("Whom a token sees in training; the model is used with full attention."),
  group: z
    .int()
    .min(2)
    .multipleOf(2)
    .optional()
    .describe("Tokens of an attention group; absent: a quarter of the context."),
  method: z
    .enum(methods)
    .default("lora+")
    .describe("What is trained; lora+ is the paper's recipe: adapters, norms, embeddings."),
  rank: z.int().min(1).max(4096).default(8).describe("Rank of the adapters."),
  alpha: positive.default(16).describe("The adapters' update is scaled by alpha / rank."),
  dropout: share.default(0).describe("Share of an adapter's inputs that is left out in training."),
  targets: z.array(file).default([]).meta({
    placeholder: "NAME",
    description: "Ends of the names of the layers that get adapters; absent: the attention's projections.",
  }),
  rsLora: z.boolean().default(false).describe("Scale by alpha / √rank instead."),
  dora: z.boolean().default(false).describe("Learn each row's length apart from its direction (DoRA)."),
  rope: z
    .enum(["linear", "dynamic", "yarn", "keep"])
    .default("linear")
    .describe("How positions reach the context: linear is the paper's interpolation; keep leaves them as they are."),
  steps: z.int().min(1).max(10_000_000).default(1000).describe("Updates."),
  batchSize: z.int().min(1).max(4096).default(1).describe("Rows that go through the model at once."),
  accumulate: z
    .int()
    .min(1)
    .max(4096)
    .default(8)
    .describe("Batches of one update; equals a batch as large as all of them."),
  learningRate: positive.max(10).default(defaultLearningRate).describe("Of AdamW, at its highest."),
  warmup: z
    .int()
    .min(0)
    .default(20)
    .describe("Updates in which the learning rate climbs, the first one at 1/warmup of it."),
  schedule: z
    .enum(["constant", "linear", "cosine"])
    .default("constant")
    .describe("Of the learning rate after the warm-up."),
  beta1: share.default(0.9).describe("AdamW's decay of the mean gradient."),
  beta2: share.default(0.95).describe("AdamW's decay of the mean square."),
  weightDecay: z.number().min(0).default(0).describe("AdamW's, of everything that is trained."),
  clip: z.number().min(0).default(1).describe("Largest norm of all gradients together; 0: no limit."),
  recompute: z
    .boolean()
    .default(true)
    .describe("Recompute layers in the backward pass: less memory, a third more time."),
  evaluateText: z.array(file).default([]).meta({
    placeholder: "FILE",
    description:
      "Held-out texts, judged with full attention during training, and with the training's attention beside it.",
  }),
  evaluateSft: z.array(file).default([]).meta({
    placeholder: "FILE",
    description: "Held-out questions with answers, judged in the same way: the .test.jsonl that qa writes.",
  }),
  evaluateEvery: z.int().min(1).default(100).describe("Updates between two evaluations."),
  evaluateRows: z.int().min(1).default(8).describe("Rows of held-out text judged each time, evenly spread."),
  template: z
    .enum(["model", "inst"])
    .optional()
    .describe(
      "Form of questions and answers: the model's chat template (default where it has one), or [INST] … [/INST].",
    ),
  cut: z
    .enum(["end", "middle"])
    .default("end")
    .describe("What a conversation longer than the context loses: its end, or the middle of its longest prompt."),
  checkpointEvery: z.int().min(1).optional().describe("Updates between two checkpoints; absent: a minute."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe("Of the adapters' first numbers, the order of rows and dropout."),
  allowLeak: z
    .boolean()
    .default(false)
    .describe("Train although tokens see later ones: for the ablation with paper-wrap."),
});
export type FineTuneConfig = z.output<typeof fineTuneConfig>;

/** Name and version of this schema in stored runs. */
export const fineTuneSchema = { schema: "longlora-finetune", schemaVersion: 1 } as const;
