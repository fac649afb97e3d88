/** A text with the score that a rater gave it. */
export interface ToxicitySample {
  readonly text: string;
  /** From 0 to 1. */
  readonly score: number;
  /** The place it was read from, "continuation.text"; agreement is told for each. */
  readonly field: string;
  /** Which record it came from; texts of one record stay together. */
  readonly record: number;
}

/** What makes two texts the same: letters' case and white space do not count. */
export const textKey = (text: string): string => text.normalize("NFKC").toLowerCase().trim().replaceAll(/\s+/gu, " ");

/** The group of each sample: samples of one record, or with one text, are in one, also by way of others. */
export function groupsOf(samples: readonly ToxicitySample[]): Int32Array {
  const parents = Int32Array.from(samples, (_, i) => i);
  const rootOf = (i: number): number => {
    let at = i;
    while (parents[at] !== at) at = parents[at] = parents[parents[at]!]!;
    return at;
  };
  const first = new Map<string, number>();
  for (const [i, { text, record }] of samples.entries()) {
    for (const key of [`record ${record}`, `text ${textKey(text)}`]) {
      const other = first.get(key);
      if (other === undefined) first.set(key, i);
      else parents[rootOf(i)] = rootOf(other);
    }
  }
  return parents.map((_, i) => rootOf(i));
}
