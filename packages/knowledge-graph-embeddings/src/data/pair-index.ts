import type { Triples } from "./triples.ts";

/** Finds the relations that join two entities; rows are sorted by head, then tail, in 8 bytes a triple. */
export class PairIndex {
  /** Rows of one head lie from `#starts[head]` to `#starts[head + 1]`. */
  readonly #starts: Int32Array;
  readonly #tails: Int32Array;
  readonly #relations: Int32Array;

  constructor({ length, heads, relations, tails }: Triples, entityCount: number) {
    const byTail = countingSort(
      tails,
      Uint32Array.from({ length }, (_, row) => row),
      entityCount,
    ).rows;
    const { rows, starts } = countingSort(heads, byTail, entityCount);
    this.#starts = starts;
    this.#tails = Int32Array.from(rows, (row) => tails[row]!);
    this.#relations = Int32Array.from(rows, (row) => relations[row]!);
  }

  /** Hands each relation of a triple (head, relation, tail) to `visit`. */
  between(head: number, tail: number, visit: (relation: number) => void): void {
    let low = this.#starts[head]!;
    const end = this.#starts[head + 1]!;
    for (let high = end; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#tails[middle]! < tail) low = middle + 1;
      else high = middle;
    }
    for (; low < end && this.#tails[low] === tail; low++) visit(this.#relations[low]!);
  }
}

/** `rows` in a stable order of their keys, and where each key's rows begin. */
function countingSort(keys: Int32Array, rows: Uint32Array, keyCount: number) {
  const starts = new Int32Array(keyCount + 1);
  for (const row of rows) starts[keys[row]! + 1]!++;
  for (let key = 0; key < keyCount; key++) starts[key + 1]! += starts[key]!;
  const next = starts.slice();
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) sorted[next[keys[row]!]!++] = row;
  return { rows: sorted, starts };
}
