/**
 * Byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909; over bytes as in GPT-2), trained from text and
 * written as a Hugging Face `tokenizer.json`.
 */

/** How GPT-2 cuts a text into pieces before pairs are merged; merges never cross their borders. */
const pieces = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

interface Piece {
  readonly count: number;
  symbols: number[];
}

/**
 * The merges that training finds, most frequent pair first; ties go to the pair of smaller ids.
 * @param size of the vocabulary: `special` tokens, 256 bytes, and one for each merge.
 */
function learnMerges(texts: Iterable<string>, size: number, special: number): [left: number, right: number][] {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [piece] of text.matchAll(pieces)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  const words: Piece[] = [...counts].map(([text, count]) => ({
    count,
    symbols: [...new TextEncoder().encode(text)].map((byte) => special + byte),
  }));
  const merges: [number, number][] = [];
  for (let next = special + 256; next < size; next += 1) {
    const pairs = new Float64Array(size * size);
    for (const { count, symbols } of words)
      for (let at = 1; at < symbols.length; at += 1) {
        const pair = (symbols[at - 1] ?? 0) * size + (symbols[at] ?? 0);
        pairs[pair] = (pairs[pair] ?? 0) + count;
      }
    let best = 0;
    for (let pair = 1; pair < pairs.length; pair += 1) if ((pairs[pair] ?? 0) > (pairs[best] ?? 0)) best = pair;
    if (pairs[best] === 0) break;
    const [left, right] = [Math.floor(best / size), best % size];
    merges.push([left, right]);
    for (const word of words) word.symbols = merged(word.symbols, left, right, next);
  }
  return merges;
}

function merged(symbols: readonly number[], left: number, right: number, into: number): number[] {
  const after: number[] = [];
  for (let at = 0; at < symbols.length; at += 1) {
    const isPair = symbols[at] === left && symbols[at + 1] === right;
    after.push(isPair ? into : (symbols[at] ?? 0));
    if (isPair) at += 1;
  }
  return after;
}

/** The character that stands for a byte in `tokenizer.json`: itself where it prints, else one past U+00FF. */
const letters = (() => {
  const prints = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let beyond = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(prints(byte) ? byte : beyond++));
})();

const asItStands = { single_word: false, lstrip: false, rstrip: false, normalized: false };

/** A `tokenizer.json` of `size` entries: `<s>`, `</s>`, 256 bytes and the merges; each text begins with `<s>`. */
export function trainTokenizer(texts: Iterable<string>, size: number): object {
  const special = ["<s>", "</s>"];
  const merges = learnMerges(texts, size, special.length);
  const names = [...special, ...letters];
  for (const [left, right] of merges) names.push(`${names[left]}${names[right]}`);
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({ id, content, ...asItStands, special: true })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [
        { SpecialToken: { id: "<s>", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { Sequence: { id: "B", type_id: 0 } },
      ],
      special_tokens: { "<s>": { id: "<s>", ids: [0], tokens: ["<s>"] } },
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(names.map((name, id) => [name, id])),
      merges: merges.map(([left, right]) => `${names[left]} ${names[right]}`),
    },
  };
}
