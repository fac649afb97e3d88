import { existsSync, readFileSync } from "node:fs";

import * as fc from "fast-check";

import type { Triples } from "../data/triples.ts";
import type { ScoreBlock } from "./blocks.ts";
import type { GraphSize } from "./queries.ts";
import type { Ranks } from "./ranks.ts";

/** Helpers of this folder's tests. */

type Triple = readonly [head: number, relation: number, tail: number];

export function triplesOf(rows: readonly Triple[]): Triples {
  return {
    length: rows.length,
    heads: Int32Array.from(rows, ([head]) => head),
    relations: Int32Array.from(rows, ([, relation]) => relation),
    tails: Int32Array.from(rows, ([, , tail]) => tail),
  };
}

/** A repeatable stream of numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A small graph as lists of triples: the first list is asked about, all of them are known. */
export const graphs = fc
  .record({ entityCount: fc.integer({ min: 2, max: 9 }), relationCount: fc.integer({ min: 1, max: 3 }) })
  .chain((size) => {
    const entity = fc.nat(size.entityCount - 1);
    const triple = fc.tuple(entity, fc.nat(size.relationCount - 1), entity);
    return fc.record({
      size: fc.constant(size),
      test: fc.array(triple, { minLength: 1, maxLength: 12 }),
      train: fc.array(triple, { maxLength: 40 }),
    });
  });

/** Scores that depend on the question only, from few distinct values so that many tie; no row is constant. */
export function tyingScorer(seed: number, { entityCount }: GraphSize, levels = 3): ScoreBlock {
  return async ({ anchors, relations }) => {
    const scores = new Float32Array(anchors.length * entityCount);
    anchors.forEach((anchor, row) => {
      const random = seededRandom(seed + 1009 * anchor + 9176 * relations[row]!);
      for (let i = 0; i < entityCount; i++) scores[row * entityCount + i] = Math.floor(random() * levels) - 1;
      scores[row * entityCount] = 1;
      scores[row * entityCount + 1] = -1;
    });
    return scores;
  };
}

/** Ranks by the definition, one query after the other: tails of triple i, then its heads. */
export async function naiveRanks(
  test: readonly Triple[],
  known: readonly Triple[],
  { entityCount, relationCount }: GraphSize,
  scoreBlock: ScoreBlock,
): Promise<Ranks> {
  const facts = new Set(known.map((triple) => triple.join(" ")));
  const rows: { optimistic: number; pessimistic: number; candidates: number }[] = [];
  for (const [head, relation, tail] of test) {
    for (const side of ["tail", "head"] as const) {
      const [anchor, answer] = side === "tail" ? [head, tail] : [tail, head];
      const scores = await scoreBlock({
        anchors: Int32Array.of(anchor),
        relations: Int32Array.of(side === "tail" ? relation : relation + relationCount),
      });
      const rivals = Array.from({ length: entityCount }, (_, entity) => entity).filter((entity) => {
        const fact = side === "tail" ? [head, relation, entity] : [entity, relation, tail];
        return entity !== answer && !facts.has(fact.join(" "));
      });
      rows.push({
        optimistic: 1 + rivals.filter((rival) => scores[rival]! > scores[answer]!).length,
        pessimistic: 1 + rivals.filter((rival) => scores[rival]! >= scores[answer]!).length,
        candidates: 1 + rivals.length,
      });
    }
  }
  return {
    optimistic: Int32Array.from(rows, (row) => row.optimistic),
    realistic: Float64Array.from(rows, (row) => (row.optimistic + row.pessimistic) / 2),
    pessimistic: Int32Array.from(rows, (row) => row.pessimistic),
    candidates: Int32Array.from(rows, (row) => row.candidates),
  };
}

const nationsFolder = new URL("../../../../../shared/data/kg/nations/", import.meta.url);
export const hasNations = existsSync(nationsFolder);

function indexOf(labels: Map<string, number>, label: string): number {
  if (!labels.has(label)) labels.set(label, labels.size);
  return labels.get(label)!;
}

/** The Nations graph of the shared data, for tests that are skipped where it is absent. */
export function readNations(): { size: GraphSize; train: Triples; valid: Triples; test: Triples } {
  const entities = new Map<string, number>();
  const relations = new Map<string, number>();
  const read = (split: string): Triples => {
    const lines = readFileSync(new URL(`${split}.tsv`, nationsFolder), "utf8")
      .trimEnd()
      .split("\n");
    return triplesOf(
      lines.map((line) => {
        const [head, relation, tail] = line.split("\t");
        return [indexOf(entities, head!), indexOf(relations, relation!), indexOf(entities, tail!)];
      }),
    );
  };
  const [train, valid, test] = [read("train"), read("valid"), read("test")];
  return { size: { entityCount: entities.size, relationCount: relations.size }, train, valid, test };
}
