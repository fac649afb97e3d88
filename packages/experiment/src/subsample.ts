/**
 * At most `limit` of the points, in order, such that the curve keeps its shape: the first, the last, and of each stretch
 * between them the lowest and the highest, so that no spike is lost.
 * @param limit at least 4.
 */
export function subsample<P extends { readonly y: number }>(points: readonly P[], limit: number): readonly P[] {
  if (points.length <= limit) return points;
  const buckets = Math.floor((limit - 2) / 2);
  const inner = points.length - 2;
  const kept = new Set([0, points.length - 1]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = 1 + Math.floor((bucket * inner) / buckets);
    const end = 1 + Math.floor(((bucket + 1) * inner) / buckets);
    let [low, high] = [start, start];
    for (let i = start; i < end; i++) {
      if (points[i]!.y < points[low]!.y) low = i;
      if (points[i]!.y > points[high]!.y) high = i;
    }
    kept.add(low).add(high);
  }
  return points.filter((_, index) => kept.has(index));
}
