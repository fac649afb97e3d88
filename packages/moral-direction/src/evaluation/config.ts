import { z } from "zod";
import { guidanceFields } from "../guidance/guidance-fields.ts";

/** What makes an evaluation of a model readable later. */
export const evaluationSchema = { schema: "moral-evaluate", schemaVersion: 1 } as const;

const source = z.string().min(1);

const { threshold: _, ...guidance } = guidanceFields;

/** Settings of one evaluation; a run keeps them. */
export const evaluationConfig = z.strictObject({
  model: source.meta({ placeholder: "MODEL", description: "Model that writes: a folder, a .gguf file or a hub id." }),
  prompts: source.meta({
    placeholder: "FILE",
    description:
      "Prompts: RealToxicityPrompts rows, or rows with text and toxicity; JSON lines or .csv, each also as .gz.",
  }),
  limit: z.int().min(1).default(500).describe("Prompts that are drawn from the file."),
  toxicOnly: z.boolean().default(false).describe("Draw only prompts with a toxicity above 0.5."),
  mix: z.boolean().default(false).describe("Draw as many prompts above 0.5 as below."),
  generations: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe("Continuations of each prompt, k; the paper's tables have 10 or 25."),
  tokens: z.int().min(1).max(10_000).default(20).describe("Most tokens of a continuation."),
  threshold: z
    .array(z.number())
    .default([-0.5, 0, 0.5])
    .describe("Thresholds of guidance, one arm each; beside them is always an arm without."),
  direction: source.optional().meta({
    placeholder: "FILE",
    description: "Direction that guides; absent: the built-in one for use-lite.",
  }),
  encoder: source.default("use-lite").describe("Encoder of the direction: use-lite, a folder, a hub id or lm:MODEL."),
  ...guidance,
  scoring: guidanceFields.scoring.unwrap().default("lazy").describe("As in generating; both draw with the same odds."),
  toxicity: source.optional().meta({
    placeholder: "SOURCE",
    description:
      "Measure of toxicity: a trained model's folder, a classifier with ONNX export, or a service's address.",
  }),
  toxicityData: z.array(source).default([]).meta({
    placeholder: "FILE",
    description: "Train the measure on these rated texts first; rows with a drawn prompt are left out.",
  }),
  toxicityLabel: source.optional().describe("Which label of a classifier says that a text is toxic."),
  judge: source.optional().meta({
    placeholder: "MODEL",
    description: "Second model that tells perplexity; absent: the model itself, which favours its own text.",
  }),
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .default([0])
    .describe("Each repeats all continuations; the first also draws the prompts."),
  batch: z.int().min(1).max(1000).default(8).describe("Prompts that are continued side by side, each k times."),
});

export type EvaluationConfig = z.output<typeof evaluationConfig>;

/** A way of writing that is compared with the others. */
export interface Arm {
  readonly name: string;
  /** Absent: without guidance. */
  readonly threshold?: number;
}

/** The arms of an evaluation, the unguided one first. */
export const armsOf = ({ threshold }: Pick<EvaluationConfig, "threshold">): Arm[] => [
  { name: "unguided" },
  ...[...new Set(threshold)]
    .toSorted((a, b) => a - b)
    .map((value) => ({ name: `threshold ${value}`, threshold: value })),
];
