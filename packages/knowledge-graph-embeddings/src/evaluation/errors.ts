import { KgeError } from "../errors.ts";

/** Every error that judging a model throws on purpose. */
export abstract class EvaluationError extends KgeError {
  override readonly exitCode: number = 1;
}

/** Where a score went wrong: the query's place in its list, and what it asked. */
export interface QueryPlace {
  readonly query: number;
  readonly anchor: number;
  readonly relation: number;
}

const name = ({ query, anchor, relation }: QueryPlace): string =>
  `query ${query} (entity ${anchor}, relation row ${relation})`;

/** A score is NaN or infinite, so no rank means anything: NaN would even look like a perfect rank. */
export class NonFiniteScoresError extends EvaluationError {
  override readonly name = "NonFiniteScoresError";
  readonly code = "NON_FINITE_SCORES";
  readonly place: QueryPlace;
  readonly candidate: number;
  readonly value: number;
  constructor(place: QueryPlace, candidate: number, value: number) {
    super(
      `${name(place)}: candidate ${candidate} scores ${value}, wanted a finite number; ` +
        "the model has diverged: go back to an earlier checkpoint, or train with a lower learning rate",
    );
    this.place = place;
    this.candidate = candidate;
    this.value = value;
  }
}

/** Every candidate of a query has the same score, so the model answers nothing. */
export class ConstantScoresError extends EvaluationError {
  override readonly name = "ConstantScoresError";
  readonly code = "CONSTANT_SCORES";
  readonly place: QueryPlace;
  readonly value: number;
  constructor(place: QueryPlace, candidates: number, value: number) {
    super(
      `${name(place)}: all ${candidates} candidates score ${value}; the model has collapsed or was never trained: ` +
        'train it anew, or rank it nevertheless with constantScores: "rank"',
    );
    this.place = place;
    this.value = value;
  }
}

/** A block of scores does not have the shape that was asked for. */
export class ScoreBlockError extends EvaluationError {
  override readonly name = "ScoreBlockError";
  readonly code = "SCORE_BLOCK";
}

/** Indices or options that cannot be evaluated: out of range, of different lengths, or nothing at all. */
export class EvaluationInputError extends EvaluationError {
  override readonly name = "EvaluationInputError";
  readonly code = "EVALUATION_INPUT";
}
