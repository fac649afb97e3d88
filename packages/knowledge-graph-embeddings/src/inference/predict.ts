import { splitNames, type SplitName } from "../data/dataset.ts";
import { probabilityOf } from "../evaluation/calibration.ts";
import { checkFiniteRow } from "../evaluation/ranks.ts";
import type { Scorer } from "../scorer.ts";
import { QuestionError, requireCount } from "./errors.ts";
import { largest } from "./largest.ts";
import { named, type LearnedGraph, type Named } from "./learned-graph.ts";
import { spreadlessReason, type Spread, type SpreadReader } from "./spread.ts";

/** (head, relation, ?) or (?, relation, tail), by label or by a name that only one label bears. */
export interface PredictionQuery {
  /** Exactly one of head and tail. */
  readonly head?: string | undefined;
  readonly tail?: string | undefined;
  readonly relation: string;
  /** Answers wanted; default 10. */
  readonly top?: number | undefined;
  /** Keep answers that are facts of the graph already. Default false. */
  readonly includeKnown?: boolean | undefined;
}

/** One answer. */
export interface Prediction {
  /** Place in the list, from 1. */
  readonly place: number;
  /** Label of the entity. */
  readonly entity: string;
  readonly name: string;
  readonly description?: string;
  /** Higher is better; comparable within one query. */
  readonly score: number;
  /** See `meaning.probability`; absent without a calibration. */
  readonly probability?: number;
  /** See `meaning.spread`; absent where the model has none. */
  readonly spread?: Spread;
  /** Whether the answer is a fact of the graph. */
  readonly known: boolean;
  /** The part that a known fact stands in; the model learned from train alone. */
  readonly split?: SplitName;
}

/** Ranked answers; plain JSON. */
export interface Predictions {
  readonly query: {
    /** Which end is asked for. */
    readonly asks: "head" | "tail";
    /** The entity that is given. */
    readonly given: Named & { readonly description?: string };
    readonly relation: Named;
  };
  readonly answers: readonly Prediction[];
  /** Facts of the graph that answer the query and were left out. */
  readonly knownLeftOut: number;
  /** Entities that were ranked. */
  readonly candidates: number;
  /** What the numbers say, or why they are not there; one or two sentences each. */
  readonly meaning: { readonly score: string; readonly probability: string; readonly spread: string };
}

/**
 * Ranks all entities as answers; holds one row of N scores. Equal scores stand in the order of the vocabulary.
 * @throws {QuestionError} {UnknownLabelError}, and {NonFiniteScoresError} for a model that has diverged.
 */
export async function predictAnswers(
  graph: LearnedGraph,
  scorer: Scorer,
  spreads: SpreadReader | undefined,
  { head, tail, relation, top = 10, includeKnown = false }: PredictionQuery,
  signal?: AbortSignal,
): Promise<Predictions> {
  const { entities, relations, calibration } = graph;
  requireCount("top", top);
  if ((head === undefined) === (tail === undefined)) {
    throw new QuestionError(
      `wanted either a head or a tail, the other end is the question; ${head === undefined ? "neither" : "both"} came`,
    );
  }
  const asks = head === undefined ? "head" : "tail";
  const anchor = entities.resolve(head ?? tail ?? "");
  const relationIndex = relations.resolve(relation);
  const row = asks === "tail" ? relationIndex : relationIndex + relations.size;

  const scores = await scorer.score(Int32Array.of(anchor), Int32Array.of(row), signal);
  checkFiniteRow(scores, 0, scores.length, () => ({ query: 0, anchor, relation: row }));
  const known = knownAnswersOf(graph, asks, anchor, relationIndex);
  const best = largest(scores, Math.min(top, scores.length), (entity) => includeKnown || !known.has(entity));
  const spreadOf = await spreads?.of(anchor, row);
  const answers = best.map((entity, i): Prediction => {
    const description = entities.description(entity);
    const probability = calibration && probabilityOf(calibration, scores[entity]!);
    const split = known.get(entity);
    return {
      place: i + 1,
      entity: entities.label(entity),
      name: entities.name(entity),
      ...(description !== undefined && { description }),
      score: scores[entity]!,
      ...(probability !== undefined && { probability }),
      ...(spreadOf && { spread: spreadOf(entity) }),
      known: split !== undefined,
      ...(split !== undefined && { split }),
    };
  });
  const description = entities.description(anchor);
  return {
    query: {
      asks,
      given: { ...named(entities, anchor), ...(description !== undefined && { description }) },
      relation: named(relations, relationIndex),
    },
    answers,
    knownLeftOut: includeKnown ? 0 : known.size,
    candidates: scores.length - (includeKnown ? 0 : known.size),
    meaning: meaningOf(graph),
  };
}

/** Entities that answer the query by a fact, with the first part that holds it. One pass over the triples: a millisecond a million. */
function knownAnswersOf(
  { splits }: LearnedGraph,
  asks: "head" | "tail",
  anchor: number,
  relation: number,
): Map<number, SplitName> {
  const known = new Map<number, SplitName>();
  for (const split of splitNames) {
    const { length, heads, relations, tails } = splits[split];
    const [given, asked] = asks === "tail" ? [heads, tails] : [tails, heads];
    for (let i = 0; i < length; i++) {
      if (given[i] !== anchor || relations[i] !== relation) continue;
      const answer = asked[i]!;
      if (!known.has(answer)) known.set(answer, split);
    }
  }
  return known;
}

function meaningOf({ model, config, calibration }: LearnedGraph): Predictions["meaning"] {
  const spreadless = spreadlessReason(model);
  return {
    score:
      model.kind === "distance"
        ? `γ − ${model.formula}, with γ = ${config.gamma}; higher is better.`
        : `${model.formula}; higher is better, without a bound.`,
    probability: probabilityMeaning(calibration),
    spread:
      spreadless === undefined
        ? "How far both sides of the comparison scatter by the model's own σ, as a share of the distance that usually lies between two entities; " +
          "not a probability and not calibrated. Beside it the share of the other entities whose own σ is smaller than the answer's."
        : `${spreadless}.`,
  };
}

function probabilityMeaning(calibration: LearnedGraph["calibration"]): string {
  if (calibration === undefined) return "No probabilities: none were fitted when the model was trained.";
  if (calibration.method === "none") return `No probabilities: ${calibration.reason}.`;
  return `${calibration.question} For facts of train, which the model has seen, it is too high.`;
}
