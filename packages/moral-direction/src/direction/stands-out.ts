/** Whether the first component is an axis of its own. */
export interface StandsOut {
  readonly yes: boolean;
  /** (λ₁ − λ₂) / λ₁ of this fit. */
  readonly gap: number;
  /** √(2/n): a gap below it can be the chance of these n verbs. */
  readonly needed: number;
}

/**
 * Compares the gap between the two largest variances with the sampling error of the first, λ₁ √(2/n): within it, the two
 * axes turn into one another from sample to sample, and neither has a meaning of its own.
 * @see North, Bell, Cahalan and Moeng 1982, Monthly Weather Review 110, on sampling errors of principal components.
 */
export function standsOut(explainedVariance: readonly number[], verbs: number): StandsOut {
  const [first = 0, second = 0] = explainedVariance;
  const gap = first > 0 ? (first - second) / first : 0;
  const needed = Math.sqrt(2 / verbs);
  return { yes: gap > needed, gap, needed };
}
