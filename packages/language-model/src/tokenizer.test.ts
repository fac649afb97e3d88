import { Tokenizer as Library } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pieceSplitter } from "./text-pieces.ts";
import { toyTokenizer } from "./testing/toy-folder.ts";
import { createTokenizer, type TokenizerSource } from "./tokenizer.ts";

const config = { bos_token: "<s>", eos_token: { content: "</s>" }, pad_token: null };
const toy = createTokenizer({ tokenizer: toyTokenizer, config }, "toy");
const { model, ...parts } = toyTokenizer;
const metaspace = {
  ...toyTokenizer,
  normalizer: null,
  pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false },
};

describe("a tokenizer", () => {
  it("puts the first token before a text unless told not to", () => {
    expect([...toy.encode("ab a")]).toEqual([1, 9, 8]);
    expect([...toy.encode("ab a", { special: false })]).toEqual([9, 8]);
    expect([...toy.encode("")]).toEqual([1]);
    expect([...toy.encode("", { special: false })]).toEqual([]);
  });

  it("knows its special tokens, written as text or as an object", () => {
    expect(toy).toMatchObject({ bos: 1, eos: 2, pad: undefined, size: 15 });
  });

  it("without a first token adds none", () => {
    const bare = createTokenizer({ tokenizer: { ...parts, model, post_processor: null } }, "bare");
    expect([...bare.encode("ab a")]).toEqual([9, 8]);
    expect(bare.bos).toBeUndefined();
    expect(bare).not.toHaveProperty("applyChatTemplate");
  });

  it("gives back its text as it was, spaces before punctuation too", () => {
    expect(toy.decode(toy.encode("ab a . bc"), { skipSpecial: true })).toBe("ab a . bc");
    expect(toy.decode(toy.encode("a"))).toBe("<s> a");
    expect(toy.decode([])).toBe("");
  });

  it.each<[string, TokenizerSource["tokenizer"], RegExp]>([
    ["is something else", { a: 1 }, /^file: has no "model": it is no tokenizer.json$/],
    ["has an unknown model", { ...parts, model: { type: "New" } }, /^file: cannot be used/],
    ["has no vocabulary", { ...parts, model: { ...model, vocab: null } }, /^file: cannot be used/],
    [
      "has an id that is no number",
      { ...parts, model: { ...model, vocab: { ...model.vocab, a: "x" } } },
      /^file: gives a token the id "x"; wanted 0 to 4194303$/,
    ],
    [
      "has an id below 0",
      { ...parts, model: { ...model, vocab: { ...model.vocab, a: -1 } } },
      /gives a token the id -1;/,
    ],
  ])("that %s is refused", (_name, tokenizer, message) => {
    expect(() => createTokenizer({ tokenizer }, "file")).toThrow(message);
  });

  it("without an unknown token names what it has no id for", () => {
    const { unk_token: _, ...strict } = model;
    const tokenizer = createTokenizer({ tokenizer: { ...parts, model: { ...strict, unk_token: null } } }, "strict");
    expect([...tokenizer.encode("a")]).toEqual([1, 8]);
  });
});

describe.each([
  ["Prepend and Replace", toyTokenizer],
  ["Metaspace", metaspace],
])("a long text cut into pieces (%s)", (_name, tokenizer) => {
  const whole = new Library(tokenizer, config);
  const text = fc
    .array(fc.constantFrom("a", "b", "c", " ", "  ", ".", "\n", "▁", "<s>", "é", "ab c", "bc a", "a b"), {
      maxLength: 60,
    })
    .map((parts) => parts.join(""));

  it("has the ids of the whole", () => {
    const split = pieceSplitter(tokenizer, 3);
    let cut = 0;
    fc.assert(
      fc.property(text, (text) => {
        const ids = (part: string) => whole.encode(part, { add_special_tokens: false }).ids;
        const pieces = split(text);
        cut += pieces.length - 1;
        expect(pieces.flatMap((piece) => (piece === "" ? [] : ids(piece)))).toEqual(ids(text));
      }),
      { numRuns: 500 },
    );
    expect(cut).toBeGreaterThan(50);
  });

  it("stays whole where tokens lie across spaces, or words are split first", () => {
    const across = { ...model, vocab: { ...model.vocab, "a▁b": 15 } };
    const text = "ab a bc a ab";
    expect(pieceSplitter({ ...tokenizer, model: across }, 2)(text)).toEqual([text]);
    expect(pieceSplitter({ ...tokenizer, normalizer: null, pre_tokenizer: { type: "ByteLevel" } }, 2)(text)).toEqual([
      text,
    ]);
    expect(pieceSplitter(tokenizer, 4)(text)).toEqual(["ab a", "bc a", "ab"]);
  });
});
