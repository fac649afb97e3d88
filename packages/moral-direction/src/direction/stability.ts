import { RandomStream } from "@offprint/training";
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
  /** Share of the refits' variance that the rows kept of it hold, 0 to 1. */
  readonly kept: number;
}

/** Rows of the spread that are kept at most: more make files larger and intervals no truer. */
const mostRows = 8;

/** Fits again to verbs drawn anew: enough for a standard error within a tenth. */
const draws = 100;

/**
 * Fits again, sign and norm included: without each verb and without each question, for the angles; and to verbs drawn with
 * replacement within their groups, for the standard error of a score. The scores of a refit are linear in x, so their variance
 * over the refits is a sum of squares of linear functions of x, of which the strongest are kept. Verbs give it by that
 * bootstrap, since it feels the axis turn where the jackknife does not; the few questions by the jackknife,
 * (t−1)/t Σ (sᵢ − s̄)².
 */
export function refit(
  full: Anchored,
  verbs: { readonly texts: readonly string[]; readonly groups: readonly Group[]; readonly vectors: QuestionVectors },
  contexts: QuestionVectors,
  templates: readonly string[],
): { readonly stability: Stability; readonly report: StabilityReport } {
  const rows = overQuestions(verbs.vectors);
  const contextRows = overQuestions(contexts);
  const products = innerProducts(rows);
  const refitTo = (chosen: readonly number[]): Anchored =>
    anchor(
      firstComponent(rows, products, chosen),
      chosen.map((index) => rows[index]!),
      chosen.map((index) => verbs.groups[index]!),
      contextRows,
    );
  const withoutVerb = rows.map((_, left) => refitTo([...rows.keys()].filter((index) => index !== left)));
  const withoutTemplate = (templates.length < 2 ? [] : templates).map((_, left) => {
    const others = overQuestions(verbs.vectors, left);
    return anchor(firstComponent(others), others, verbs.groups, overQuestions(contexts, left));
  });
  const random = RandomStream.create(0, "verbs drawn anew");
  const drawn = Array.from({ length: draws }, () => refitTo(drawWithin(verbs.groups, random)));

  // The centre of the fit moves with a question that is left out, but so does that of the phrase: only the axis counts.
  const inTemplates = withoutTemplate.map((one) => linear({ ...one, mean: full.mean }, full.mean));
  const spread = [
    ...deviations(
      drawn.map((one) => linear(one, full.mean)),
      1 / (draws - 1),
    ),
    ...deviations(inTemplates, (templates.length - 1) / templates.length),
  ];
  const { rows: strongest, kept } = strongestOf(spread, mostRows);
  const turn = (refits: readonly Anchored[], names: readonly string[]): LeftOut[] =>
    refits.map((one, index) => ({ without: names[index]!, degrees: degreesBetween(turned(one), turned(full)) }));
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

/** As many indices of each group as it has, drawn with replacement. */
function drawWithin(groups: readonly Group[], random: RandomStream): number[] {
  return groups.map((group) => {
    const same = [...groups.keys()].filter((index) => groups[index] === group);
    return same[random.integer(same.length)]!;
  });
}

/** The component that points to the good. */
const turned = ({ component, sign }: Anchored): Float64Array => component.map((value) => sign * value);

/** s(x) = f·(x − origin) + g, as the row `[f, g]`. */
function linear(refit: Anchored, origin: Float64Array): Float64Array {
  const slope = turned(refit).map((value) => value / refit.norm);
  return Float64Array.from([...slope, dotCentred(slope, origin, refit.mean)]);
}

/** The samples less their mean, such that their squares sum to a variance. */
function deviations(samples: readonly Float64Array[], weight: number): Float64Array[] {
  const centre = meanOf(samples);
  return samples.map((sample) => sample.map((value, i) => Math.sqrt(weight) * (value - centre[i]!)));
}

/**
 * Fewer rows with nearly the same Σ (row·x)²: the leading right singular vectors, as long as their singular values, all made
 * longer by what is left out, lest intervals become too narrow.
 */
function strongestOf(rows: readonly Float64Array[], most: number): { rows: Float64Array[]; kept: number } {
  const { diagonal, rightSingularVectors } = new SingularValueDecomposition(new Matrix(rows.map((row) => [...row])), {
    autoTranspose: true,
    computeLeftSingularVectors: true,
  });
  const squares = diagonal.map((value) => value * value);
  const total = squares.reduce((sum, value) => sum + value, 0);
  const count = Math.min(most, squares.filter((square) => square > 0).length);
  const kept = squares.slice(0, count).reduce((sum, value) => sum + value, 0);
  const share = total === 0 ? 1 : kept / total;
  const strongest = Array.from({ length: count }, (_, index) => {
    const length = diagonal[index]! / Math.sqrt(share);
    return Float64Array.from(rightSingularVectors.getColumn(index), (value) => value * length);
  });
  return { rows: strongest, kept: share };
}
