import { EvaluationInputError, NonFiniteLossError } from "./errors.ts";
import type { EvaluatedModel } from "./evaluated-model.ts";
import { spreadOver, windowsOf, type Protocol, type Window } from "./windows.ts";

export interface PerplexityOptions {
  /** Tokens of a window, ≥ 2. */
  readonly context: number;
  /** Default `"strided"`. */
  readonly protocol?: Protocol | undefined;
  /** Tokens from one window's begin to the next one's; default 256, at most half of the context. */
  readonly stride?: number | undefined;
  /** Judge by this many windows, evenly spread; default all. */
  readonly maxWindows?: number | undefined;
  /** Windows whose mean loss the `longlora` protocol averages first, default 1; its last batch weighs as much as a full one. */
  readonly batch?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of windows that are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Losses of tokens that have between `from` and `to` − 1 tokens before them. */
export interface PositionBucket {
  readonly from: number;
  readonly to: number;
  /** Mean −log p, nats. */
  readonly loss: number;
  readonly perplexity: number;
  readonly tokens: number;
}

/** How well a model predicts texts at one context length. */
export interface PerplexityReport {
  readonly context: number;
  readonly protocol: Protocol;
  readonly stride: number;
  /** e to the loss; in the `longlora` protocol 2.71828 to it, as its code has it. */
  readonly perplexity: number;
  /** Mean −log p, nats a token. */
  readonly loss: number;
  /**
   * Of the loss, from the spread between stretches of a context's length, whose windows overlap and so count as one; null
   * where there is only one stretch.
   */
  readonly standardError: number | null;
  /** The perplexities at 1.96 standard errors of the loss to both sides. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Losses that count; a token that is seen in several windows counts in each. */
  readonly tokens: number;
  readonly windows: number;
  readonly allWindows: number;
  /** Of every token of every window shown, counted or not, by the number of tokens before it. */
  readonly byPosition: readonly PositionBucket[];
}

/** A window's part of the result. */
interface WindowLoss {
  /** Of the tokens that count. */
  readonly sum: number;
  readonly tokens: number;
  /** Windows of one block overlap or lie next to one another. */
  readonly block: string;
}

/** What a perplexity is made of; two models judged by the same windows can be compared window by window. */
export interface PerplexityMeasurement {
  readonly report: PerplexityReport;
  readonly windows: readonly WindowLoss[];
}

/** e as the paper's code has it, to five decimals. */
const paperBase = 271_828 / 100_000;

/** Stride where none is asked for: the paper's where it fits. */
export const defaultStride = (context: number): number => Math.max(1, Math.min(256, Math.floor(context / 2)));

/** Perplexity of documents, each its token ids. The first token of a document is never predicted. */
export async function perplexity(
  model: EvaluatedModel,
  documents: readonly Int32Array[],
  options: PerplexityOptions,
): Promise<PerplexityReport> {
  return (await measurePerplexity(model, documents, options)).report;
}

/** The same, with the loss of each window. */
export async function measurePerplexity(
  model: EvaluatedModel,
  documents: readonly Int32Array[],
  options: PerplexityOptions,
): Promise<PerplexityMeasurement> {
  const { context, protocol = "strided", maxWindows = Infinity, batch = 1, signal, onProgress } = options;
  const stride = options.stride ?? defaultStride(context);
  checkTokens(documents, model.model.config.vocabularySize);
  // The paper's windows do not know documents.
  const texts = protocol === "longlora" ? [joined(documents)] : documents;
  const lengths = texts.map(({ length }) => length);
  const all = windowsOf(protocol, lengths, { context, stride });
  const windows = spreadOver(all, maxWindows);

  const positions = new PositionTally(context);
  const found: WindowLoss[] = Array.from({ length: windows.length });
  let done = 0;
  for (const { members, length } of grouped(windows, context)) {
    signal?.throwIfAborted();
    const ids = new Int32Array(members.length * length);
    for (const [row, index] of members.entries()) ids.set(tokensOf(texts, windows[index]!), row * length);
    const losses = await model.losses({ ids, rows: members.length, length }, signal);
    for (const [row, index] of members.entries()) {
      const window = windows[index]!;
      const own = losses.subarray(row * (length - 1), row * (length - 1) + window.length - 1);
      found[index] = { ...sumOf(own, window), block: `${window.document}:${Math.floor(window.begin / context)}` };
      positions.add(own);
    }
    onProgress?.((done += members.length), windows.length);
  }

  const loss = protocol === "longlora" ? meanOfBatches(found, batch) : meanOf(found);
  const base = protocol === "longlora" ? paperBase : Math.E;
  const error = standardError(found);
  const report: PerplexityReport = {
    context,
    protocol,
    stride,
    perplexity: base ** loss,
    loss,
    standardError: error,
    interval: error === null ? null : [base ** (loss - 1.96 * error), base ** (loss + 1.96 * error)],
    tokens: found.reduce((sum, { tokens }) => sum + tokens, 0),
    windows: windows.length,
    allWindows: all.length,
    byPosition: positions.buckets(),
  };
  return { report, windows: found };
}

/** How much more one model loses than another on the same windows, with the standard error of the *difference*. */
export function compareLosses(
  left: PerplexityMeasurement,
  right: PerplexityMeasurement,
): { readonly difference: number; readonly standardError: number | null } {
  const paired = left.windows.map((window, i) => ({ ...window, sum: window.sum - (right.windows[i]?.sum ?? NaN) }));
  return { difference: meanOf(paired), standardError: standardError(paired) };
}

/** Tokens that go through the model at once, where windows are short. */
const tokensAtOnce = 4096;

/** Windows in batches of one length: short ones are filled up to a power of two, so that few programs are compiled. */
function* grouped(
  windows: readonly Window[],
  context: number,
): Generator<{ readonly members: readonly number[]; readonly length: number }> {
  const waiting = new Map<number, number[]>();
  for (const [index, window] of windows.entries()) {
    const length = Math.min(context, 2 ** Math.ceil(Math.log2(window.length)));
    const members = [...(waiting.get(length) ?? []), index];
    const full = members.length * length + length > tokensAtOnce;
    waiting.set(length, full ? [] : members);
    if (full) yield { members, length };
  }
  for (const [length, members] of waiting) if (members.length > 0) yield { members, length };
}

const tokensOf = (texts: readonly Int32Array[], { document, begin, length }: Window): Int32Array =>
  texts[document]!.subarray(begin, begin + length);

/** @param losses of the window's tokens from its second on. */
function sumOf(losses: Float32Array, window: Window): Pick<WindowLoss, "sum" | "tokens"> {
  let sum = 0;
  for (let place = window.countFrom; place < window.length; place++) {
    const loss = losses[place - 1]!;
    if (!Number.isFinite(loss))
      throw new NonFiniteLossError(`token ${window.begin + place} of text ${window.document + 1}`, loss);
    sum += loss;
  }
  return { sum, tokens: window.length - window.countFrom };
}

const total = (windows: readonly WindowLoss[], of: (window: WindowLoss) => number): number =>
  windows.reduce((sum, window) => sum + of(window), 0);

const meanOf = (windows: readonly WindowLoss[]): number =>
  total(windows, ({ sum }) => sum) / total(windows, ({ tokens }) => tokens);

function meanOfBatches(windows: readonly WindowLoss[], size: number): number {
  const count = Math.ceil(windows.length / size);
  const means = Array.from({ length: count }, (_, i) => meanOf(windows.slice(i * size, (i + 1) * size)));
  return means.reduce((sum, mean) => sum + mean, 0) / count;
}

/** Standard error of the ratio Σ sums / Σ tokens over blocks; null for a single block. */
function standardError(windows: readonly WindowLoss[]): number | null {
  const mean = meanOf(windows);
  const rests = new Map<string, number>();
  for (const { block, sum, tokens } of windows) rests.set(block, (rests.get(block) ?? 0) + sum - mean * tokens);
  if (rests.size < 2) return null;
  const squares = [...rests.values()].reduce((sum, rest) => sum + rest * rest, 0);
  return Math.sqrt((squares * rests.size) / (rests.size - 1)) / total(windows, ({ tokens }) => tokens);
}

/** Losses by the number of tokens before. */
class PositionTally {
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  constructor(context: number) {
    this.#sums = new Float64Array(context);
    this.#counts = new Float64Array(context);
  }

