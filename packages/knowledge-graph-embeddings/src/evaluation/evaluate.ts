import type { Triples } from "../data/triples.ts";
import { scoreBlocks, type Scoring } from "./blocks.ts";
import type { KnownAnswers } from "./filter.ts";
import { type Queries, queriesOf } from "./queries.ts";
import { type ConstantScores, emptyRanks, rankBlock, type Ranks } from "./ranks.ts";
import { type EvaluationReport, reportRanks, type ReportOptions } from "./report.ts";

export interface EvaluateOptions extends Scoring, Omit<ReportOptions, "entityCount" | "relationCount"> {
  /** The triples to judge by. */
  readonly split: Triples;
  /** Answers to filter, usually those of train, valid and test: see `indexKnownAnswers`. */
  readonly known: KnownAnswers;
  /** Default `"refuse"`. */
  readonly constantScores?: ConstantScores;
  /** Called after each block with the number of ranked queries. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Evaluation {
  readonly queries: Queries;
  readonly ranks: Ranks;
  readonly report: EvaluationReport;
}

/**
 * Filtered full ranking of a split: each triple asks for its tail and for its head, all N entities are scored, block by
 * block in bounded memory, and nothing but ranks is kept.
 * @throws {NonFiniteScoresError} | {ConstantScoresError} for a model that must not be judged, {EvaluationInputError} for
 * an empty split or wrong indices, the reason of `signal` when it is aborted.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { split, known, constantScores = "refuse", onProgress } = options;
  const { entityCount, relationCount } = known;
  const queries = queriesOf(split, known);
  const total = queries.answers.length;
  const ranks = emptyRanks(total);
  for await (const { start, rows, scores } of scoreBlocks(queries, entityCount, options)) {
    rankBlock(scores, queries, start, known, ranks, constantScores);
    onProgress?.(start + rows, total);
  }
  return { queries, ranks, report: reportRanks(ranks, queries, { ...options, entityCount, relationCount }) };
}
