/**
 * Indices of the `count` largest values, largest first; of equal ones the lower index comes first. Exact, with memory for
 * `count` indices: a heap whose root is the least of those kept.
 * @param values without NaN.
 * @param isCandidate which indices count; default all.
 */
export function largest(
  values: ArrayLike<number>,
  count: number,
  isCandidate: (index: number) => boolean = () => true,
): number[] {
  const isBelow = (a: number, b: number): boolean => {
    const difference = values[a]! - values[b]!;
    return difference < 0 || (difference === 0 && a > b);
  };
  const heap: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const isFull = heap.length >= count;
    if ((isFull && (count < 1 || !isBelow(heap[0]!, index))) || !isCandidate(index)) continue;
    if (isFull) sink(heap, index, isBelow);
    else rise(heap, index, isBelow);
  }
  return heap.toSorted((a, b) => (isBelow(a, b) ? 1 : -1));
}

type IsBelow = (a: number, b: number) => boolean;

/** Adds `index` at the end and lets it rise to its place. */
function rise(heap: number[], index: number, isBelow: IsBelow): void {
  let place = heap.push(index) - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBelow(index, heap[parent]!)) break;
    heap[place] = heap[parent]!;
    place = parent;
  }
  heap[place] = index;
}

/** Puts `index` in the place of the root and lets it sink to its own. */
function sink(heap: number[], index: number, isBelow: IsBelow): void {
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child + 1 < heap.length && isBelow(heap[child + 1]!, heap[child]!)) child += 1;
    if (child >= heap.length || !isBelow(heap[child]!, index)) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = index;
}
