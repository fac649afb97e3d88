import { z } from "zod";

import { fitIsotonic, isotonicProbability } from "./isotonic.ts";
import { type LabelledScores, sampleLabelledScores, type SampleOptions } from "./labelled-scores.ts";
import { fitPlatt, plattProbability } from "./platt.ts";
import { type Reliability, reliabilityOf, reliabilitySchema } from "./reliability.ts";

const fitted = {
  /** What the probability is the probability of. */
  question: z.string(),
  /** Queries the fit saw. */
  queries: z.number(),
  /** From fits that did not see the triples they are judged by (cross-fitting). */
  reliability: z.looseObject({
    folds: z.number(),
    /** Over all candidates, each by its weight. Mostly easy ones: read it beside its baseline. */
    candidates: reliabilitySchema,
    /** Over the best-scored candidate of each query: how often is "90 %" at the top of a list right? */
    topAnswers: reliabilitySchema.optional(),
  }),
};

/** A map from score to probability, or why there is none; plain JSON. */
export const calibrationSchema = z.discriminatedUnion("method", [
  z.looseObject({ method: z.literal("platt"), slope: z.number(), intercept: z.number(), ...fitted }),
  z.looseObject({
    method: z.literal("isotonic"),
    scores: z.array(z.number()).min(1),
    probabilities: z.array(z.number()).min(1),
    ...fitted,
  }),
  z.looseObject({ method: z.literal("none"), reason: z.string() }),
]);
export type Calibration = z.infer<typeof calibrationSchema>;

export type CalibrationMethod = "platt" | "isotonic" | "best";

export interface CalibrateOptions extends SampleOptions {
  /**
   * Platt has two parameters and is safe on few triples; isotonic takes any rising shape and wants about 1,000 queries.
   * `"best"`, the default, takes the one with the lower cross-fitted log loss, isotonic only from 1,000 queries on.
   */
  readonly method?: CalibrationMethod;
}

const MIN_QUERIES = 20;
const MIN_QUERIES_ISOTONIC = 1000;
const FOLDS = 5;

/**
 * Fits probabilities to a model's scores on validation triples.
 *
 * By default the probability answers: *this entity stands in the ranked list of a query with this score; is it the held-out answer?*
 * Its base rate is one true answer among all entities not already known, so over a whole list the probabilities add up to 1 on
 * average. It depends on the entity's own score only. To be first of a list says a little more, so the first is right somewhat more often
 * than its probability says; `reliability.topAnswers` tells how often. With `corruptions: m` the probability answers instead: *one
 * true triple and m random corruptions of it; is this the true one?* That is the usual figure of triple classification,
 * and far higher for the same score. In both, facts that are true but in no split count as false, so the probability that a
 * statement is true in the world tends to be higher.
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const queries = 2 * options.split.length;
  if (queries < MIN_QUERIES) return { method: "none", reason: tooFew(queries) };
  return fitCalibration(await sampleLabelledScores(options), options);
}

/** `calibrate` on scores that are already there. */
export function fitCalibration(
  samples: LabelledScores,
  { method = "best", corruptions }: Pick<CalibrateOptions, "method" | "corruptions"> = {},
): Calibration {
  const queries = samples.labels.reduce((sum, label) => sum + label, 0);
  if (queries < MIN_QUERIES) return { method: "none", reason: tooFew(queries) };
  if (queries === samples.labels.length) {
    return { method: "none", reason: "no entity is left that is not known to answer its query" };
  }
  const methods = method === "best" ? fitting(queries) : [method];
  const folds = foldsOf(samples);
  const [best] = methods
    .map((name) => ({ fit: fits[name], probabilities: crossFit(samples, folds, fits[name]) }))
    .map((candidate) => ({ ...candidate, candidates: judge(samples, candidate.probabilities) }))
    .toSorted((a, b) => a.candidates.logLoss - b.candidates.logLoss);
  const { fit, probabilities, candidates } = best!;
  const curve = fit(samples);
  if (!isRising(curve)) {
    return { method: "none", reason: "higher scores are not more often true on the validation triples" };
  }
  const reliability = {
    folds: FOLDS,
    candidates,
    ...(corruptions === undefined && { topAnswers: judgeTopAnswers(samples, probabilities) }),
  };
  return { ...curve, question: questionOf(candidates.baseRate, corruptions), queries, reliability };
}

