import { Matrix, SingularValueDecomposition } from "ml-matrix";
import type { Group } from "../data/material.ts";
import { anchor, type Anchored } from "./anchor.ts";
import type { Stability } from "./direction.ts";
import { firstComponent, innerProducts } from "./principal-components.ts";
import { overQuestions, type QuestionVectors } from "./question-vectors.ts";
import { degreesBetween, dotCentred, mean, meanOf } from "./vectors.ts";

/** One thing left out of a fit, and how far that turned the direction. */
export interface LeftOut {
  readonly without: string;
  /** Angle to the direction of the whole fit, degrees. */
  readonly degrees: number;
}

/** How much a direction owes to single verbs and questions. */
export interface StabilityReport {
  readonly verbs: readonly LeftOut[];
  readonly templates: readonly LeftOut[];
  /** Share of the jackknife's variance that the rows kept of it hold, 0 to 1. */
  readonly kept: number;
}

/** Rows of the spread that are kept at most: more make files larger and intervals no truer. */
const mostRows = 8;

/**
 * Fits again without each verb and without each question (two or more of them), sign and norm included. The scores of
 * the refits are linear in x, so their jackknife variance, (n−1)/n Σ (sᵢ − s̄)², is a sum of squares of linear functions
 * of x; the strongest of these are kept.
 */
export function leaveOneOut(
  full: Anchored,
  verbs: { readonly texts: readonly string[]; readonly groups: readonly Group[]; readonly vectors: QuestionVectors },
  contexts: QuestionVectors,
  templates: readonly string[],
): { readonly stability: Stability; readonly report: StabilityReport } {
  const rows = overQuestions(verbs.vectors);
  const contextRows = overQuestions(contexts);
  const products = innerProducts(rows);
  const withoutVerb = rows.map((_, index) => {
    const others = rows.filter((__, other) => other !== index);
    const groups = verbs.groups.filter((__, other) => other !== index);
    return anchor(firstComponent(rows, products, index), others, groups, contextRows);
  });
  const withoutTemplate = (templates.length < 2 ? [] : templates).map((_, index) => {
    const others = overQuestions(verbs.vectors, index);
    const axis = firstComponent(others, innerProducts(others));
    return anchor(axis, others, verbs.groups, overQuestions(contexts, index));
  });
  // The centre of the fit moves with a question that is left out, but so does that of the phrase: only the axis counts.
  const spread = [
    ...jackknife(withoutVerb.map((refit) => linear(refit, full.mean))),
    ...jackknife(withoutTemplate.map((refit) => linear({ ...refit, mean: full.mean }, full.mean))),
  ];
  const { rows: strongest, kept } = strongestOf(spread, mostRows);
  const turn = (refits: readonly Anchored[], names: readonly string[]): LeftOut[] =>
    refits.map((refit, index) => ({ without: names[index]!, degrees: degreesBetween(turned(refit), turned(full)) }));
  const axis = turned(full).map((value) => value / full.norm);
  return {
    stability: {
      spread: strongest,
      questionShifts: templates.map((_, index) =>
        mean(verbs.vectors.map((ofVerb) => dotCentred(axis, ofVerb[index]!, full.mean))),
      ),
    },
    report: { verbs: turn(withoutVerb, verbs.texts), templates: turn(withoutTemplate, templates), kept },
  };
}

/** The component that points to the good. */
const turned = ({ component, sign }: Anchored): Float64Array => component.map((value) => sign * value);

/** s(x) = f·(x − origin) + g, as the row `[f, g]`. */
function linear(refit: Anchored, origin: Float64Array): Float64Array {
  const slope = turned(refit).map((value) => value / refit.norm);
  return Float64Array.from([...slope, dotCentred(slope, origin, refit.mean)]);
}

function jackknife(samples: readonly Float64Array[]): Float64Array[] {
  if (samples.length < 2) return [];
  const centre = meanOf(samples);
  const weight = Math.sqrt((samples.length - 1) / samples.length);
  return samples.map((sample) => sample.map((value, i) => weight * (value - centre[i]!)));
}

/** Fewer rows with nearly the same Σ (row·x)²: the leading right singular vectors, as long as their singular values. */
function strongestOf(rows: readonly Float64Array[], most: number): { rows: Float64Array[]; kept: number } {
  const { diagonal, rightSingularVectors } = new SingularValueDecomposition(new Matrix(rows.map((row) => [...row])), {
    autoTranspose: true,
    computeLeftSingularVectors: true,
  });
  const squares = diagonal.map((value) => value * value);
  const total = squares.reduce((sum, value) => sum + value, 0);
  const count = Math.min(most, squares.filter((square) => square > 0).length);
  const kept = squares.slice(0, count).reduce((sum, value) => sum + value, 0);
  const strongest = Array.from({ length: count }, (_, index) =>
    Float64Array.from(rightSingularVectors.getColumn(index), (value) => value * diagonal[index]!),
  );
  return { rows: strongest, kept: total === 0 ? 1 : kept / total };
}
