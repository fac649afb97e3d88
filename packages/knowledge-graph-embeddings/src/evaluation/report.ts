import { bootstrapIntervals, type BootstrapOptions, type Intervals } from "./bootstrap.ts";
import { EvaluationInputError } from "./errors.ts";
import { defaultHitsAt, type GroupMetrics, type Summary, Tally } from "./metrics.ts";
import { type Queries, sideOf, type Side } from "./queries.ts";
import type { Ranks } from "./ranks.ts";

/** A group's metrics, and those of its head and tail queries apart. */
export interface SidedMetrics extends GroupMetrics {
  readonly bySide: Readonly<Partial<Record<Side, GroupMetrics>>>;
}

/** What was done, in words, so that the numbers can be compared with others. */
export interface Protocol {
  readonly candidates: string;
  readonly filter: string;
  readonly ties: string;
  readonly unseen: string;
}

/** All that is reported of a split; plain JSON. Groups without queries are left out. */
export interface EvaluationReport extends Summary {
  readonly protocol: Protocol;
  readonly triples: number;
  readonly entities: number;
  readonly intervals?: Intervals;
  readonly bySide: Readonly<Partial<Record<Side, GroupMetrics>>>;
  /** By relation index, ascending; `label` where labels were given. */
  readonly perRelation: readonly (SidedMetrics & { readonly relation: number; readonly label?: string })[];
  /** By the relation's category (for instance 1-1, 1-N, N-1, N-N), where categories were given. */
  readonly perCategory?: Readonly<Record<string, SidedMetrics>>;
  /** Queries by whether both of their entities occur in the training triples, where that was given. */
  readonly bySeen?: Readonly<Partial<Record<"seen" | "unseen", GroupMetrics>>>;
}

export interface ReportOptions {
  readonly entityCount: number;
  readonly relationCount: number;
  /** The k of Hits@k; default 1, 3 and 10. */
  readonly hitsAt?: readonly number[];
  /** Asks for intervals; a single triple has none. */
  readonly bootstrap?: BootstrapOptions;
  /** `[relationCount]`, shown in the per-relation table. */
  readonly relationLabels?: readonly string[];
  /** `[relationCount]`, the group of each relation in the per-category table. */
  readonly relationCategories?: readonly string[];
  /** `[entityCount]`, 1 for entities that occur in the training triples: see `entitiesIn`. */
  readonly seenEntities?: Uint8Array;
  /** In words, the splits whose known answers were filtered; default "train, valid and test". */
  readonly filter?: string;
}

/**
 * Metrics of ranked queries: headline values are realistic, `ranks` has all three tie rules side by side.
 * @throws {EvaluationInputError} when there are no queries.
 */
export function reportRanks(ranks: Ranks, queries: Queries, options: ReportOptions): EvaluationReport {
  const { entityCount, relationCount, hitsAt = defaultHitsAt, bootstrap } = options;
  const { relationLabels, relationCategories, seenEntities } = options;
  const count = queries.answers.length;
  if (count === 0) throw new EvaluationInputError("evaluation: the split has no triples, so there is nothing to rank");

  const overall = new Tally(hitsAt);
  const bySide = new Groups<Side>(hitsAt);
  const bySeen = new Groups<"seen" | "unseen">(hitsAt);
  const perRelation = new Groups<number>(hitsAt);
  const perCategory = new Groups<string>(hitsAt);
  for (let query = 0; query < count; query++) {
    const row = queries.relations[query]!;
    const side = sideOf(row, relationCount);
    const relation = row % relationCount;
    const category = relationCategories?.[relation];
    overall.add(ranks, query);
    bySide.add(side, side, ranks, query);
    perRelation.add(relation, side, ranks, query);
    if (category !== undefined) perCategory.add(category, side, ranks, query);
    if (seenEntities) bySeen.add(isSeen(queries, query, seenEntities) ? "seen" : "unseen", side, ranks, query);
  }
  const label = (relation: number) => {
    const text = relationLabels?.[relation];
    return text === undefined ? {} : { label: text };
  };
  const triples = new Set(queries.triples).size;
  return {
    protocol: protocolOf(options.filter ?? "train, valid and test"),
    triples,
    entities: entityCount,
    ...overall.summary(),
    ...(bootstrap && triples > 1 && { intervals: bootstrapIntervals(ranks, queries.triples, hitsAt, bootstrap) }),
    bySide: bySide.metrics(),
    perRelation: perRelation
      .sided()
      .toSorted(([a], [b]) => a - b)
      .map(([relation, metrics]) => ({ relation, ...label(relation), ...metrics })),
    ...(relationCategories && { perCategory: Object.fromEntries(perCategory.sided()) }),
    ...(seenEntities && { bySeen: bySeen.metrics() }),
  };
}

function isSeen(queries: Queries, query: number, seen: Uint8Array): boolean {
  return seen[queries.anchors[query]!] === 1 && seen[queries.answers[query]!] === 1;
}

function protocolOf(filter: string): Protocol {
  return {
    candidates: "every entity of the vocabulary, for the head and for the tail of each triple; no sampling",
    filter: `other known answers of a query in ${filter} are no candidates`,
    ties: "mrr, mr and hits are realistic: tied candidates share the mean of their places; see ranks for the other rules",
    unseen:
      "entities without a training triple stay candidates, and their queries stay in the headline values; " +
      "bySeen calls a query unseen when its anchor or its answer has no training triple",
  };
}

/** One tally a key, each with its two sides. */
class Groups<Key extends string | number> {
  readonly #hitsAt: readonly number[];
  readonly #groups = new Map<Key, { all: Tally; head: Tally; tail: Tally }>();

  constructor(hitsAt: readonly number[]) {
    this.#hitsAt = hitsAt;
  }

  add(key: Key, side: Side, ranks: Ranks, query: number): void {
    let group = this.#groups.get(key);
    if (!group) {
      group = { all: new Tally(this.#hitsAt), head: new Tally(this.#hitsAt), tail: new Tally(this.#hitsAt) };
      this.#groups.set(key, group);
    }
    group.all.add(ranks, query);
    group[side].add(ranks, query);
  }

  metrics(): Partial<Record<Key, GroupMetrics>> {
    const metrics: Partial<Record<Key, GroupMetrics>> = {};
    for (const [key, { all }] of this.#groups) metrics[key] = all.group();
    return metrics;
  }

  sided(): [Key, SidedMetrics][] {
    return [...this.#groups].map(([key, { all, head, tail }]) => {
      const bySide = {
        ...(head.queries > 0 && { head: head.group() }),
        ...(tail.queries > 0 && { tail: tail.group() }),
      };
      return [key, { ...all.group(), bySide }];
    });
  }
}
