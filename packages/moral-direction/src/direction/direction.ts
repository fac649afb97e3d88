/**
 * A fitted moral direction: the centre and the principal axes of the template means of known verbs, with the sign and
 * the norm that turn a projection into a score. It belongs to the encoder whose vectors it was fitted on.
 * Paper, section "moral direction"; d is the encoder's dimensions, k the components kept.
 */
export interface MoralDirection {
  readonly version: number;
  /** `id` and `dimensions` of the encoder that the direction belongs to. */
  readonly encoder: { readonly id: string; readonly dimensions: number };
  /** Mean of the verbs' vectors: `[d]`. */
  readonly mean: Float64Array;
  /** Orthonormal rows, by falling variance: `[k][d]`. */
  readonly components: readonly Float64Array[];
  /** Variances along the components, n−1 in the denominator: `[k]`. */
  readonly explainedVariance: readonly number[];
  /** Their shares of the whole variance: `[k]`. */
  readonly ratios: readonly number[];
  /** Turns the first component so that good verbs score above zero. */
  readonly sign: 1 | -1;
  /** Raw length on the first component that scores ±1. */
  readonly norm: number;
  /** Questions with the slot `{action}`, and the answers of the cosine baseline. */
  readonly templates: readonly { readonly question: string; readonly no: string; readonly yes: string }[];
  /** What the direction was fitted on, in the order of the fit. */
  readonly actions: readonly { readonly text: string; readonly group: "good" | "bad" | "neutral" }[];
  /** Phrases that the norm comes from; the distance of a text is judged against theirs. */
  readonly contexts: readonly string[];
}
