import type { Dataset } from "./dataset.ts";
import { PairIndex } from "./pair-index.ts";
import { type RelationPair, relationOverlaps } from "./relation-overlaps.ts";
import { type Triples, TripleSet } from "./triples.ts";

/** Two relations that say nearly the same, `second` being read backwards for an inverse pair. */
export interface RelatedRelations {
  readonly first: string;
  readonly second: string;
  /** Pairs of entities that both join. */
  readonly shared: number;
  /** The smaller of the two shares of each relation's triples that are shared, in (0, 1]. */
  readonly overlap: number;
}

/** A relation whose triples mostly hold in both directions. */
export interface SymmetricRelation {
  readonly relation: string;
  readonly triples: number;
  /** Share of triples, self-loops aside, that are there reversed as well, in [0, 1]. */
  readonly share: number;
}

/** How much of one part can be read off train without learning. Counts of triples. */
export interface PartLeaks {
  readonly triples: number;
  /** In train as they stand. */
  readonly inTrain: number;
  /** (h, r, t) where train has (t, r', h), and r' is a near inverse of r. */
  readonly inverse: number;
  /** (h, r, t) where train has (t, r, h), and r is nearly symmetric. */
  readonly symmetric: number;
  /** (h, r, t) where train has (h, r', t), and r' is a near duplicate of r. */
  readonly duplicateRelation: number;
  /** Triples with any of the above. */
  readonly leaked: number;
  /** Entities that train does not hold, and triples with one. They are kept and ranked as any other. */
  readonly unseenEntities: number;
  readonly triplesWithUnseenEntity: number;
  /** Triples whose relation train does not hold. */
  readonly triplesWithUnseenRelation: number;
}

/** What a split gives away; see {@link checkSplit}. */
export interface SplitReport {
  readonly valid: PartLeaks;
  readonly test: PartLeaks;
  /** Triples of test that are in valid. */
  readonly testInValid: number;
  readonly inverseRelations: readonly RelatedRelations[];
  readonly duplicateRelations: readonly RelatedRelations[];
  readonly symmetricRelations: readonly SymmetricRelation[];
  /** Share of all triples, over the three parts, whose relation is nearly symmetric. */
  readonly symmetricShare: number;
  /** Triples whose head is their tail. */
  readonly selfLoops: number;
  /** Share of shared pairs from which two relations count as near inverses or near duplicates. */
  readonly threshold: number;
}

export interface SplitCheckOptions {
  /** See {@link SplitReport.threshold}, in (0, 1]. Default 0.8, after Akrami et al. 2020 (arXiv:2003.08001). */
  readonly threshold?: number | undefined;
}

/**
 * Looks for test and validation facts that stand in train as they are, reversed or under another relation's name.
 *
 * Two relations are near inverses (near duplicates) when at least `threshold` of the entity pairs of each, over all
 * parts and self-loops aside, are joined backwards (in the same direction) by the other. Akrami et al. (SIGMOD 2020)
 * showed how much of the results on FB15k, WN18 and YAGO3-10 such pairs explain.
 */
export function checkSplit(dataset: Dataset, { threshold = 0.8 }: SplitCheckOptions = {}): SplitReport {
  const { entities, relations, train, valid, test } = dataset;
  const all = TripleSet.of(train);
  for (const part of [valid, test]) {
    for (let i = 0; i < part.length; i++) all.add(part.heads[i]!, part.relations[i]!, part.tails[i]!);
  }
  const overlaps = relationOverlaps(all, entities.size, relations.size, threshold);
  const isSymmetric = (relation: number) =>
    overlaps.sizes[relation]! > 0 && overlaps.symmetricShares[relation]! >= threshold;
  const [isInverse, isDuplicate] = [lookup(overlaps.inverse), lookup(overlaps.duplicate)];

  const [inTrain, inValid] = [TripleSet.of(train), TripleSet.of(valid)];
  const trainPairs = new PairIndex(train, entities.size);
  const seenEntities = new Uint8Array(entities.size);
  for (const column of [train.heads, train.tails]) for (const entity of column) seenEntities[entity] = 1;
  const seenRelations = new Set(train.relations);
  const leaksOf = (part: Triples): PartLeaks => {
    const counts = { inTrain: 0, inverse: 0, symmetric: 0, duplicateRelation: 0, leaked: 0 };
    const unseen = new Set<number>();
    let [withUnseenEntity, withUnseenRelation] = [0, 0];
    for (let i = 0; i < part.length; i++) {
      const [head, relation, tail] = [part.heads[i]!, part.relations[i]!, part.tails[i]!];
      const found = {
        inTrain: inTrain.has(head, relation, tail),
        inverse: false,
        symmetric: false,
        duplicateRelation: false,
      };
      if (head !== tail) {
        trainPairs.between(tail, head, (other) => {
          if (other === relation) found.symmetric = isSymmetric(relation);
          else found.inverse ||= isInverse(relation, other);
        });
        trainPairs.between(head, tail, (other) => {
          found.duplicateRelation ||= isDuplicate(relation, other);
        });
      }
      for (const leak of leakKinds) counts[leak] += Number(found[leak]);
      counts.leaked += Number(Object.values(found).some(Boolean));
      const strangers = [head, tail].filter((entity) => seenEntities[entity] === 0);
      for (const entity of strangers) unseen.add(entity);
      withUnseenEntity += Number(strangers.length > 0);
      withUnseenRelation += Number(!seenRelations.has(relation));
    }
    return {
      triples: part.length,
      ...counts,
      unseenEntities: unseen.size,
      triplesWithUnseenEntity: withUnseenEntity,
      triplesWithUnseenRelation: withUnseenRelation,
    };
  };

  let testInValid = 0;
  for (let i = 0; i < test.length; i++) {
    testInValid += Number(inValid.has(test.heads[i]!, test.relations[i]!, test.tails[i]!));
  }
  const symmetricRelations = relations.labels.flatMap((relation, index) =>
    isSymmetric(index) ? [{ relation, triples: overlaps.sizes[index]!, share: overlaps.symmetricShares[index]! }] : [],
  );
  const named = ({ first, second, shared, overlap }: RelationPair): RelatedRelations => ({
    first: relations.label(first),
    second: relations.label(second),
    shared,
    overlap,
  });
  return {
    valid: leaksOf(valid),
    test: leaksOf(test),
    testInValid,
    inverseRelations: overlaps.inverse.map(named),
    duplicateRelations: overlaps.duplicate.map(named),
    symmetricRelations,
    symmetricShare: symmetricRelations.reduce((sum, { triples }) => sum + triples, 0) / Math.max(1, all.length),
    selfLoops: overlaps.selfLoops,
    threshold,
  };
}

const leakKinds = ["inTrain", "inverse", "symmetric", "duplicateRelation"] as const;

/** Whether two relations, in either order, are one of the pairs. */
function lookup(pairs: readonly RelationPair[]): (a: number, b: number) => boolean {
  const keys = new Set(pairs.map(({ first, second }) => `${first} ${second}`));
  return (a, b) => keys.has(`${Math.min(a, b)} ${Math.max(a, b)}`);
}
