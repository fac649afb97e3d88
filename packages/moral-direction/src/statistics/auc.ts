/** Places of the values in ascending order, 1 first; equal values share the mean of theirs. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).toSorted((a, b) => values[a]! - values[b]!);
  const places = Array.from<number>({ length: values.length });
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) places[order[i]!] = (start + end + 1) / 2;
    start = end;
  }
  return places;
}

/**
 * Area under the ROC curve: the probability that a positive scores above a negative, ties counted half (Mann–Whitney).
 * @returns NaN when one of the two kinds is missing.
 */
export function auc(scores: readonly number[], positive: readonly boolean[]): number {
  const places = ranks(scores);
  const n = positive.filter(Boolean).length;
  const m = scores.length - n;
  const sum = places.reduce((total, place, index) => total + (positive[index] === true ? place : 0), 0);
  return n === 0 || m === 0 ? Number.NaN : (sum - (n * (n + 1)) / 2) / (n * m);
}
