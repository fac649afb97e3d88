/**
 * A prompt that hides a number in a long text without interest and asks for it: the passkey test of Mohtashami and Jaggi 2023
 * (arXiv:2305.16300), as LongLoRA's section 4.3 uses it. The texts are our own, so figures are not comparable to the digit
 * with those of the paper's script.
 */
import type { Tokenizer } from "@offprint/language-model";
import { beginningOf } from "../data/pack.ts";
import { EvaluationInputError } from "./errors.ts";

const opening =
  "Somewhere in the lines below a pass key is given away. All the rest is of no importance. Find the pass key and keep it in mind.";
const filler = [
  "The boats lay still in the harbour.",
  "A light rain fell on the roofs.",
  "Nobody walked along the quay.",
  "The clock of the town hall struck the hour.",
  "Two gulls went round above the water.",
];
const hiding = (key: string): string => `The pass key is ${key}. Remember it: ${key} is the pass key.`;
const question = "What is the pass key? The pass key is";

/** Digits of a key; all keys have as many, so that none is likelier for being short. */
export const keyDigits = 5;

export interface PasskeyPlace {
  /** Tokens that prompt and answer may take together. */
  readonly length: number;
  /** Where the key stands: 0 at the beginning, 1 just before the question. */
  readonly depth: number;
}

/** A prompt of a given length, for any key. */
export interface PasskeyPrompt {
  /** Sentences without interest. */
  readonly sentences: number;
  text(key: string): string;
  /** Tokens of the prompt for a key, what begins a text included. */
  ids(key: string): Int32Array;
  /** The prompt for `key`, answered with `answer`. */
  answered(key: string, answer: string): Int32Array;
}

/** Tokens that an answer may take beyond those of the longest key. */
const answerMargin = 2;

/**
 * The longest prompt that leaves room for its answer.
 * @throws {EvaluationInputError} where the question alone is longer.
 */
export function passkeyPrompt(tokenizer: Tokenizer, { length, depth }: PasskeyPlace): PasskeyPrompt {
  const before = beginningOf(tokenizer);
  const encode = (text: string) => Int32Array.from([...before, ...tokenizer.encode(text, { special: false })]);
  const textWith = (sentences: number, key: string): string => {
    const at = Math.round(depth * sentences);
    const lines = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => filler[(from + i) % filler.length]).join(" ");
    return [opening, lines(0, at), hiding(key), lines(at, sentences), question]
      .filter((part) => part !== "")
      .join("\n");
  };
  const longestKey = "8".repeat(keyDigits);
  const needed = (sentences: number) =>
    encode(`${textWith(sentences, longestKey)} ${longestKey}`).length + keyDigits + answerMargin;
  if (needed(0) > length) {
    throw new EvaluationInputError(
      `a passkey prompt of ${length} tokens is too short: without any text around it the question takes ${needed(0)}`,
    );
  }
  let [fits, tooMany] = [0, length];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (needed(middle) <= length) fits = middle;
    else tooMany = middle;
  }
  const sentences = fits;
  return {
    sentences,
    text: (key) => textWith(sentences, key),
    ids: (key) => encode(textWith(sentences, key)),
    answered: (key, answer) => encode(`${textWith(sentences, key)} ${answer}`),
  };
}
