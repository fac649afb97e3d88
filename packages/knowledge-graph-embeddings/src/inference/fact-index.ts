import { PairIndex } from "../data/pair-index.ts";
import type { Triples } from "../data/triples.ts";
import { includesSorted, indexKnownAnswers, knownAnswers, type KnownAnswers } from "../evaluation/filter.ts";
import type { GraphSize } from "../evaluation/queries.ts";

/** Facts by what rules ask of them. */
export class FactIndex {
  readonly triples: Triples;
  readonly relationCount: number;
  readonly #answers: KnownAnswers;
  readonly #pairs: PairIndex;

  constructor(triples: Triples, size: GraphSize) {
    this.triples = triples;
    this.relationCount = size.relationCount;
    this.#answers = indexKnownAnswers([triples], size);
    this.#pairs = new PairIndex(triples, size.entityCount);
  }

  has(head: number, relation: number, tail: number): boolean {
    return includesSorted(knownAnswers(this.#answers, head, relation), tail);
  }

  /** Hands each relation that leads from `head` to `tail` to `visit`. */
  between(head: number, tail: number, visit: (relation: number) => void): void {
    this.#pairs.between(head, tail, visit);
  }

  /** Tails of (head, relation, ?), ascending. */
  tails(head: number, relation: number): Int32Array {
    return knownAnswers(this.#answers, head, relation);
  }

  /** Everything that `head` leads to, sorted by relation: as many relations as tails. */
  outgoing(head: number): { readonly relations: Int32Array; readonly tails: Int32Array } {
    const { offsets, relations, answers } = this.#answers;
    const from = offsets[head]!;
    let to = from;
    while (to < offsets[head + 1]! && relations[to]! < this.relationCount) to += 1;
    return { relations: relations.subarray(from, to), tails: answers.subarray(from, to) };
  }

  /** Rows of each relation's facts, loops (head = tail) left out: they say nothing about direction. */
  rowsByRelation(): number[][] {
    const rows: number[][] = Array.from({ length: this.relationCount }, () => []);
    const { length, heads, relations, tails } = this.triples;
    for (let i = 0; i < length; i++) if (heads[i] !== tails[i]) rows[relations[i]!]!.push(i);
    return rows;
  }
}
