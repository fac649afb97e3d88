/** Conclusions of rules, put to a model as questions. */
import { scoreBlocks } from "../evaluation/blocks.ts";
import type { KnownAnswers } from "../evaluation/filter.ts";
import { Tally } from "../evaluation/metrics.ts";
import { emptyRanks, rankBlock, type Ranks } from "../evaluation/ranks.ts";
import type { Scorer } from "../scorer.ts";
import { named, type LearnedGraph, type Named } from "./learned-graph.ts";

/** What follows from a rule's premises by the rule: (head, relation, tail); `via` is where a composition went through. */
export interface Claim {
  readonly head: number;
  readonly relation: number;
  readonly tail: number;
  readonly via?: number;
}

/** How high a model ranks conclusions: the filtered rank of the tail among all entities in (head, relation, ?). */
export interface ClaimScore {
  /** Conclusions that were asked. */
  readonly asked: number;
  /** Mean reciprocal rank, in (0, 1]. */
  readonly mrr: number;
  /** Its expectation for a random order of the same candidates. */
  readonly chance: number;
  /** (mrr − chance) / (1 − chance): 1 is perfect, 0 is chance. */
  readonly strength: number;
  /**
   * Share of the conclusions that the model scores like facts: at least as high as it scores nine tenths of train's own facts
   * of the relation concluded. A rank alone may be high because nothing better is left.
   */
  readonly believed: number;
  /** The mean reciprocal rank of conclusions that train does not hold, which the model cannot know by heart; null when there are none. */
  readonly unseen: { readonly asked: number; readonly mrr: number } | null;
}

/** One conclusion and what the model makes of it. */
export interface RuleEvidence {
  readonly head: Named;
  readonly tail: Named;
  readonly via?: Named;
  /** Filtered rank of the conclusion; ties share the mean of their places. */
  readonly rank: number;
  /** Whether the conclusion is a fact of train. */
  readonly inTrain: boolean;
}

/** Claims of several rules, asked in one go so that the model is compiled for one size. */
export class ClaimList {
  readonly #claims: Claim[] = [];

  get length(): number {
    return this.#claims.length;
  }

  /** Adds a rule's claims and gives the range that they take. */
  add(claims: readonly Claim[]): ClaimRange {
    const from = this.#claims.length;
    for (const claim of claims) this.#claims.push(claim);
    return { from, to: this.#claims.length };
  }

  /** @throws {NonFiniteScoresError} for a model that has diverged. */
  async ask(
    graph: LearnedGraph,
    scorer: Scorer,
    known: KnownAnswers,
    train: KnownLookup,
    signal?: AbortSignal,
  ): Promise<AskedClaims> {
    const column = (key: "head" | "relation" | "tail") => Int32Array.from(this.#claims, (claim) => claim[key]);
    const queries = { anchors: column("head"), relations: column("relation"), answers: column("tail") };
    const all = { ...queries, triples: Int32Array.from(this.#claims.keys()) };
    const ranks = emptyRanks(this.length);
    const scoring = {
      scoreBlock: (asked: { anchors: Int32Array; relations: Int32Array }, stop?: AbortSignal) =>
        scorer.score(asked.anchors, asked.relations, stop),
      overlap: true,
      blockBytes: 2 ** 24,
      ...(signal && { signal }),
    };
    const own = new Float32Array(this.length);
    for await (const { start, rows, scores } of scoreBlocks(queries, scorer.entityCount, scoring)) {
      rankBlock(scores, all, start, known, ranks, "rank");
      for (let row = 0; row < rows; row++) {
        own[start + row] = scores[row * scorer.entityCount + all.answers[start + row]!]!;
      }
    }
    return new AskedClaims(graph, this.#claims, ranks, own, train);
  }
}

export interface ClaimRange {
  readonly from: number;
  readonly to: number;
}

/** Whether train holds a fact. */
type KnownLookup = { has(head: number, relation: number, tail: number): boolean };

/** Claims with their ranks and scores. */
export class AskedClaims {
  readonly #graph: LearnedGraph;
  readonly #claims: readonly Claim[];
  readonly #ranks: Ranks;
  readonly #scores: Float32Array;
  readonly #train: KnownLookup;

  constructor(graph: LearnedGraph, claims: readonly Claim[], ranks: Ranks, scores: Float32Array, train: KnownLookup) {
    this.#graph = graph;
    this.#claims = claims;
    this.#ranks = ranks;
    this.#scores = scores;
    this.#train = train;
  }

  /** @param floors score that conclusions must reach to be believed, by relation: see {@link lowestDecile}. */
  score({ from, to }: ClaimRange, floors: ReadonlyMap<number, number>): ClaimScore {
    const [all, unseen] = [new Tally(), new Tally()];
    let believed = 0;
    for (let i = from; i < to; i++) {
      all.add(this.#ranks, i);
      if (this.#scores[i]! >= (floors.get(this.#claims[i]!.relation) ?? Infinity)) believed += 1;
      if (!this.#inTrain(i)) unseen.add(this.#ranks, i);
    }
    if (to === from) return { asked: 0, mrr: 0, chance: 0, strength: 0, believed: 0, unseen: null };
    const { mrr, chance, adjusted } = all.summary();
    return {
      asked: to - from,
      mrr,
      chance: chance.mrr,
      strength: adjusted.mrr ?? 0,
      believed: believed / (to - from),
      unseen: unseen.queries === 0 ? null : { asked: unseen.queries, mrr: unseen.group().mrr },
    };
  }

  /** The score that a tenth of the claims stay below. */
  lowestDecile({ from, to }: ClaimRange): number {
    return this.#scores.slice(from, to).toSorted()[Math.floor((to - from) / 10)] ?? Infinity;
  }

  /** The three claims that are ranked best, or worst; among equals those that train does not hold come first. */
  evidence({ from, to }: ClaimRange, which: "best" | "worst"): RuleEvidence[] {
    const { entities } = this.#graph;
    const sign = which === "best" ? 1 : -1;
    const rank = (i: number): number => this.#ranks.realistic[i]!;
    return Array.from({ length: to - from }, (_, i) => from + i)
      .toSorted((a, b) => sign * (rank(a) - rank(b)) || +this.#inTrain(a) - +this.#inTrain(b) || a - b)
      .slice(0, 3)
      .map((i) => {
        const { head, tail, via } = this.#claims[i]!;
        return {
          head: named(entities, head),
          tail: named(entities, tail),
          ...(via !== undefined && { via: named(entities, via) }),
          rank: rank(i),
          inTrain: this.#inTrain(i),
        };
      });
  }

  #inTrain(i: number): boolean {
    const { head, relation, tail } = this.#claims[i]!;
    return this.#train.has(head, relation, tail);
  }
}
