/** Pieces of a long text that are scored one by one: its sentences, or stretches of at most so many tokens. */
export type Window = "sentence" | { readonly tokens: number };

/**
 * The pieces of a text, in order, without the space around them; a text without any is its own only piece.
 * @param countTokens of a text, special tokens included.
 */
export function windowsOf(text: string, window: Window, countTokens: (text: string) => number): string[] {
  const pieces =
    window === "sentence"
      ? Array.from(sentences.segment(text), ({ segment }) => segment.trim())
      : stretches(text, window.tokens, countTokens);
  const kept = pieces.filter((piece) => piece !== "");
  return kept.length > 0 ? kept : [text];
}

const sentences = new Intl.Segmenter("en", { granularity: "sentence" });

/** Whole words as far as they fit, counted a word at a time; a word that alone is longer stays whole. */
function stretches(text: string, tokens: number, countTokens: (text: string) => number): string[] {
  const special = countTokens("");
  const found: string[] = [];
  let [words, used]: [string[], number] = [[], special];
  for (const word of text.split(/\s+/u).filter(Boolean)) {
    const size = Math.max(1, countTokens(word) - special);
    if (words.length > 0 && used + size > tokens) {
      found.push(words.join(" "));
      [words, used] = [[], special];
    }
    words.push(word);
    used += size;
  }
  return [...found, words.join(" ")];
}
