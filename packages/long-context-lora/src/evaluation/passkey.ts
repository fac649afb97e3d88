import type { Tokenizer } from "@offprint/language-model";
import { RandomStream } from "@offprint/training";
import { indexOfGreatest, type EvaluatedModel } from "./evaluated-model.ts";
import { keyDigits, passkeyPrompt, type PasskeyPrompt } from "./passkey-prompt.ts";

export interface PasskeyOptions {
  /** Tokens of prompt and answer together. */
  readonly lengths: readonly number[];
  /** Places of the key, from 0, the beginning, to 1, the end; default 0, 0.25, 0.5, 0.75, 1. */
  readonly depths?: readonly number[] | undefined;
  /** Keys asked for at each length and depth, default 5. */
  readonly tests?: number | undefined;
  /** Wrong keys that the right one is ranked among, default 9. */
  readonly distractors?: number | undefined;
  /** Of the keys; default 0. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** One place of the grid. */
export interface PasskeyCell {
  readonly length: number;
  readonly depth: number;
  /** Mean tokens of the prompts. */
  readonly promptTokens: number;
  readonly tests: number;
  /** Tests whose answer, greedily generated, has the key as its first number. */
  readonly found: number;
  /** Tests in which the right key is the likeliest of all candidates; a model that never says a number can still know it. */
  readonly rankedFirst: number;
  /** Mean probability of the right key among the candidates. */
  readonly share: number;
}

export interface PasskeyGrid {
  readonly lengths: readonly number[];
  readonly depths: readonly number[];
  /** What a model that knows nothing ranks first. */
  readonly chance: number;
  readonly cells: readonly PasskeyCell[];
}

const defaultDepths = [0, 0.25, 0.5, 0.75, 1];

/**
 * Asks for hidden numbers over a grid of prompt lengths and depths.
 * @throws {EvaluationInputError} for a length that the question alone exceeds.
 */
export async function passkeyGrid(
  model: EvaluatedModel,
  tokenizer: Tokenizer,
  options: PasskeyOptions,
): Promise<PasskeyGrid> {
  const { lengths, depths = defaultDepths, tests = 5, distractors = 9, seed = 0, signal, onProgress } = options;
  const places = lengths.flatMap((length) => depths.map((depth) => ({ length, depth })));
  const prompts = places.map((place) => ({ place, prompt: passkeyPrompt(tokenizer, place) }));
  const cells: PasskeyCell[] = [];
  for (const { place, prompt } of prompts) {
    const sum = { tokens: 0, found: 0, rankedFirst: 0, share: 0 };
    for (let test = 0; test < tests; test++) {
      signal?.throwIfAborted();
      const random = RandomStream.create(seed, `passkey ${place.length} ${place.depth} ${test}`);
      const keys = differentKeys(random, distractors + 1);
      const ids = prompt.ids(keys[0]!);
      const answer = await greedyAnswer(model, tokenizer, ids, place.length, signal);
      const shares = await sharesOf(model, prompt, keys, place.length, signal);
      sum.tokens += ids.length;
      sum.found += /\d+/.exec(answer)?.[0] === keys[0] ? 1 : 0;
      sum.rankedFirst += shares.every((share, i) => i === 0 || share < shares[0]!) ? 1 : 0;
      sum.share += shares[0]!;
      onProgress?.(cells.length * tests + test + 1, places.length * tests);
    }
    const { found, rankedFirst } = sum;
    cells.push({ ...place, promptTokens: sum.tokens / tests, tests, found, rankedFirst, share: sum.share / tests });
  }
  return { lengths, depths, chance: 1 / (distractors + 1), cells };
}

/** The likeliest continuation, a few tokens of it, as text. */
async function greedyAnswer(
  model: EvaluatedModel,
  tokenizer: Tokenizer,
  prompt: Int32Array,
  length: number,
  signal?: AbortSignal,
): Promise<string> {
  const ids = new Int32Array(length);
  ids.set(prompt);
  const limit = Math.min(length, prompt.length + keyDigits + 2);
  for (let end = prompt.length; end < limit; end++) {
    const next = indexOfGreatest(await model.logits(ids, Int32Array.of(end - 1), signal));
    if (next === tokenizer.eos) return tokenizer.decode(ids.subarray(prompt.length, end));
    ids[end] = next;
  }
  return tokenizer.decode(ids.subarray(prompt.length, limit));
}

/** Probability of each key as the answer, among these keys; the prompt hides the first of them. */
async function sharesOf(
  model: EvaluatedModel,
  prompt: PasskeyPrompt,
  keys: readonly string[],
  length: number,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const answered = keys.map((key) => prompt.answered(keys[0]!, key));
  const begin = sharedPrefix(answered);
  const logarithms: number[] = [];
  for (const own of answered) {
    const ids = new Int32Array(length);
    ids.set(own);
    const losses = await model.losses({ ids, rows: 1, length }, signal);
    logarithms.push(-losses.subarray(begin - 1, own.length - 1).reduce((sum, loss) => sum + loss, 0));
  }
  const greatest = Math.max(...logarithms);
  const weights = logarithms.map((value) => Math.exp(value - greatest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Tokens that all begin with: where an answer starts differs when a tokenizer joins its first letter to the prompt. */
function sharedPrefix(rows: readonly Int32Array[]): number {
  const [first = new Int32Array()] = rows;
  const end = first.findIndex((id, i) => rows.some((row) => row[i] !== id));
  return end < 0 ? first.length : end;
}

function differentKeys(random: RandomStream, count: number): string[] {
  const keys = new Set<string>();
  const least = 10 ** (keyDigits - 1);
  while (keys.size < count) keys.add(String(least + Math.floor(random.uniform() * 9 * least)));
  return [...keys];
}