  add(losses: Float32Array): void {
    for (const [i, loss] of losses.entries()) {
      this.#sums[i + 1] = this.#sums[i + 1]! + loss;
      this.#counts[i + 1] = this.#counts[i + 1]! + 1;
    }
  }

  /** Sixteen ranges of equal width, those without a token left out. */
  buckets(): PositionBucket[] {
    const context = this.#sums.length;
    const width = Math.max(1, Math.ceil(context / 16));
    const buckets: PositionBucket[] = [];
    for (let begin = 0; begin < context; begin += width) {
      const [from, to] = [Math.max(1, begin), Math.min(begin + width, context)];
      const tokens = this.#counts.subarray(from, to).reduce((sum, count) => sum + count, 0);
      const loss = this.#sums.subarray(from, to).reduce((sum, one) => sum + one, 0) / tokens;
      if (tokens > 0) buckets.push({ from, to, loss, perplexity: Math.exp(loss), tokens });
    }
    return buckets;
  }
}

function joined(documents: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(documents.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const document of documents) {
    all.set(document, at);
    at += document.length;
  }
  return all;
}

function checkTokens(documents: readonly Int32Array[], vocabularySize: number): void {
  for (const [index, document] of documents.entries()) {
    const bad = document.find((id) => id < 0 || id >= vocabularySize);
    if (bad === undefined) continue;
    throw new EvaluationInputError(
      `text ${index + 1} holds the token ${bad}; the model knows 0 to ${vocabularySize - 1}: this is another model's tokenizer`,
    );
  }
}
