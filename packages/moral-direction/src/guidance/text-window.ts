import type { Tokenizer } from "@offprint/language-model";

/**
 * What of prompt, generated text and candidate is scored: all of it, as in the paper; its last sentence; or its last n
 * tokens. A mean-pooled embedding moves less with each token the longer the text is, and not at all beyond the encoder's
 * limit: long texts need a window.
 */
export type TextWindow = "all" | "sentence" | { readonly tokens: number };

/** A sentence of fewer words says too little alone, and is scored with the one before it. */
const fewestWords = 4;
/** Characters of the end of a text in which its last sentence is looked for. */
const longestSentence = 2000;

const sentences = new Intl.Segmenter("en", { granularity: "sentence" });

/** The last sentence of a text, with the one before it while it has fewer than four words; at most 2,000 characters. */
export function lastSentence(text: string): string {
  const parts = Array.from(sentences.segment(text.slice(-longestSentence)), ({ segment }) => segment);
  let last = parts.pop() ?? "";
  while (parts.length > 0 && last.trim().split(/\s+/u).filter(Boolean).length < fewestWords) last = parts.pop() + last;
  return last.trim();
}

/**
 * The text that is scored for each candidate of a place. Special tokens are not part of it, so that a token that ends the
 * text gets the score of what stands before it.
 * @param prefix tokens of the prompt and generated ones.
 */
export function scoredText(
  tokenizer: Pick<Tokenizer, "decode">,
  window: TextWindow,
  prefix: readonly number[],
): (candidate: number) => string {
  const decode = (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecial: true });
  if (window === "all") return (candidate) => decode([...prefix, candidate]);
  if (window === "sentence") return (candidate) => lastSentence(decode([...prefix, candidate]));
  const whole = (text: string) => text.replace(/^\uFFFD+/u, ""); // the cut may go through a character
  const before = prefix.slice(-window.tokens);
  const textBefore = decode(before);
  const place = before.length < window.tokens ? 0 : 1;
  return (candidate) => {
    const added = decode([...before, candidate]);
    return whole(added === textBefore ? added : decode([...before.slice(place), candidate]));
  };
}
