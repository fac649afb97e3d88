/**
 * Spearman's rank correlation of two equally long lists, in [−1, 1]; ties share the mean of their ranks. Null where one of
 * the lists has only one value.
 */
export function rankCorrelation(left: ArrayLike<number>, right: ArrayLike<number>): number | null {
  const [a, b] = [ranksOf(left), ranksOf(right)];
  const middle = (a.length + 1) / 2;
  let [products, squaresOfA, squaresOfB] = [0, 0, 0];
  for (const [i, rank] of a.entries()) {
    const [x, y] = [rank - middle, b[i]! - middle];
    products += x * y;
    squaresOfA += x * x;
    squaresOfB += y * y;
  }
  return squaresOfA === 0 || squaresOfB === 0 ? null : products / Math.sqrt(squaresOfA * squaresOfB);
}

/** Rank of each value, 1 for the least. */
function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).toSorted((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to += 1;
    for (const index of order.slice(from, to)) ranks[index] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}
