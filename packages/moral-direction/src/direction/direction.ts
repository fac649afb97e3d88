import type { Group, Template } from "../data/material.ts";
import type { Encoder } from "../encoders/encoder.ts";
import { WrongEncoderError } from "../errors.ts";
import { dotCentred, type Vector } from "./vectors.ts";

/** How a phrase becomes the text that is embedded. */
export type Form = "questions" | "question" | "phrase";

/** A phrase of the fit with its place on the components: `[k]`, raw, as C·(x − μ) gives it. */
export interface Placed {
  readonly text: string;
  readonly projection: readonly number[];
}

/** Where the phrases of the fit lie in one form: their centre `[d]`, and their distances from it, ascending. */
export interface Reference {
  readonly centre: Float64Array;
  readonly distances: readonly number[];
}

/**
 * A fitted moral direction: the centre and the principal axes of the template means of known verbs, with the sign and
 * the norm that turn a projection into a score. It belongs to the encoder whose vectors it was fitted on.
 * d: the encoder's dimensions, k: the components kept.
 */
export interface MoralDirection {
  /** `id` and `dimensions` of the encoder that the direction belongs to. */
  readonly encoder: { readonly id: string; readonly dimensions: number };
  /** μ, the mean of the verbs' vectors: `[d]`. */
  readonly mean: Float64Array;
  /** C, orthonormal rows by falling variance: `[k][d]`. */
  readonly components: readonly Float64Array[];
  /** Variances along the components, n−1 in the denominator: `[k]`. */
  readonly explainedVariance: readonly number[];
  /** Their shares of the whole variance: `[k]`. */
  readonly ratios: readonly number[];
  /** Turns the first component so that good verbs score above zero. */
  readonly sign: 1 | -1;
  /** Raw length on the first component that scores ±1. */
  readonly norm: number;
  readonly templates: readonly Template[];
  /** The verbs of the fit, in its order. */
  readonly actions: readonly (Placed & { readonly group: Group })[];
  /** The phrases that the norm comes from. */
  readonly contexts: readonly Placed[];
  /** What other verbs or questions would have done; absent in a direction that was not fitted here. */
  readonly stability?: Stability;
  /** Where phrases of the fit lie, by form; absent in a direction that was not fitted here. */
  readonly references?: Readonly<Record<Form, Reference>>;
  /** Fields of the file that this version does not know; they are written back. */
  readonly unknown?: Readonly<Record<string, unknown>>;
}

/** How the scores of a fit move when its verbs are drawn anew or a question is left out. */
export interface Stability {
  /** Rows `[d + 1]`, f and g. The variance of the score of x is Σ (f·(x − μ) + g)². */
  readonly spread: readonly Float64Array[];
  /** Mean score of the verbs in each question alone: a question's own shift, which is no disagreement. */
  readonly questionShifts: readonly number[];
}

/** sign · c₁·(x − μ) / norm; not clamped. @param embedding `[d]`. */
export function scoreOf({ sign, components, mean, norm }: MoralDirection, embedding: Vector): number {
  return (sign * dotCentred(components[0]!, embedding, mean)) / norm;
}

/** The score of a phrase of the fit, from its raw projection. */
export function scoreOfPlaced({ sign, norm }: MoralDirection, { projection }: Placed): number {
  return (sign * (projection[0] ?? 0)) / norm;
}

/**
 * A direction that names only a model, as the released one does, goes with every file of that model.
 * @throws {WrongEncoderError} when the direction was fitted on another encoder's vectors.
 */
export function requireEncoder(
  { encoder }: Pick<MoralDirection, "encoder">,
  { id, dimensions }: Pick<Encoder, "id" | "dimensions">,
): void {
  const same = encoder.id === id || encoder.id === id.replace(/@.*$/s, "").split("/").at(-1);
  if (same && encoder.dimensions === dimensions) return;
  throw new WrongEncoderError(`${encoder.id} (${encoder.dimensions} numbers)`, `${id} (${dimensions} numbers)`);
}
