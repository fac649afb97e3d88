import type { Triples } from "../data/triples.ts";
import { EvaluationInputError } from "./errors.ts";

/** How many entities and relations a vocabulary has; indices run from 0 to one less. */
export interface GraphSize {
  readonly entityCount: number;
  readonly relationCount: number;
}

/**
 * What a model is asked, without the answer: (anchor, relation row, ?). Rows 0 to R−1 ask for the tail of (anchor, r, ?);
 * row r + R asks for the head of (?, r, anchor), which a model with reciprocal relations answers as a tail.
 */
export interface Questions {
  readonly anchors: Int32Array;
  readonly relations: Int32Array;
}

/** Questions with their answers; `triples[i]` is the triple that query i was made from. */
export interface Queries extends Questions {
  readonly answers: Int32Array;
  readonly triples: Int32Array;
}

export type Side = "head" | "tail";

/** Which end of a triple a relation row asks for. */
export function sideOf(relation: number, relationCount: number): Side {
  return relation < relationCount ? "tail" : "head";
}

/** Both queries of each triple: entry 2i asks for the tail of triple i, entry 2i + 1 for its head. */
export function queriesOf(triples: Triples, size: GraphSize): Queries {
  checkTriples(triples, size);
  const count = triples.length;
  const queries = {
    anchors: new Int32Array(2 * count),
    relations: new Int32Array(2 * count),
    answers: new Int32Array(2 * count),
    triples: new Int32Array(2 * count),
  };
  for (let i = 0; i < count; i++) {
    const head = triples.heads[i]!;
    const tail = triples.tails[i]!;
    const relation = triples.relations[i]!;
    queries.anchors[2 * i] = queries.answers[2 * i + 1] = head;
    queries.answers[2 * i] = queries.anchors[2 * i + 1] = tail;
    queries.relations[2 * i] = relation;
    queries.relations[2 * i + 1] = relation + size.relationCount;
    queries.triples[2 * i] = queries.triples[2 * i + 1] = i;
  }
  return queries;
}

/** `[entityCount]`, 1 where the entity is the head or the tail of one of `triples`. */
export function entitiesIn({ heads, tails, length }: Triples, entityCount: number): Uint8Array {
  const seen = new Uint8Array(entityCount);
  for (let i = 0; i < length; i++) seen[heads[i]!] = seen[tails[i]!] = 1;
  return seen;
}

/** @throws {EvaluationInputError} on an index outside of the vocabulary or a column that is too short. */
export function checkTriples({ heads, relations, tails, length }: Triples, size: GraphSize): void {
  checkIndices("head", heads, length, size.entityCount);
  checkIndices("relation", relations, length, size.relationCount);
  checkIndices("tail", tails, length, size.entityCount);
}

function checkIndices(what: string, indices: Int32Array, length: number, count: number): void {
  for (let i = 0; i < length; i++) {
    const index = indices[i] ?? -1;
    if (index >= 0 && index < count) continue;
    throw new EvaluationInputError(
      `triple ${i}: ${what} ${indices[i]} is outside of 0 to ${count - 1}; number all splits with one vocabulary`,
    );
  }
}
