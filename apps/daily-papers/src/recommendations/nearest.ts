import { factsOf, type FactKind, type GraphPaper } from "./graph.ts";
import type { Places, Spread } from "./places.ts";
import { SparseIndex, wordsOf } from "./sparse-index.ts";

/** What two papers have in common, as the second one writes it; the rarest first. */
export type Shared = { readonly [Kind in FactKind]?: readonly string[] | undefined };

/** A paper near another. */
export interface Neighbour {
  readonly id: string;
  /** From 1 for what is first by every measure down to 0; comparable among the neighbours of all papers. */
  readonly closeness: number;
  readonly shared: Shared;
  /** Cosine of the words, in [0, 1]. */
  readonly text: number;
  /** The model's own word on how sure it is of the neighbour's place. */
  readonly spread?: Spread | undefined;
}

/** How much the places by each measure weigh. */
export interface Mixture {
  readonly text: number;
  readonly facts: number;
  readonly graph: number;
}

/** Chosen by measuring: see bench/recommendations.ts and decision 25. */
const defaultMixture: Mixture = { text: 1, facts: 1, graph: 0.25 };

/** An organisation or a category is what far too many papers have: alone it makes nothing near. */
const factWeights: Readonly<Record<FactKind, number>> = { author: 1, keyword: 1, organization: 0.3, category: 0.2 };
/** Below this cosine of facts, two papers share nothing that counts. */
const leastFacts = 0.03;
/** Places by one measure that count at all. */
const deepest = 100;
/** So far down, a place counts half as much as the first. */
const halfPlace = 10;
const mostShared = 3;

/** Finds what is near: by words, by what papers share, and by where the model puts them. All in memory. */
export class NearestPapers {
  readonly #papers: readonly GraphPaper[];
  readonly #text: SparseIndex;
  readonly #facts: SparseIndex;
  readonly #places: Places | undefined;
  readonly #mixture: Mixture;
  readonly #scratch: Record<keyof Mixture, Float32Array>;

  constructor(papers: readonly GraphPaper[], places?: Places, mixture: Mixture = defaultMixture) {
    this.#papers = papers;
    this.#text = new SparseIndex(papers.map(wordsOf));
    this.#facts = new SparseIndex(
      papers.map((paper) => new Map(factsOf(paper).map(({ label, kind }) => [label, factWeights[kind]]))),
    );
    this.#places = places;
    this.#mixture = mixture;
    const numbers = () => new Float32Array(papers.length);
    this.#scratch = { text: numbers(), facts: numbers(), graph: numbers() };
  }

  /** The papers nearest to the one at `index`, nearest first; equal ones in the order of the papers. */
  of(index: number, most: number): Neighbour[] {
    const text = this.#text.compare(index, this.#scratch.text);
    const facts = this.#facts.compare(index, this.#scratch.facts);
    const points = new Map<number, number>();
    const count = (values: Float32Array, weight: number, isFound: (value: number) => boolean) => {
      if (weight === 0) return;
      for (const [place, other] of largest(values, deepest + 1, index).entries()) {
        if (!isFound(values[other] ?? 0)) break;
        points.set(other, (points.get(other) ?? 0) + (weight * halfPlace) / (halfPlace + place));
      }
    };
    count(text, this.#mixture.text, (cosine) => cosine > 0);
    count(facts, this.#mixture.facts, (cosine) => cosine >= leastFacts);
    let full = this.#mixture.text + this.#mixture.facts;
    if (this.#places?.knows(index) === true) {
      const near = this.#places.compare(index, this.#scratch.graph);
      for (let other = 0; other < near.length; other++) near[other] = -(near[other] ?? Infinity);
      count(near, this.#mixture.graph, (value) => value > -Infinity);
      full += this.#mixture.graph;
    }
    return [...points]
      .toSorted(([a, x], [b, y]) => y - x || a - b)
      .slice(0, most)
      .map(([other, sum]) => ({
        id: this.#papers[other]?.id ?? "",
        closeness: sum / full,
        shared: this.#sharedBy(index, other),
        text: text[other] ?? 0,
        spread: this.#places?.spread(other),
      }));
  }

  #sharedBy(index: number, other: number): Shared {
    const [own, others] = [this.#papers[index], this.#papers[other]];
    if (own === undefined || others === undefined) return {};
    const labels = new Set(factsOf(own).map(({ label }) => label));
    const shared: { [Kind in FactKind]?: string[] } = {};
    const rarestFirst = factsOf(others)
      .filter(({ label }) => labels.has(label))
      .toSorted((a, b) => this.#facts.rarity(b.label) - this.#facts.rarity(a.label));
    for (const { kind, name } of rarestFirst) {
      const names = (shared[kind] ??= []);
      if (names.length < mostShared) names.push(name);
    }
    return shared;
  }
}

/** Places of the largest numbers, largest first, equal ones in their order; one place is left out. */
export function largest(values: Float32Array, most: number, without: number): number[] {
  const best: number[] = [];
  let least = -Infinity;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? -Infinity;
    if (index === without || Number.isNaN(value) || (best.length === most && value <= least)) continue;
    let at = best.length;
    while (at > 0 && (values[best[at - 1] ?? 0] ?? -Infinity) < value) at--;
    best.splice(at, 0, index);
    if (best.length > most) best.pop();
    least = values[best.at(-1) ?? 0] ?? -Infinity;
  }
  return best;
}
