import { describe, expect, it } from "vitest";
import { checkDocuments, checkSamples, describeFindings, requireTrainable, type Finding } from "./checks.ts";
import { UntrainableDataError } from "./errors.ts";
import { packDocuments, tokenizeDocument } from "./pack.ts";
import { encodeConversation } from "./supervised.ts";
import { toyTokenizer, type ToyTokenizerOptions } from "./toy-tokenizer.ts";

interface Case extends ToyTokenizerOptions {
  readonly length?: number;
  readonly vocabularySize?: number;
  readonly bos?: number;
}

const modelOf = ({ length = 64, vocabularySize = 400, bos, ...options }: Case) => ({
  tokenizer: toyTokenizer(options),
  config: { vocabularySize, bos },
  length,
});

function ofSamples(turns: readonly (readonly [string, string])[], options: Case = {}): Finding[] {
  const model = modelOf(options);
  const samples = turns.map(([question, answer], i) => {
    const messages = [
      { role: "user" as const, content: question },
      { role: "assistant" as const, content: answer },
    ];
    return encodeConversation({ messages, file: "qa.jsonl", line: i + 1 }, model.tokenizer, { length: model.length });
  });
  return checkSamples(samples, model);
}

function ofTexts(texts: readonly string[], options: Case = {}): Finding[] {
  const model = modelOf(options);
  const documents = texts.map((text, i) => tokenizeDocument(model.tokenizer, { text, file: "d.jsonl", line: i + 1 }));
  return checkDocuments(documents, packDocuments(documents, { length: model.length }), model);
}

const messageOf = (findings: readonly Finding[], code: string) => findings.find((one) => one.code === code)?.message;

describe("checkSamples", () => {
  it("says nothing but sizes of sound data", () => {
    const findings = ofSamples([
      ["why", "so"],
      ["how", "thus"],
    ]);
    expect(describeFindings(findings)).toEqual(["2 samples with 42 tokens, of which 8 (19 %) are learnt"]);
    expect(() => requireTrainable(findings)).not.toThrow();
  });

  it("counts prompts that fill the context, with their lines", () => {
    const findings = ofSamples([
      ["x".repeat(80), "a"],
      ["q", "a"],
      ["y".repeat(70), "b"],
    ]);
    expect(messageOf(findings, "nothing-supervised")).toBe(
      "2 samples have no supervised token within the context of 64 and are left out; the prompt fills it: qa.jsonl:1, qa.jsonl:3",
    );
    expect(messageOf(findings, "longer-than-context")).toContain("the longest has 96 tokens");
    expect(() => requireTrainable(findings)).not.toThrow();
  });

  it("refuses data of which nothing is learnt", () => {
    const findings = ofSamples([["x".repeat(80), "a"]]);
    expect(() => requireTrainable(findings)).toThrow(UntrainableDataError);
    expect(() => requireTrainable(findings)).toThrow(/training would learn nothing/);
  });

  it.each<[string, readonly (readonly [string, string])[], Case, RegExp]>([
    ["answer-cut", [["x".repeat(40), "y".repeat(30)]], {}, /1 answer is cut .*qa\.jsonl:1/],
    ["answer-empty", [["q", ""]], {}, /1 answer is empty/],
    ["border-merged", [["q", "Yes"]], { merges: ["]Y"] }, /in 1 sample a token carries text of prompt and answer/],
    [
      "duplicate",
      [
        ["q", "a"],
        ["q", "a"],
        ["q", "b"],
      ],
      {},
      /1 sample is the same as an earlier one.*qa\.jsonl:2/,
    ],
    ["pad-is-eos", [["q", "a"]], { padIsEnd: true }, /the same token 2/],
    ["no-eos", [["q", "a"]], { ends: false }, /cannot learn to stop/],
    ["few-supervised", [["x".repeat(2000), "a"]], { length: 3000 }, /only 0\.10 % of the tokens/],
    [
      "token-beyond-embedding",
      [["q", "a"]],
      { vocabularySize: 100 },
      /no embedding for \(it has 100, the tokenizer 300\)/,
    ],
    ["vocabulary-larger", [["q", "a"]], { vocabularySize: 299 }, /knows 300 tokens, the model's embedding only 299/],
    ["no-bos", [["q", "a"]], { begins: false, bos: 1 }, /although the model's config names one \(1\)/],
  ])("tells of %s", (code, turns, options, message) => {
    expect(messageOf(ofSamples(turns, options), code)).toMatch(message);
  });

  it("refuses tokens that the model has no embedding for", () => {
    expect(() => requireTrainable(ofSamples([["q", "a"]], { vocabularySize: 100 }))).toThrow(
      /use the tokenizer that belongs/,
    );
  });

  it("tells of chat templates that ask with other text than they train", () => {
    const applyChatTemplate: NonNullable<ToyTokenizerOptions["applyChatTemplate"]> = (messages) =>
      messages.map(({ role, content }) => `${role}: ${content}\n`).join("");
    expect(messageOf(ofSamples([["q", "a"]], { applyChatTemplate }), "template-mismatch")).toMatch(/qa\.jsonl:1/);
  });
});

describe("checkDocuments", () => {
  it("says what the rows hold", () => {
    expect(describeFindings(ofTexts(["x".repeat(62), "y".repeat(126)]))).toEqual([
      "2 documents with 192 tokens make 3 rows of 64; 190 tokens are predicted an epoch",
      "1 document longer than the context of 64 tokens is cut into rows (the longest has 128): d.jsonl:2",
    ]);
  });

  it.each<[string, readonly string[], Case, RegExp]>([
    [
      "too-short",
      ["", "long enough"],
      { begins: false, ends: false },
      /1 document has fewer than two tokens.*d\.jsonl:1/,
    ],
    ["too-short", ["a", "long enough"], { begins: false, ends: false }, /fewer than two/],
    ["tail-dropped", ["x".repeat(63)], {}, /of 1 document the last token is left out/],
    ["duplicate", ["same", "same"], {}, /1 document is the same as an earlier one/],
    ["little-text", ["a few"], {}, /predicts only 6 tokens, less than one row of 64/],
    ["padding", ["x".repeat(40), "y".repeat(40)], {}, /34 % of all positions hold no token/],
    ["no-bos", ["text"], { begins: false }, /no token that begins a sequence: texts begin/],
    ["vocabulary-larger", ["text"], { vocabularySize: 290 }, /one of the last 10 could not be used/],
    ["token-beyond-embedding", ["text"], { vocabularySize: 116 }, /the model has no embedding for/],
  ])("tells of %s", (code, texts, options, message) => {
    expect(messageOf(ofTexts(texts, options), code)).toMatch(message);
  });
});
