import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@offprint/experiment";
import { SafetensorsError, SafetensorsFile, writeSafetensors } from "@offprint/training";
import { z } from "zod";
import { calibrate } from "./calibration.ts";
import { ToxicityModelError } from "./errors.ts";
import { countFeatures, placesOf } from "./features.ts";
import type { KnownError, ToxicityMeasure } from "./measure.ts";
import { textKey } from "./samples.ts";
import { rawScores, type CrossValidation, type NGramWeights, type TrainedToxicity } from "./train.ts";

const files = { about: "toxicity.json", weights: "weights.safetensors" } as const;

const estimate = z.object({ value: z.number(), interval: z.tuple([z.number(), z.number()]) });
const agreement = z.object({
  texts: z.number(),
  auc: estimate.nullable(),
  r: estimate.nullable(),
  mae: estimate,
  ece: estimate,
  share: z.object({ scores: z.number(), rates: z.number() }),
});
const aboutSchema = z.object({
  schema: z.literal("offprint-toxicity"),
  schemaVersion: z.literal(1),
  name: z.string(),
  trainedAt: z.string(),
  features: z.object({
    words: z.int().min(0),
    characters: z.tuple([z.int().min(1), z.int().min(1)]),
    bits: z.int().min(8).max(24),
  }),
  penalty: z.number(),
  seed: z.number(),
  intercept: z.number(),
  calibration: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("isotonic"), from: z.array(z.number()).min(1), to: z.array(z.number()).min(1) }),
    z.object({ kind: z.literal("platt"), slope: z.number(), offset: z.number() }),
  ]),
  /** SHA-256 of the weights' file. */
  weights: z.string(),
  scores: z.string(),
  biases: z.array(z.string()),
  crossValidation: z.object({
    folds: z.number(),
    all: agreement,
    fields: z.record(z.string(), agreement),
    calibrationErrors: z.object({ isotonic: z.number(), platt: z.number() }),
  }),
});

/** What is known beforehand of every model of this kind. */
const knownBiases: readonly string[] = [
  "It over-flags words for groups of people: a harmless sentence that names one is often rated toxic.",
  "It over-flags dialect, slang and reclaimed words, as the raters and tools that its scores come from do.",
  "It sees words and letters, not meaning: negation, quotation, irony and polite hostility are rated wrongly.",
];

/** Said of scores of RealToxicityPrompts. */
export const scoresOf2020 =
  "scores of the Perspective API of 2020 as stored in RealToxicityPrompts; later versions rate the same texts lower";

/** A model as it is kept, and what it says about itself. */
export interface NGramMeasure extends ToxicityMeasure {
  readonly knownError: KnownError;
  readonly crossValidation: CrossValidation;
  /** Whether a text was among those that it was trained on. */
  sawText(text: string): boolean;
}

/** A short name of a text: the first 64 bits of its SHA-256. */
const textNumber = (text: string): bigint => createHash("sha256").update(textKey(text)).digest().readBigInt64BE();

/**
 * Writes a trained model: `toxicity.json` and `weights.safetensors`. No text and no word of the data is in them.
 * @param about what its scores are, and the texts it was trained on.
 */
export async function writeToxicityModel(
  folder: string,
  trained: TrainedToxicity,
  about: { readonly name: string; readonly scores: string; readonly texts: readonly string[] },
): Promise<void> {
  const { weights, crossValidation, penalty, seed } = trained;
  await mkdir(folder, { recursive: true });
  const seen = BigInt64Array.from(new Set(about.texts.map(textNumber))).toSorted();
  const shape = [placesOf(weights.features)];
  const path = join(folder, files.weights);
  await writeSafetensors(path, [
    { name: "frequencies", dtype: "F32", shape, read: () => weights.frequencies },
    { name: "weights", dtype: "F32", shape, read: () => weights.weights },
    { name: "texts", dtype: "I64", shape: [seen.length], read: () => seen },
  ]);
  const json: z.input<typeof aboutSchema> = {
    schema: "offprint-toxicity",
    schemaVersion: 1,
    name: about.name,
    trainedAt: new Date().toISOString(),
    features: { ...weights.features, characters: [...weights.features.characters] },
    penalty,
    seed,
    intercept: weights.intercept,
    calibration:
      weights.calibration.kind === "platt"
        ? weights.calibration
        : { kind: "isotonic", from: [...weights.calibration.from], to: [...weights.calibration.to] },
    weights: await digestOf(path),
    scores: about.scores,
    biases: [...knownBiases],
    crossValidation: structuredClone(crossValidation) as z.input<typeof aboutSchema>["crossValidation"],
  };
  await writeFileAtomic(join(folder, files.about), `${JSON.stringify(json, undefined, 2)}\n`);
}

/**
 * Reads a model that {@link writeToxicityModel} wrote.
 * @throws {ToxicityModelError} when a file is absent, damaged, of a later version, or does not belong to the other.
 */
export async function readToxicityModel(folder: string): Promise<NGramMeasure> {
  const about = await readAbout(folder);
  const path = join(folder, files.weights);
  const damaged = (reason: string, cause?: unknown) =>
    new ToxicityModelError(folder, `${files.weights} ${reason}; train it again`, { cause });
  const digest = await digestOf(path).catch((cause: unknown) => {
    throw damaged("cannot be read", cause);
  });
  if (digest !== about.weights) throw damaged(`is damaged, or belongs to another model than ${files.about}`);
  const { frequencies, weights, texts } = await readWeights(path).catch((cause: unknown) => {
    throw damaged(cause instanceof SafetensorsError ? "is damaged" : "cannot be read", cause);
  });
  const places = placesOf(about.features);
  if (!(frequencies instanceof Float32Array && weights instanceof Float32Array && texts instanceof BigInt64Array))
    throw damaged("lacks a tensor");
  if (frequencies.length !== places || weights.length !== places)
    throw damaged(`has ${weights.length} weights, not ${places}`);
  const model: NGramWeights = { ...about, frequencies, weights };
  const seen = new Set(texts);
  return {
    name: about.name,
    id: `n-grams@sha256:${about.weights.slice(0, 16)}`,
    crossValidation: about.crossValidation,
    knownError: {
      against: `${about.scores}, cross-validated on ${about.crossValidation.all.texts} texts`,
      agreement: about.crossValidation.fields["continuation.text"] ?? about.crossValidation.all,
      biases: about.biases,
    },
    sawText: (text) => seen.has(textNumber(text)),
    rate: (rated) => Promise.resolve(rateTexts(model, rated)),
  };
}

/** Rates between 0 and 1. */
function rateTexts(model: NGramWeights, texts: readonly string[]): Float64Array {
  const counts = texts.map((text) => countFeatures(text, model.features));
  return rawScores(model, counts).map((score) => calibrate(model.calibration, score));
}

async function readAbout(folder: string): Promise<z.output<typeof aboutSchema>> {
  const path = join(folder, files.about);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new ToxicityModelError(
      folder,
      `it holds no ${files.about}; train a model with "offprint moral toxicity train --out"`,
      { cause },
    );
  });
  try {
    return aboutSchema.parse(JSON.parse(text));
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const reason = issue ? `${issue.path.join(".")}: ${issue.message}` : "it is no JSON";
    throw new ToxicityModelError(
      folder,
      `${files.about} is damaged or of another version (${reason}); train it again`,
      {
        cause,
      },
    );
  }
}

async function readWeights(path: string) {
  await using file = await SafetensorsFile.open(path);
  const read = async (name: string) => (await file.read(name)).data;
  return { frequencies: await read("frequencies"), weights: await read("weights"), texts: await read("texts") };
}

const digestOf = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
