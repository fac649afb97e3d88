import type { Triples } from "../data/triples.ts";
import { checkTriples, type GraphSize } from "./queries.ts";

/**
 * Every known answer of every query, in both directions, as compressed rows: anchor a owns the entries
 * `offsets[a]` to `offsets[a + 1]` of `relations` (rows 0 to 2R−1) and `answers`, sorted by relation row, then answer,
 * without repeats. 4 (N + 1) + 8 entries bytes.
 */
export interface KnownAnswers extends GraphSize {
  readonly offsets: Int32Array;
  readonly relations: Int32Array;
  readonly answers: Int32Array;
}

/**
 * Indexes the known answers of `splits` (train, valid and test for the usual filtered ranks). Three stable counting sorts,
 * so the time is linear in triples, entities and relations.
 * @throws {EvaluationInputError} on an index outside of the vocabulary.
 */
export function indexKnownAnswers(splits: readonly Triples[], size: GraphSize): KnownAnswers {
  const { entityCount, relationCount } = size;
  const { anchors, relations, answers } = bothDirections(splits, size);
  let order = new Int32Array(anchors.length).map((_, row) => row);
  order = stableSort(order, answers, entityCount);
  order = stableSort(order, relations, 2 * relationCount);
  order = stableSort(order, anchors, entityCount);

  const offsets = new Int32Array(entityCount + 1);
  const sorted = { relations: new Int32Array(order.length), answers: new Int32Array(order.length) };
  let entries = 0;
  let previous = -1;
  for (const row of order) {
    const repeats =
      previous !== -1 &&
      anchors[row] === anchors[previous] &&
      relations[row] === relations[previous] &&
      answers[row] === answers[previous];
    previous = row;
    if (repeats) continue;
    sorted.relations[entries] = relations[row]!;
    sorted.answers[entries] = answers[row]!;
    entries += 1;
    offsets[anchors[row]! + 1] = entries;
  }
  for (let anchor = 1; anchor <= entityCount; anchor++) {
    offsets[anchor] = Math.max(offsets[anchor]!, offsets[anchor - 1]!);
  }
  return {
    entityCount,
    relationCount,
    offsets,
    relations: sorted.relations.slice(0, entries),
    answers: sorted.answers.slice(0, entries),
  };
}

/** Known answers of (anchor, relation row, ?), ascending: a view into the index, empty when there are none. */
export function knownAnswers(known: KnownAnswers, anchor: number, relation: number): Int32Array {
  const from = known.offsets[anchor]!;
  const to = known.offsets[anchor + 1]!;
  const first = lowerBound(known.relations, relation, from, to);
  return known.answers.subarray(first, lowerBound(known.relations, relation + 1, first, to));
}

/** Whether `value` is in an ascending array. */
export function includesSorted(ascending: Int32Array, value: number): boolean {
  return ascending[lowerBound(ascending, value, 0, ascending.length)] === value;
}

/** First place in `[from, to)` whose value is not below `value`. */
function lowerBound(ascending: Int32Array, value: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bothDirections(splits: readonly Triples[], size: GraphSize) {
  const count = splits.reduce((sum, { length }) => sum + length, 0);
  const anchors = new Int32Array(2 * count);
  const relations = new Int32Array(2 * count);
  const answers = new Int32Array(2 * count);
  let at = 0;
  for (const split of splits) {
    checkTriples(split, size);
    for (let i = 0; i < split.length; i++, at += 2) {
      anchors[at] = answers[at + 1] = split.heads[i]!;
      answers[at] = anchors[at + 1] = split.tails[i]!;
      relations[at] = split.relations[i]!;
      relations[at + 1] = split.relations[i]! + size.relationCount;
    }
  }
  return { anchors, relations, answers };
}

/** `order` by `keys` (each below `keyCount`); rows with one key keep their order. */
function stableSort(order: Int32Array, keys: Int32Array, keyCount: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(keyCount + 1);
  for (const key of keys) next[key + 1] = next[key + 1]! + 1;
  for (let key = 0; key < keyCount; key++) next[key + 1] = next[key + 1]! + next[key]!;
  const sorted = new Int32Array(order.length);
  for (const row of order) {
    const key = keys[row]!;
    const place = next[key]!;
    sorted[place] = row;
    next[key] = place + 1;
  }
  return sorted;
}