/** The probability of a score, in [0, 1]; undefined where there is no calibration. */
export function probabilityOf(calibration: Calibration | Curve, score: number): number | undefined {
  if (calibration.method === "platt") return plattProbability(calibration, score);
  if (calibration.method === "isotonic") return isotonicProbability(calibration, score);
  return undefined;
}

type Curve =
  | { method: "platt"; slope: number; intercept: number }
  | { method: "isotonic"; scores: number[]; probabilities: number[] };

function fitting(queries: number): (keyof typeof fits)[] {
  return queries < MIN_QUERIES_ISOTONIC ? ["platt"] : ["platt", "isotonic"];
}

const fits = {
  platt: (samples: LabelledScores): Curve => ({ method: "platt", ...fitPlatt(samples) }),
  isotonic: (samples: LabelledScores): Curve => {
    const { scores, probabilities } = fitIsotonic(samples);
    return { method: "isotonic", scores: [...scores], probabilities: [...probabilities] };
  },
};

function isRising(curve: Curve): boolean {
  if (curve.method === "platt") return curve.slope > 0;
  return curve.probabilities.at(-1)! > curve.probabilities[0]!;
}

interface Fold {
  readonly seen: LabelledScores;
  readonly heldOut: readonly number[];
}

/** Rows to fit and rows to judge, five times; all rows of a triple are on one side. */
function foldsOf(samples: LabelledScores): Fold[] {
  return Array.from({ length: FOLDS }, (_, fold) => {
    const seen: number[] = [];
    const heldOut: number[] = [];
    samples.triples.forEach((triple, i) => (triple % FOLDS === fold ? heldOut : seen).push(i));
    return { seen: rowsOf(samples, seen), heldOut };
  });
}

/** Each row's probability by a fit that saw none of its triple's rows. */
function crossFit(
  samples: LabelledScores,
  folds: readonly Fold[],
  fit: (samples: LabelledScores) => Curve,
): Float64Array {
  const probabilities = new Float64Array(samples.scores.length);
  for (const { seen, heldOut } of folds) {
    const curve = fit(seen);
    for (const i of heldOut) probabilities[i] = clamp(probabilityOf(curve, samples.scores[i]!)!);
  }
  return probabilities;
}

function rowsOf(
  { scores, labels, weights, queries, triples }: LabelledScores,
  rows: readonly number[],
): LabelledScores {
  return {
    scores: Float64Array.from(rows, (i) => scores[i]!),
    labels: Uint8Array.from(rows, (i) => labels[i]!),
    weights: Float64Array.from(rows, (i) => weights[i]!),
    queries: Int32Array.from(rows, (i) => queries[i]!),
    triples: Int32Array.from(rows, (i) => triples[i]!),
  };
}

/** Away from 0 and 1, where rounding would make one surprise cost infinitely much. */
function clamp(p: number): number {
  return Math.min(Math.max(p, 1e-12), 1 - 1e-12);
}

function judge({ labels, weights }: LabelledScores, probabilities: Float64Array): Reliability {
  return reliabilityOf(probabilities, labels, weights);
}

/** By the best-scored row of each query, the last of its rows; where the true answer ties with a false one, the false one. */
function judgeTopAnswers({ scores, labels, queries }: LabelledScores, probabilities: Float64Array): Reliability {
  const top = new Map<number, number>();
  queries.forEach((query, i) => {
    const best = top.get(query);
    if (best === undefined || scores[i]! > scores[best]! || labels[i] === 0) top.set(query, i);
  });
  const rows = [...top.values()];
  return reliabilityOf(
    Float64Array.from(rows, (i) => probabilities[i]!),
    Uint8Array.from(rows, (i) => labels[i]!),
    new Float64Array(rows.length).fill(1),
  );
}

function questionOf(baseRate: number, corruptions: number | undefined): string {
  const others = (1 / baseRate - 1).toFixed(0);
  return corruptions === undefined
    ? "Is this entity the held-out answer, among all entities that are not already known to answer the query? " +
        `(base rate: 1 true to ${others} false; true facts that are in no split count as false)`
    : `Is this the true triple, against ${corruptions} random corruptions of it? (true facts that are in no split count as false)`;
}

function tooFew(queries: number): string {
  return `${queries} validation queries are too few to fit probabilities: wanted at least ${MIN_QUERIES}`;
}
