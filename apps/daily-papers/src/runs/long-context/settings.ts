import { z } from "zod";
import { numberDefaults, numberSchema, readFormValues, type NumberFields } from "../form-fields.ts";
import type { FormReading, FormValues } from "../implementation.ts";
import { attentionNames } from "./mask-choice.ts";
import { embeddedModel, embeddedText, isSourceName } from "./sources.ts";

/**
 * What is trained, by the names of the command line. The package itself is not asked: it brings an engine along, and the
 * page must not wait for one. A test compares these lists with the package's.
 */
export const methodNames = ["lora+", "lora", "lora+norm", "lora+embed", "full"] as const;

export const methodTitles: Readonly<Record<(typeof methodNames)[number], string>> = {
  "lora+": "LoRA, embeddings, norms",
  lora: "LoRA",
  "lora+norm": "LoRA and norms",
  "lora+embed": "LoRA and embeddings",
  full: "all weights",
};

export const numberFields = {
  context: { label: "Context in tokens", least: 64, most: 8192, whole: true, default: 1024 },
  group: { label: "Group in tokens", least: 2, most: 8192, whole: true, default: 256 },
  steps: { label: "Steps", least: 1, most: 1000, whole: true, default: 80 },
  learningRate: { label: "Learning rate", least: 0.000_001, most: 0.1, whole: false, default: 0.003 },
  rank: { label: "Rank", least: 1, most: 64, whole: true, default: 8 },
  batchSize: { label: "Texts in a step", least: 1, most: 16, whole: true, default: 2 },
  seed: { label: "Seed", least: 0, most: 2_147_483_647, whole: true, default: 0 },
} as const satisfies NumberFields;

export const settingsSchema = z
  .strictObject({
    model: z.string().refine(isSourceName, "Choose one of the models."),
    text: z.string().refine(isSourceName, "Choose one of the texts."),
    attention: z.enum(attentionNames, "Choose one of the kinds of attention."),
    method: z.enum(methodNames, "Choose what is trained."),
    context: numberSchema(numberFields.context),
    group: numberSchema(numberFields.group),
    steps: numberSchema(numberFields.steps),
    learningRate: numberSchema(numberFields.learningRate),
    rank: numberSchema(numberFields.rank),
    batchSize: numberSchema(numberFields.batchSize),
    seed: numberSchema(numberFields.seed),
  })
  .refine(({ attention, group, context }) => attention === "full" || group <= context, {
    path: ["group"],
    message: "Group in tokens: no group is larger than the context.",
  })
  .refine(({ attention, group }) => attention === "full" || group % 2 === 0, {
    path: ["group"],
    message: "Group in tokens: enter an even number, for heads are shifted by half a group.",
  });
export type Settings = z.infer<typeof settingsSchema>;

export const defaultValues: FormValues = {
  model: embeddedModel.name,
  text: embeddedText.name,
  attention: "s2",
  method: "lora+",
  ...numberDefaults(numberFields),
};

/** The settings that a form asks for, or a sentence for each field that cannot be used. */
export function readSettings(values: FormValues): FormReading {
  return readFormValues({ schema: settingsSchema, numbers: numberFields, defaults: defaultValues }, values);
}
