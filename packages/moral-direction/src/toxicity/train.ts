import { RandomStream } from "@offprint/training";
import { agreementOf } from "./agreement.ts";
import { calibrate, calibrations, fitCalibration, type Calibration } from "./calibration.ts";
import { ToxicityDataError } from "./errors.ts";
import {
  countFeatures,
  defaultFeatures,
  inverseFrequencies,
  placesOf,
  weightedRows,
  type FeatureCounts,
  type FeatureOptions,
} from "./features.ts";
import type { ToxicityAgreement } from "./measure.ts";
import { ridge, times } from "./ridge.ts";
import { groupsOf, type ToxicitySample } from "./samples.ts";

export interface TrainToxicityOptions {
  readonly features?: FeatureOptions;
  /** λ of the ridge regression. */
  readonly penalty?: number;
  readonly folds?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What a trained model computes with; the rest of its artefact is about it. */
export interface NGramWeights {
  readonly features: FeatureOptions;
  /** Inverse frequency and weight of each place. */
  readonly frequencies: Float32Array;
  readonly weights: Float32Array;
  readonly intercept: number;
  readonly calibration: Calibration;
}

/** How a trained model did on texts that it had not seen. */
export interface CrossValidation {
  readonly folds: number;
  readonly all: ToxicityAgreement;
  readonly fields: Readonly<Record<string, ToxicityAgreement>>;
  /** Mean squared error of each calibration on held-out texts; the least was taken. */
  readonly calibrationErrors: Readonly<Record<Calibration["kind"], number>>;
}

export interface TrainedToxicity {
  readonly weights: NGramWeights;
  readonly crossValidation: CrossValidation;
  readonly penalty: number;
  readonly seed: number;
}

/**
 * Trains on all samples and judges by k-fold cross-validation, where duplicates and texts of one record stay in one fold. A held-out raw
 * score comes from a model that saw none of the fold; it is calibrated by a curve fitted to the held-out scores of the other
 * folds. So neither step has seen what it is judged by.
 * @throws {ToxicityDataError} with fewer groups than folds, or scores that are all alike.
 */
export async function trainToxicity(
  samples: readonly ToxicitySample[],
  options: TrainToxicityOptions = {},
): Promise<TrainedToxicity> {
  const { features = defaultFeatures, penalty = 0.6, folds = 5, seed = 0, signal, onProgress } = options;
  const groups = groupsOf(samples);
  const foldOf = assignFolds(groups, folds, seed);
  const scores = Float64Array.from(samples, ({ score }) => score);
  if (scores.every((score) => score === scores[0]))
    throw new ToxicityDataError(
      `all ${samples.length} texts have the score ${scores[0]}; a model needs toxic and harmless ones`,
    );
  const counts = samples.map(({ text }) => countFeatures(text, features));
  const fit = (rows: readonly number[]) => {
    const own = rows.map((i) => counts[i]!);
    const frequencies = inverseFrequencies(own, placesOf(features));
    const targets = Float64Array.from(rows, (i) => scores[i]!);
    return { frequencies, ...ridge(weightedRows(own, frequencies), targets, { penalty, tolerance: 1e-3 }) };
  };

  const raw = new Float64Array(samples.length);
  const all = Array.from(samples, (_, i) => i);
  for (let fold = 0; fold < folds; fold++) {
    const model = fit(all.filter((i) => foldOf[i] !== fold));
    const held = all.filter((i) => foldOf[i] === fold);
    const found = rawScores(
      model,
      held.map((i) => counts[i]!),
    );
    for (const [place, i] of held.entries()) raw[i] = found[place]!;
    onProgress?.(fold + 1, folds + 1);
    await breathe(signal);
  }

  const calibrated = Object.fromEntries(
    calibrations.map((kind) => [kind, calibrateByFolds(kind, raw, scores, foldOf, folds)] as const),
  ) as Record<Calibration["kind"], Float64Array>;
  const calibrationErrors = Object.fromEntries(
    calibrations.map((kind) => [kind, squaredError(calibrated[kind], scores)] as const),
  ) as Record<Calibration["kind"], number>;
  const best = calibrations.reduce((a, b) => (calibrationErrors[b] < calibrationErrors[a] ? b : a));

  const judge = (rows: readonly number[]): ToxicityAgreement =>
    agreementOf(
      Float64Array.from(rows, (i) => calibrated[best][i]!),
      Float64Array.from(rows, (i) => scores[i]!),
      { groups: rows.map((i) => groups[i]!), seed },
    );
  const names = [...new Set(samples.map(({ field }) => field))];
  const fields = names.map((name) => [name, judge(all.filter((i) => samples[i]!.field === name))] as const);
  const crossValidation = { folds, all: judge(all), fields: Object.fromEntries(fields), calibrationErrors };
  await breathe(signal);
  const { frequencies, weights, intercept } = fit(all);
  onProgress?.(folds + 1, folds + 1);
  const calibration = fitCalibration(best, raw, scores);
  return { weights: { features, frequencies, weights, intercept, calibration }, crossValidation, penalty, seed };
}

/** Raw scores of counted texts, before calibration. */
export function rawScores(
  model: Pick<NGramWeights, "frequencies" | "weights" | "intercept">,
  counts: readonly FeatureCounts[],
): Float64Array {
  return times(weightedRows(counts, model.frequencies), model.weights).map((score) => score + model.intercept);
}

function assignFolds(groups: Int32Array, folds: number, seed: number): Int32Array {
  const names = [...new Set(groups)];
  if (names.length < folds)
    throw new ToxicityDataError(
      `${names.length} different texts cannot be divided into ${folds} folds; give more data, or fewer folds`,
    );
  const random = RandomStream.create(seed, "folds");
  for (let i = names.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [names[i], names[j]] = [names[j]!, names[i]!];
  }
  const foldOf = new Map(names.map((name, i) => [name, i % folds]));
  return groups.map((group) => foldOf.get(group)!);
}

function calibrateByFolds(
  kind: Calibration["kind"],
  raw: Float64Array,
  scores: Float64Array,
  foldOf: Int32Array,
  folds: number,
): Float64Array {
  const rates = new Float64Array(raw.length);
  for (let fold = 0; fold < folds; fold++) {
    const others = (values: Float64Array) => values.filter((_, i) => foldOf[i] !== fold);
    const curve = fitCalibration(kind, others(raw), others(scores));
    for (let i = 0; i < raw.length; i++) if (foldOf[i] === fold) rates[i] = calibrate(curve, raw[i]!);
  }
  return rates;
}

const squaredError = (rates: Float64Array, scores: Float64Array): number =>
  rates.reduce((sum, rate, i) => sum + (rate - scores[i]!) ** 2, 0) / rates.length;

/** Lets signals arrive between two long stretches of work. */
async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
  signal?.throwIfAborted();
}
