/** Splits long texts where no token can lie across, for tokenizers that would otherwise take the whole text as one word. */

/** Characters of a piece: word by word the library is fast, in one word of a million it takes ten times as long. */
const pieceLength = 4096;

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null;

/**
 * How a text is cut into pieces whose ids, joined, are those of the whole.
 *
 * Llama's tokenizers write every space as "▁", put one in front of the text, and do not split it into words first. Where no
 * entry of their vocabulary has a "▁" after another character, no token lies across the border between a character and a
 * single space after it; and a piece that begins after that space gets it back in front. Other tokenizers split texts into
 * words themselves: these are not cut.
 * @param tokenizer the content of `tokenizer.json`.
 */
export function pieceSplitter(tokenizer: Json, length: number = pieceLength): (text: string) => readonly string[] {
  if (!putsSpaceInFront(tokenizer) || tokensCrossSpaces(tokenizer)) return (text) => [text];
  const added = Array.isArray(tokenizer["added_tokens"]) ? (tokenizer["added_tokens"] as unknown[]) : [];
  const contents = added.flatMap((token) => (isJson(token) ? [String(token["content"])] : []));
  const reach = Math.max(0, ...contents.map((content) => content.length)) + 1;
  /** An added token near the border would be cut, or would begin a text of its own. */
  const nearAddedToken = (text: string, at: number): boolean => {
    const around = text.slice(Math.max(0, at - reach), at + reach + 1);
    return contents.some((content) => around.includes(content));
  };
  return (text) => {
    const pieces: string[] = [];
    let start = 0;
    for (let at = length; at < text.length - 1; at++) {
      const border = text[at] === " " && text[at - 1] !== " " && text[at + 1] !== " ";
      if (at - start < length || !border || text[at - 1] === "▁" || text[at + 1] === "▁" || nearAddedToken(text, at))
        continue;
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
    pieces.push(text.slice(start));
    return pieces;
  };
}

/** Whether a text gets one "▁" in front, has its spaces replaced by it, and nothing else happens before the model. */
function putsSpaceInFront({ normalizer, pre_tokenizer: words }: Json): boolean {
  const steps =
    isJson(normalizer) && Array.isArray(normalizer["normalizers"]) ? (normalizer["normalizers"] as unknown[]) : [];
  const [first, second] = steps;
  if (steps.length === 2 && isJson(first) && isJson(second) && !isJson(words)) {
    const pattern = isJson(second["pattern"]) ? second["pattern"]["String"] : undefined;
    return first["type"] === "Prepend" && first["prepend"] === "▁" && pattern === " " && second["content"] === "▁";
  }
  if (isJson(normalizer) || !isJson(words) || words["type"] !== "Metaspace") return false;
  return words["prepend_scheme"] !== "never" && words["split"] === false;
}

function tokensCrossSpaces({ model }: Json): boolean {
  const vocabulary = isJson(model) && isJson(model["vocab"]) ? Object.keys(model["vocab"]) : [];
  return vocabulary.length === 0 || vocabulary.some((token) => /[^▁]▁/u.test(token));
}
