import { ask, withoutQuestionMark } from "../data/material.ts";
import { requireEncoder, scoreOf, type Form, type MoralDirection } from "../direction/direction.ts";
import { distanceBetween, dotCentred, mean, meanOf, type Vector } from "../direction/vectors.ts";
import { finite, type Embeddings, type Encoder } from "../encoders/encoder.ts";
import { EmptyPhraseError } from "../errors.ts";
import { cautionsOf } from "./cautions.ts";
import { windowsOf, type Window } from "./windows.ts";

/** How phrases are scored. */
export interface ScorerOptions {
  /**
   * `questions`: the mean over all questions, as the direction was fitted; `question`: one question without its question mark;
   * `phrase`: the text as it is. Default `questions`, with a window `phrase`.
   */
  readonly form?: Form | undefined;
  /** With its slot; by default the first of the direction's. */
  readonly question?: string | undefined;
  /** Score the pieces of a long text, and report their mean and their least. */
  readonly window?: Window | undefined;
}

/** A score and what it is worth. */
export interface Score {
  readonly text: string;
  /** sign · c₁·(x − μ) / norm, not clamped; with a window the mean of its pieces. */
  readonly score: number;
  /**
   * ± 1.96 standard errors: how far the score moves when verbs or questions had been chosen otherwise. Not the spread of
   * people's opinions.
   */
  readonly interval?: readonly [low: number, high: number];
  /** How far the text lies from the phrases of the fit in this form, and the share of them that lie nearer. */
  readonly distance?: { readonly value: number; readonly percentile: number };
  readonly cautions: readonly string[];
  /** The pieces of a window, and the least of their scores. */
  readonly pieces?: readonly { readonly text: string; readonly score: number }[];
  readonly least?: number;
}

/** Rates phrases on one direction. */
export interface PhraseScorer {
  /** One score a text. @throws {EmptyPhraseError | BrokenEmbeddingError} */
  score(texts: readonly string[]): Promise<Score[]>;
}

/** @throws {WrongEncoderError} when the direction belongs to another encoder. */
export function scorer(encoder: Encoder, direction: MoralDirection, options: ScorerOptions = {}): PhraseScorer {
  requireEncoder(direction, encoder);
  const { window, form = window === undefined ? "questions" : "phrase" } = options;
  const questions = form === "questions" ? direction.templates.map(({ question }) => question) : [];
  const single = withoutQuestionMark(options.question ?? direction.templates[0]?.question ?? "{action}");
  const wordings = (text: string): string[] => {
    if (text.trim() === "") throw new EmptyPhraseError();
    if (form === "phrase") return [text];
    return form === "question" ? [ask(single, text)] : questions.map((question) => ask(question, text));
  };

  async function score(texts: readonly string[]): Promise<Score[]> {
    const pieces = texts.map((text) =>
      window ? windowsOf(text, window, (part) => encoder.countTokens(part)) : [text],
    );
    const worded = pieces.flat().map(wordings);
    const all = worded.flat();
    const vectors = finite(await encoder.encode(all), all, encoder.id);
    let next = 0;
    const rated = worded.map((wording) => {
      const rows = wording.map(() => row(vectors, next++));
      return { rating: rate(rows), tokens: Math.max(...wording.map((text) => encoder.countTokens(text))) };
    });
    let piece = 0;
    return texts.map((text, index) =>
      together(
        text,
        pieces[index]!.map((part) => ({ part, ...rated[piece++]! })),
      ),
    );
  }

  /** The rows are one text's, a question each. */
  function rate(rows: readonly Float32Array[]) {
    const x = meanOf(rows);
    const value = scoreOf(direction, x);
    const error = standardError(direction, x, form === "questions" ? rows : []);
    const reference = direction.references?.[form];
    const away = reference && distanceBetween(x, reference.centre);
    return {
      score: value,
      error,
      distance: reference && { value: away!, percentile: shareBelow(reference.distances, away!) },
    };
  }

  function together(
    text: string,
    parts: readonly { readonly part: string; readonly rating: ReturnType<typeof rate>; readonly tokens: number }[],
  ): Score {
    const value = mean(parts.map(({ rating }) => rating.score));
    // Pieces share their axis, so their errors do not average out.
    const errors = parts.map(({ rating }) => rating.error).filter((error) => error !== undefined);
    const interval =
      errors.length === 0 ? undefined : ([value - 1.96 * mean(errors), value + 1.96 * mean(errors)] as const);
    const farthest = parts
      .map(({ rating }) => rating.distance)
      .filter((distance) => distance !== undefined)
      .toSorted((a, b) => b.value - a.value)[0];
    const tokens = Math.max(...parts.map((part) => part.tokens));
    const limit = encoder.limit.tokens;
    const found = { text, form, tokens, limit, percentile: farthest?.percentile, interval };
    return {
      text,
      score: value,
      ...(interval && { interval }),
      ...(farthest && { distance: farthest }),
      cautions: cautionsOf(found),
      ...(window && {
        pieces: parts.map(({ part, rating }) => ({ text: part, score: rating.score })),
        least: Math.min(...parts.map(({ rating }) => rating.score)),
      }),
    };
  }

  return { score };
}

const row = (vectors: Embeddings, index: number): Float32Array => vectors.row(index);

/**
 * Standard error of a score, from the refits; for a mean over questions also from how the questions disagree
 * about this text, each question's own shift taken off.
 */
function standardError(direction: MoralDirection, x: Vector, questions: readonly Vector[]): number | undefined {
  const { stability, mean: centre } = direction;
  if (!stability) return undefined;
  let variance = 0;
  for (const spread of stability.spread) {
    const slope = spread.subarray(0, centre.length);
    variance += (dotCentred(slope, x, centre) + spread[centre.length]!) ** 2;
  }
  if (questions.length > 1) {
    const scores = questions.map(
      (vector, index) => scoreOf(direction, vector) - (stability.questionShifts[index] ?? 0),
    );
    const middle = mean(scores);
    const squares = scores.reduce((sum, value) => sum + (value - middle) ** 2, 0);
    variance += squares / (scores.length * (scores.length - 1));
  }
  return Math.sqrt(variance);
}

/** Share of ascending values that are below one. */
function shareBelow(ascending: readonly number[], value: number): number {
  return ascending.filter((one) => one < value).length / Math.max(1, ascending.length);
}
