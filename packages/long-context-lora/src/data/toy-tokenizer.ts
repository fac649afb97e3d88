import type { Tokenizer } from "@offprint/language-model";

const [pad, bos, eos, firstMerge] = [0, 1, 2, 300];
const marks = new Map([
  ["<s>", bos],
  ["</s>", eos],
]);

export interface ToyTokenizerOptions {
  /** It has a token that begins, and puts it before a text. */
  readonly begins?: boolean;
  /** It has a token that ends. */
  readonly ends?: boolean;
  /** The padding is the token that ends. */
  readonly padIsEnd?: boolean;
  /** Texts that are one token, from 300 on; of several that fit the longest counts. */
  readonly merges?: readonly string[];
  readonly applyChatTemplate?: Tokenizer["applyChatTemplate"];
}

/** A tokenizer for tests: a byte is a token, "<s>" is 1, "</s>" is 2, 0 pads. */
export function toyTokenizer(options: ToyTokenizerOptions = {}): Tokenizer {
  const { begins = true, ends = true, padIsEnd = false, merges = [], applyChatTemplate } = options;
  const known = [...marks, ...merges.map((text, i) => [text, firstMerge + i] as const)]
    .toSorted(([a], [b]) => b.length - a.length)
    .map(([text, id]) => ({ bytes: Buffer.from(text), id }));
  return {
    size: firstMerge + merges.length,
    bos: begins ? bos : undefined,
    eos: ends ? eos : undefined,
    pad: padIsEnd ? eos : pad,
    encode(text, { special = true } = {}) {
      const bytes = Buffer.from(text);
      const ids: number[] = special && begins ? [bos] : [];
      for (let at = 0; at < bytes.length;) {
        const found = known.find((one) => bytes.indexOf(one.bytes, at) === at);
        ids.push(found?.id ?? bytes[at]!);
        at += found?.bytes.length ?? 1;
      }
      return Int32Array.from(ids);
    },
    decode(ids, { skipSpecial = false } = {}) {
      const text = (id: number) => known.find((one) => one.id === id)?.bytes ?? Buffer.of(id);
      const shown = Array.from(ids).filter((id) => !skipSpecial || id > eos);
      return Buffer.concat(shown.map(text)).toString("utf8");
    },
    ...(applyChatTemplate && { applyChatTemplate }),
  };
}
