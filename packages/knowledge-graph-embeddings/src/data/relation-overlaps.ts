import { PairIndex } from "./pair-index.ts";
import type { Triples } from "./triples.ts";

/** Two relations that join the same pairs of entities. */
export interface RelationPair {
  readonly first: number;
  readonly second: number;
  /** Entity pairs that both join. */
  readonly shared: number;
  /** The smaller of the shares of each relation's own pairs, in (0, 1]. */
  readonly overlap: number;
}

export interface RelationOverlaps {
  /** `second` backwards joins what `first` joins; `first < second`. */
  readonly inverse: readonly RelationPair[];
  /** `second` joins what `first` joins, in the same direction; `first < second`. */
  readonly duplicate: readonly RelationPair[];
  /** `[relations]` share of each relation's triples that hold reversed too, in [0, 1]. */
  readonly symmetricShares: Float64Array;
  /** `[relations]` triples of each relation. All of these leave self-loops aside. */
  readonly sizes: Int32Array;
  readonly selfLoops: number;
}

/** Fewer shared pairs are no ground to call two relations inverse or duplicate. */
const LEAST_SHARED = 3;

/**
 * Which relations say the same, forwards or backwards, in at least `threshold` of the pairs of each.
 * @param triples without duplicates.
 */
export function relationOverlaps(
  triples: Triples,
  entityCount: number,
  relationCount: number,
  threshold: number,
): RelationOverlaps {
  const pairs = new PairIndex(triples, entityCount);
  const [inverse, duplicate] = [new Map<number, number>(), new Map<number, number>()];
  const symmetric = new Int32Array(relationCount);
  const sizes = new Int32Array(relationCount);
  let selfLoops = 0;
  const countUp = (counts: Map<number, number>, first: number, second: number) => {
    const key = first * relationCount + second;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (let i = 0; i < triples.length; i++) {
    const [head, relation, tail] = [triples.heads[i]!, triples.relations[i]!, triples.tails[i]!];
    if (head === tail) {
      selfLoops++;
      continue;
    }
    sizes[relation]!++;
    pairs.between(tail, head, (other) => {
      if (other === relation) symmetric[relation]!++;
      else if (relation < other) countUp(inverse, relation, other);
    });
    pairs.between(head, tail, (other) => {
      if (relation < other) countUp(duplicate, relation, other);
    });
  }
  const related = (counts: Map<number, number>) =>
    [...counts]
      .map(([key, shared]): RelationPair => {
        const [first, second] = [Math.floor(key / relationCount), key % relationCount];
        return { first, second, shared, overlap: shared / Math.max(sizes[first]!, sizes[second]!) };
      })
      .filter(({ shared, overlap }) => shared >= LEAST_SHARED && overlap >= threshold)
      .toSorted((a, b) => b.overlap - a.overlap || b.shared - a.shared);
  return {
    inverse: related(inverse),
    duplicate: related(duplicate),
    symmetricShares: Float64Array.from(symmetric, (count, relation) => count / Math.max(1, sizes[relation]!)),
    sizes,
    selfLoops,
  };
}
