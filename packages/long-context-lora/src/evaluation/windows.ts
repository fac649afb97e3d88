/** Which stretches of a text a model is shown, and which of their tokens count. */
import { EvaluationInputError } from "./errors.ts";

/**
 * `longlora`: as the paper's code does it; windows of one long stream begin every `stride` tokens, the last is dropped, and
 * *all* tokens of each count, at every depth from 1. `strided`: each token of each document counts once, with at least
 * context − stride tokens before it, or all there are.
 */
export type Protocol = "longlora" | "strided";

export const protocols: readonly Protocol[] = ["longlora", "strided"];

/** A stretch of a document that goes through the model. */
export interface Window {
  readonly document: number;
  readonly begin: number;
  /** Tokens, at most the context. */
  readonly length: number;
  /** Place in the window of the first token whose loss counts, ≥ 1: the first token of a window has nothing before it. */
  readonly countFrom: number;
}

export interface WindowOptions {
  /** Tokens of a window, ≥ 2. */
  readonly context: number;
  /** Tokens from one window's begin to the next one's. */
  readonly stride: number;
}

/**
 * The windows of documents of these lengths.
 * @throws {EvaluationInputError} for a context or stride out of range, or texts too short for one window.
 */
export function windowsOf(protocol: Protocol, lengths: readonly number[], options: WindowOptions): Window[] {
  const { context, stride } = options;
  if (!Number.isSafeInteger(context) || context < 2)
    throw new EvaluationInputError(`a context has at least 2 tokens; ${context} came`);
  if (!Number.isSafeInteger(stride) || stride < 1 || (protocol === "strided" && stride >= context)) {
    const most = protocol === "strided" ? `, less than the context of ${context}` : "";
    throw new EvaluationInputError(`a stride is a whole number of tokens from 1${most}; ${stride} came`);
  }
  const windows = lengths.flatMap((length, document) =>
    (protocol === "longlora" ? paperWindows : stridedWindows)(length, options).map((window) => ({
      document,
      ...window,
    })),
  );
  if (windows.length === 0) {
    const least = protocol === "longlora" ? context + stride + 1 : 2;
    throw new EvaluationInputError(
      `the longest text has ${Math.max(0, ...lengths)} tokens, too few for one window: the ${protocol} protocol at a context ` +
        `of ${context} wants ${least}; give longer texts or a shorter context`,
    );
  }
  return windows;
}

function paperWindows(tokens: number, { context, stride }: WindowOptions): Omit<Window, "document">[] {
  const begins = Math.ceil((tokens - context) / stride) - 1; // begins < tokens − context, without the last one
  return Array.from({ length: Math.max(0, begins) }, (_, i) => ({ begin: i * stride, length: context, countFrom: 1 }));
}

function stridedWindows(tokens: number, { context, stride }: WindowOptions): Omit<Window, "document">[] {
  const windows: Omit<Window, "document">[] = [];
  for (let begin = 0, counted = 1; counted < tokens; begin += stride) {
    const end = Math.min(begin + context, tokens);
    windows.push({ begin, length: end - begin, countFrom: counted - begin });
    counted = end;
  }
  return windows;
}

/** At most `most` of the items, evenly spread from the first on. */
export function spreadOver<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)] as T);
}
