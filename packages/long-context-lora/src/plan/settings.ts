import type { CausalLanguageModel } from "@offprint/language-model";
import { segmentsOf, type AttentionChoice } from "../attention/segments.ts";
import type { LoraConfig } from "../lora.ts";
import type { Method } from "../method.ts";

/** What a plan needs to know of a model: no weights. */
export type PlannedModel = Pick<CausalLanguageModel, "config" | "shapes" | "head">;

/** What decides memory and time of a step. */
export interface PlanSettings {
  /** Tokens of a row. */
  readonly length: number;
  /** Lengths of other batches whose programs are kept beside the first one's; default none, as rows of text are all of one length. */
  readonly otherLengths?: readonly number[] | undefined;
  /** Rows that go through the model at once. */
  readonly batchSize: number;
  /** How many times that happens before an update; default 1. */
  readonly accumulate?: number | undefined;
  readonly attention: AttentionChoice;
  readonly method: Method;
  readonly lora: LoraConfig;
  /** Recompute each layer in the backward pass. */
  readonly recompute: boolean;
}

/** The lengths of the pieces that each half of the heads attends in, with how many heads attend so. */
export function piecesOf(
  { attention, length }: Pick<PlanSettings, "attention" | "length">,
  heads: number,
): { readonly heads: number; readonly pieces: readonly number[] }[] {
  const shifted = attention.kind === "s2" || attention.kind === "paper-wrap" ? Math.floor(heads / 2) : 0;
  const lengths = (isShifted: boolean): number[] => {
    const { borders } = segmentsOf(attention, length, isShifted);
    return borders.slice(1).map((border, i) => border - borders[i]!);
  };
  return [
    { heads: heads - shifted, pieces: lengths(false) },
    ...(shifted > 0 ? [{ heads: shifted, pieces: lengths(true) }] : []),
  ];
}

/** Longest side of the tiles in which attention is computed; see `causalAttention`. */
const tileSide = 256;

/** Scores that are computed for a piece of so many tokens and one head: the tiles on and below the diagonal. */
export function tiledScores(length: number): number {
  const tiles = Math.ceil(length / tileSide);
  const side = Math.ceil(length / tiles);
  return ((tiles * (tiles + 1)) / 2) * side ** 2;
}

/** Scores that are computed in one row and layer, over all heads. */
export function scoresOf(settings: Pick<PlanSettings, "attention" | "length">, heads: number): number {
  return sum(piecesOf(settings, heads).map((half) => half.heads * sum(half.pieces.map(tiledScores))));
}

/** Sum of numbers. */
export const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
