import { RandomStream } from "@offprint/training";
import { selectTriples, type Triples } from "./triples.ts";

export interface SplitOptions {
  /** Whole number ≥ 0. */
  readonly seed: number;
  /** The parts to set aside. */
  readonly parts: readonly ("valid" | "test")[];
  /**
   * Share of the triples in each of them, in (0, 0.5), at least one triple; fewer come where taking more would leave an
   * entity or relation out of train.
   */
  readonly heldOut: number;
}

export interface Split {
  readonly train: Triples;
  readonly valid: Triples;
  readonly test: Triples;
  /** Whether every entity and relation of valid and test occurs in train. */
  readonly covered: boolean;
}

/**
 * Sets triples aside for validation and test.
 *
 * All triples that join the same two entities, in either direction, go to the same part, so that no fact of test
 * stands in train reversed or under another name (the leak that WN18RR and FB15k-237 were made to close: Dettmers et
 * al. 2018, arXiv:1707.01476; Toutanova and Chen 2015). Every entity and relation keeps at least one triple in train
 * when that is possible. Where not one triple can be set aside so, `covered` is false and single triples are drawn freely.
 */
export function makeSplit(triples: Triples, { seed, parts, heldOut }: SplitOptions): Split {
  if (!(heldOut > 0 && heldOut < 0.5)) {
    throw new RangeError(`heldOut: wanted a share between 0 and 0.5, came ${heldOut}`);
  }
  const random = RandomStream.create(seed, "split");
  const size = Math.max(1, Math.floor(triples.length * heldOut));
  const wanted = { valid: parts.includes("valid") ? size : 0, test: parts.includes("test") ? size : 0 };
  const careful = setAside(triples, random.shuffle(pairGroups(triples)), wanted, true);
  const covered = parts.every((part) => careful[part].length > 0);
  const rows = covered ? careful : setAside(triples, random.shuffle(singleGroups(triples)), wanted, false);
  return {
    train: selectTriples(triples, rows.train),
    valid: selectTriples(triples, rows.valid),
    test: selectTriples(triples, rows.test),
    covered,
  };
}

/** Rows that join the same two entities, together. */
function pairGroups({ length, heads, tails }: Triples): number[][] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < length; row++) {
    const low = Math.min(heads[row]!, tails[row]!);
    const high = Math.max(heads[row]!, tails[row]!);
    const key = low * 2 ** 26 + high;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function singleGroups({ length }: Triples): number[][] {
  return Array.from({ length }, (_, row) => [row]);
}

function setAside(
  triples: Triples,
  groups: readonly number[][],
  wanted: { readonly valid: number; readonly test: number },
  keepCovered: boolean,
) {
  const { heads, relations, tails } = triples;
  const entityUses = new Map<number, number>();
  const relationUses = new Map<number, number>();
  const count = (row: number, change: 1 | -1) => {
    for (const entity of [heads[row]!, tails[row]!]) entityUses.set(entity, (entityUses.get(entity) ?? 0) + change);
    relationUses.set(relations[row]!, (relationUses.get(relations[row]!) ?? 0) + change);
  };
  const stillUsed = (row: number) =>
    entityUses.get(heads[row]!)! > 0 && entityUses.get(tails[row]!)! > 0 && relationUses.get(relations[row]!)! > 0;
  for (let row = 0; row < triples.length; row++) count(row, 1);

  const parts = { train: [] as number[], valid: [] as number[], test: [] as number[] };
  for (const group of groups) {
    const part = parts.test.length < wanted.test ? "test" : parts.valid.length < wanted.valid ? "valid" : "train";
    if (part !== "train") {
      for (const row of group) count(row, -1);
      if (!keepCovered || group.every(stillUsed)) {
        parts[part].push(...group);
        continue;
      }
      for (const row of group) count(row, 1);
    }
    parts.train.push(...group);
  }
  for (const rows of Object.values(parts)) rows.sort((a, b) => a - b);
  return parts;
}
