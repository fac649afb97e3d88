import type { Dataset } from "./dataset.ts";
import type { Triples } from "./triples.ts";

/** How many tails a head has, and heads a tail. */
export type RelationCategory = "1-1" | "1-N" | "N-1" | "N-N";

export interface RelationStatistics {
  readonly relation: string;
  /** Words for a person; the label itself where the data has none. */
  readonly name: string;
  readonly train: number;
  readonly valid: number;
  readonly test: number;
  /** Mean number of distinct tails of a (head, relation) that occurs in train; NaN for a relation absent there. */
  readonly tailsPerHead: number;
  readonly headsPerTail: number;
  /** Absent where train has no triple of the relation. */
  readonly category: RelationCategory | undefined;
}

/** Over the entities: how many triples of train each takes part in, a self-loop counting twice. */
export interface DegreeSummary {
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  /** Nine of ten entities have at most this many. */
  readonly p90: number;
  readonly max: number;
  /** Entities without any triple in train. */
  readonly zero: number;
}

export interface DatasetStatistics {
  readonly entities: number;
  readonly relations: number;
  readonly train: number;
  readonly valid: number;
  readonly test: number;
  readonly degrees: DegreeSummary;
  /** By index. */
  readonly perRelation: readonly RelationStatistics[];
}

/** Counts, degrees and what kind each relation is. */
export function datasetStatistics(dataset: Dataset): DatasetStatistics {
  const { entities, relations, train, valid, test } = dataset;
  const counts = (part: Triples) => {
    const found = new Int32Array(relations.size);
    for (const relation of part.relations) found[relation]!++;
    return found;
  };
  const [inTrain, inValid, inTest] = [counts(train), counts(valid), counts(test)];
  const fans = relationFans(train, relations.size);
  return {
    entities: entities.size,
    relations: relations.size,
    train: train.length,
    valid: valid.length,
    test: test.length,
    degrees: summarize(degreesOf(train, entities.size)),
    perRelation: relations.labels.map((relation, index) => ({
      relation,
      name: relations.name(index),
      train: inTrain[index]!,
      valid: inValid[index]!,
      test: inTest[index]!,
      ...fans[index]!,
    })),
  };
}

/**
 * The category of each relation, from train: a side is "N" where the mean number of its entities for one of the other
 * side is 1.5 or more. Bordes et al., NIPS 2013 ("Translating embeddings for modeling multi-relational data").
 * @returns `[relations]`; undefined for a relation that train does not hold.
 */
export function relationCategories(train: Triples, relationCount: number): (RelationCategory | undefined)[] {
  return relationFans(train, relationCount).map(({ category }) => category);
}

/** Means over distinct heads and tails, from triples without duplicates. */
function relationFans(train: Triples, relationCount: number) {
  const triples = new Int32Array(relationCount);
  for (const relation of train.relations) triples[relation]!++;
  const heads = distinctPartners(train.heads, train.relations, relationCount);
  const tails = distinctPartners(train.tails, train.relations, relationCount);
  return Array.from(triples, (count, relation) => {
    const tailsPerHead = count / heads[relation]!;
    const headsPerTail = count / tails[relation]!;
    const category: RelationCategory | undefined =
      count === 0 ? undefined : `${side(headsPerTail)}-${side(tailsPerHead)}`;
    return { tailsPerHead, headsPerTail, category };
  });
}

const side = (mean: number): "1" | "N" => (mean < 1.5 ? "1" : "N");

/** How many different entities of the column each relation has. */
function distinctPartners(column: Int32Array, relations: Int32Array, relationCount: number): Int32Array {
  const seen = new Set<number>();
  const counts = new Int32Array(relationCount);
  for (let i = 0; i < column.length; i++) {
    const key = column[i]! * relationCount + relations[i]!;
    if (seen.has(key)) continue;
    seen.add(key);
    counts[relations[i]!]!++;
  }
  return counts;
}

function degreesOf({ heads, tails }: Triples, entityCount: number): Int32Array {
  const degrees = new Int32Array(entityCount);
  for (const column of [heads, tails]) for (const entity of column) degrees[entity]!++;
  return degrees;
}

function summarize(degrees: Int32Array): DegreeSummary {
  const sorted = degrees.toSorted();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return {
    min: at(0),
    median: at(0.5),
    mean: sorted.reduce((sum, degree) => sum + degree, 0) / Math.max(1, sorted.length),
    p90: at(0.9),
    max: at(1),
    zero: sorted.filter((degree) => degree === 0).length,
  };
}
