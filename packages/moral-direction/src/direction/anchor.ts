import type { Group } from "../data/material.ts";
import { NoVarianceError } from "../errors.ts";
import { dotCentred, mean } from "./vectors.ts";

/** A first component that has become a score: s(x) = sign · c·(x − μ) / norm. */
export interface Anchored {
  readonly mean: Float64Array;
  readonly component: Float64Array;
  readonly sign: 1 | -1;
  readonly norm: number;
  /** The context phrase that has the norm's length, so scores ±1: its index. */
  readonly farthest: number;
}

/**
 * Sign by the known verbs (good ones above bad ones on average), never by an index or a library's habit; norm by the
 * context phrases: their largest raw length.
 * @param verbs `[n][d]`. @param groups `[n]`. @param contexts `[m][d]`.
 */
export function anchor(
  axis: { readonly mean: Float64Array; readonly component: Float64Array },
  verbs: readonly Float64Array[],
  groups: readonly Group[],
  contexts: readonly Float64Array[],
): Anchored {
  const raw = (row: Float64Array) => dotCentred(axis.component, row, axis.mean);
  const meanRawOf = (group: Group) => mean(verbs.filter((_, index) => groups[index] === group).map(raw));
  const sign = meanRawOf("good") >= meanRawOf("bad") ? 1 : -1;
  const lengths = contexts.map((row) => Math.abs(raw(row)));
  const norm = Math.max(...lengths);
  if (!(norm > 0)) throw new NoVarianceError("context phrases");
  return { ...axis, sign, norm, farthest: lengths.indexOf(norm) };
}
