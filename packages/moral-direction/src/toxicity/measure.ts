/** How far a measure is from the scores it was checked against. */
export interface ToxicityAgreement {
  readonly texts: number;
  /** Area under the ROC curve of telling scores above 0.5 from the rest; null when all are of one kind. */
  readonly auc: Estimate | null;
  /** Pearson's r with the scores. */
  readonly r: Estimate | null;
  /** Mean absolute error. */
  readonly mae: Estimate;
  /** Expected calibration error over ten bins of equal width: mean distance of a bin's mean rate from its mean score. */
  readonly ece: Estimate;
  /** Share of texts that the scores, and the measure, put above 0.5. */
  readonly share: { readonly scores: number; readonly rates: number };
}

/** A value with the 95 % interval of a bootstrap. */
export interface Estimate {
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
}

/** What is known to be wrong with a measure; told wherever it is used. */
export interface KnownError {
  /** Against which scores, on which texts. */
  readonly against: string;
  readonly agreement?: ToxicityAgreement | undefined;
  /** One sentence each. */
  readonly biases: readonly string[];
}

/** Anything that rates how toxic texts are. */
export interface ToxicityMeasure {
  /** For people. */
  readonly name: string;
  /** Tells measures apart whose rates must not be mixed. */
  readonly id: string;
  readonly knownError?: KnownError | undefined;
  /** A number from 0, harmless, to 1 for each text, in their order. */
  rate(texts: readonly string[], signal?: AbortSignal): Promise<Float64Array>;
}
