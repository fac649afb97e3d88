import { z } from "zod";
import { numberDefaults, numberSchema, readFormValues, type NumberFields } from "../form-fields.ts";
import type { FormReading, FormValues } from "../implementation.ts";
import { isDatasetName } from "./datasets.ts";

/**
 * Models and losses by the names of the command line. The package itself is not asked: it brings an engine along, and the
 * page must not wait for one. A test compares these lists with the package's.
 */
export const modelNames = [
  "nfe-1",
  "nfe-2",
  "nfe-3",
  "nfe-without-uncertainty",
  "nfe-sigma",
  "transe",
  "distmult",
  "complex",
  "rotate",
  "quate",
] as const;
export const lossNames = ["one-vs-all-softplus", "one-vs-all-softmax", "self-adversarial"] as const;
/** What the form sends when the package is to choose the loss. */
export const lossByGraph = "by-graph";
const losses = [lossByGraph, ...lossNames] as const;
export type ModelName = (typeof modelNames)[number];
type LossChoice = (typeof losses)[number];

/** Models as papers write them. */
export const modelTitles: Readonly<Record<ModelName, string>> = {
  "nfe-1": "NFE-1",
  "nfe-2": "NFE-2",
  "nfe-3": "NFE-3",
  "nfe-without-uncertainty": "NFE without uncertainty",
  "nfe-sigma": "NFE-σ",
  transe: "TransE",
  distmult: "DistMult",
  complex: "ComplEx",
  rotate: "RotatE",
  quate: "QuatE",
};

const lossTitles: Readonly<Record<LossChoice, string>> = {
  [lossByGraph]: "as suits the graph",
  "one-vs-all-softplus": "softplus against all entities, as published",
  "one-vs-all-softmax": "softmax against all entities",
  "self-adversarial": "random negatives, self-adversarial",
};

/** The losses to choose from, the default first. */
export const lossOptions = losses.map((name) => [name, lossTitles[name]] as const);

/** The numbers of the form. */
export const numberFields = {
  dimension: { label: "Dimensions", least: 4, most: 512, whole: true, default: 64 },
  epochs: { label: "Epochs", least: 1, most: 200, whole: true, default: 10 },
  learningRate: { label: "Learning rate", least: 0.000_01, most: 1, whole: false, default: 0.01 },
  gamma: { label: "Margin γ", least: 0, most: 100, whole: false, default: 3 },
  batchSize: { label: "Batch size", least: 16, most: 4096, whole: true, default: 256 },
  decay: { label: "Decay per epoch", least: 0.5, most: 1, whole: false, default: 0.98 },
  seed: { label: "Seed", least: 0, most: 2_147_483_647, whole: true, default: 0 },
} as const satisfies NumberFields;

export const settingsSchema = z.strictObject({
  dataset: z.string().refine(isDatasetName, "Choose one of the graphs."),
  model: z.enum(modelNames, "Choose one of the models."),
  loss: z.enum(losses, "Choose one of the losses."),
  dimension: numberSchema(numberFields.dimension),
  epochs: numberSchema(numberFields.epochs),
  learningRate: numberSchema(numberFields.learningRate),
  gamma: numberSchema(numberFields.gamma),
  batchSize: numberSchema(numberFields.batchSize),
  decay: numberSchema(numberFields.decay),
  seed: numberSchema(numberFields.seed),
});
export type Settings = z.infer<typeof settingsSchema>;

export const defaultValues: FormValues = {
  dataset: "wordnet",
  model: "nfe-1",
  loss: lossByGraph,
  ...numberDefaults(numberFields),
};

/** The settings that a form asks for, or a sentence for each field that cannot be used. */
export function readSettings(values: FormValues): FormReading {
  return readFormValues({ schema: settingsSchema, numbers: numberFields, defaults: defaultValues }, values);
}
