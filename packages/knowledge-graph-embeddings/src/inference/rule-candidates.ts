/** What the facts themselves say about rules: how often a rule's premises hold, and how often its conclusion with them. */
import type { RandomStream } from "@offprint/training";
import type { FactIndex } from "./fact-index.ts";

/** A rule's standing in the data. */
export interface DataFrequency {
  /** Times the premises hold. */
  readonly premises: number;
  /** Times the conclusion holds with them. */
  readonly support: number;
  /** support / premises, 0 where the premises never hold. */
  readonly confidence: number;
}

export const frequency = (premises: number, support: number): DataFrequency => ({
  premises,
  support,
  confidence: premises === 0 ? 0 : support / premises,
});

/** For each relation r and each r′ that occurs: how many facts (h, r, t) have (t, r′, h) beside them. r′ = r is symmetry. */
export function countReversals(
  facts: FactIndex,
  rowsByRelation: readonly (readonly number[])[],
): Map<number, number>[] {
  const { heads, tails } = facts.triples;
  return rowsByRelation.map((rows) => {
    const counts = new Map<number, number>();
    for (const row of rows) {
      facts.between(tails[row]!, heads[row]!, (back) => counts.set(back, (counts.get(back) ?? 0) + 1));
    }
    return counts;
  });
}

/** x –first→ y –second→ z, therefore x –conclusion→ z. */
export interface Composition extends DataFrequency {
  readonly first: number;
  readonly second: number;
  readonly conclusion: number;
}

export interface CompositionSearch {
  readonly maxPaths: number;
  /** Least number of paths with a conclusion. */
  readonly minSupport: number;
  readonly random: RandomStream;
}

/** Continuations looked at behind one fact: a hub must not crowd out the rest. */
const maxContinuations = 64;
/** A composition that holds more rarely is no candidate. */
const minConfidence = 0.1;

/**
 * Compositions that the facts support, the best supported first. Paths are counted one by one, in random order until `maxPaths`; those that
 * come back to an entity they went through do not count.
 */
export function findCompositions(
  facts: FactIndex,
  { maxPaths, minSupport, random }: CompositionSearch,
): { readonly compositions: Composition[]; readonly paths: number; readonly complete: boolean } {
  const { triples, relationCount } = facts;
  const pathCounts = new Map<number, number>();
  const supports = new Map<number, number>();
  let paths = 0;
  let complete = true;
  for (const row of random.shuffle(Array.from({ length: triples.length }, (_, i) => i))) {
    if (paths >= maxPaths) {
      complete = false;
      break;
    }
    const [x, first, y] = [triples.heads[row]!, triples.relations[row]!, triples.tails[row]!];
    const { relations, tails } = facts.outgoing(y);
    const step = Math.max(1, tails.length / maxContinuations);
    if (step > 1) complete = false;
    for (let at = step > 1 ? random.uniform() * step : 0; at < tails.length; at += step) {
      const z = tails[Math.floor(at)]!;
      if (x === y || y === z || x === z) continue;
      paths += 1;
      const body = first * relationCount + relations[Math.floor(at)]!;
      pathCounts.set(body, (pathCounts.get(body) ?? 0) + 1);
      facts.between(x, z, (conclusion) => {
        const rule = body * relationCount + conclusion;
        supports.set(rule, (supports.get(rule) ?? 0) + 1);
      });
    }
  }
  const compositions: Composition[] = [];
  for (const [rule, support] of supports) {
    const body = Math.floor(rule / relationCount);
    const counted = frequency(pathCounts.get(body)!, support);
    if (support < minSupport || counted.confidence < minConfidence) continue;
    const conclusion = rule % relationCount;
    compositions.push({
      first: Math.floor(body / relationCount),
      second: body % relationCount,
      conclusion,
      ...counted,
    });
  }
  compositions.sort(
    (a, b) => shrunk(b) - shrunk(a) || a.first - b.first || a.second - b.second || a.conclusion - b.conclusion,
  );
  return { compositions, paths, complete };
}

/** Confidence as if ten more paths had failed: five out of five should not stand before 400 out of 477. */
const shrunk = ({ support, premises }: DataFrequency): number => support / (premises + 10);

/** Up to `count` paths (x, y, z) of a composition's premises, at most one for each fact of its first relation. */
export function drawPaths(
  facts: FactIndex,
  firstRows: readonly number[],
  { second }: Pick<Composition, "second">,
  count: number,
  random: RandomStream,
): (readonly [x: number, y: number, z: number])[] {
  const { heads, tails } = facts.triples;
  const paths: (readonly [number, number, number])[] = [];
  for (const row of random.shuffle([...firstRows])) {
    if (paths.length === count) break;
    const [x, y] = [heads[row]!, tails[row]!];
    const ends = facts.tails(y, second).filter((z) => z !== x && z !== y);
    if (ends.length > 0) paths.push([x, y, ends[random.integer(ends.length)]!]);
  }
  return paths;
}
