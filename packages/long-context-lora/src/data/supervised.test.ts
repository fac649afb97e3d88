import { gzipSync } from "node:zlib";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchKinds, TokenBatches } from "./batches.ts";
import { parseConversations, type ChatMessage, type Conversation } from "./conversations.ts";
import { encodeConversation, readSupervised, supervisedRows } from "./supervised.ts";
import type { Span, SupervisedOptions, SupervisedSample } from "./supervised.ts";
import { toyTokenizer, type ToyTokenizerOptions } from "./toy-tokenizer.ts";
import { IGNORED, type TokenBatch } from "./token-rows.ts";

const talk = (...messages: (readonly [ChatMessage["role"], string])[]): Conversation => ({
  messages: messages.map(([role, content]) => ({ role, content })),
  file: "toy.jsonl",
  line: 1,
});
const ask = (question: string, answer: string) => talk(["user", question], ["assistant", answer]);

/** A template as chat models have them: each message between marks, "</s>" at its end. */
const chatTemplate: NonNullable<ToyTokenizerOptions["applyChatTemplate"]> = (messages, { addGenerationPrompt } = {}) =>
  messages.map(({ role, content }) => `<s>${role}\n${content.trim()}</s>\n`).join("") +
  (addGenerationPrompt === true ? "<s>assistant\n" : "");

/** What a sample supervises, as text. */
function learnt(
  conversation: Conversation,
  options: Partial<SupervisedOptions> = {},
  tokenizer = toyTokenizer(),
): string[] {
  const { tokens, spans } = encodeConversation(conversation, tokenizer, { length: 10_000, ...options });
  return spans.map(([start, end]) => tokenizer.decode(tokens.subarray(start, end)));
}

const whole = (conversation: Conversation, tokenizer = toyTokenizer()) =>
  tokenizer.decode(encodeConversation(conversation, tokenizer, { length: 10_000 }).tokens);

const word = fc.string({ unit: fc.constantFrom("a", "b", "é", " ", "漢", "]"), maxLength: 8 });

describe("encodeConversation", () => {
  it("asks as the paper does and learns the answer and its end", () => {
    expect(whole(ask("Why?", "So."))).toBe("<s>[INST]Why?[/INST]So.</s>");
    expect(learnt(ask("Why?", "So."))).toEqual(["So.</s>"]);
  });

  it("learns exactly each answer and its end, whatever is said", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { minLength: 1, maxLength: 3 }), (turns) => {
        const conversation = talk(
          ...turns.flatMap(
            ([q, a]) =>
              [
                ["user", q],
                ["assistant", a],
              ] as const,
          ),
        );
        const rendered = encodeConversation(conversation, toyTokenizer(), { length: 10_000 });
        expect(learnt(conversation)).toEqual(turns.map(([, answer]) => `${answer}</s>`));
        expect(rendered.mergedBorders).toBe(0);
      }),
    );
  });

  it("puts a system message before the first question", () => {
    expect(whole(talk(["system", "Be short."], ["user", "Why?"], ["assistant", "So."]))).toBe(
      "<s>[INST]<<SYS>>\nBe short.\n<</SYS>>\n\nWhy?[/INST]So.</s>",
    );
  });

  it("uses the model's own template where there is one, and learns every answer with its mark", () => {
    const tokenizer = toyTokenizer({ applyChatTemplate: chatTemplate });
    const conversation = talk(
      ["system", "S"],
      ["user", "one"],
      ["assistant", " A "],
      ["user", "A"],
      ["assistant", "B"],
    );
    expect(learnt(conversation, {}, tokenizer)).toEqual(["A</s>", "B</s>"]);
    expect(whole(conversation, tokenizer)).toContain("<s>assistant\nA</s>\n<s>user\nA</s>\n");
    expect(learnt(conversation, { template: "inst" }, tokenizer)).toEqual([" A </s>", "B</s>"]);
  });

  it("adds the end of sequence where the template leaves answers open", () => {
    const open = toyTokenizer({
      applyChatTemplate: (messages) => messages.map(({ role, content }) => `${role}: ${content}\n`).join(""),
    });
    expect(learnt(ask("q", "yes"), {}, open)).toEqual(["yes\n</s>"]);
    expect(encodeConversation(ask("q", "yes"), open, { length: 99 }).asksOtherwise).toBe(true);
  });

  it("names the conversation whose answer the template leaves out", () => {
    const mute = toyTokenizer({ applyChatTemplate: () => "nothing" });
    expect(() => learnt(ask("q", "yes"), {}, mute)).toThrow(/toy\.jsonl:1: .*leaves out message 2/);
  });

  it("begins with the first token that carries text of the answer, and tells that it carries the prompt's too", () => {
    const tokenizer = toyTokenizer({ merges: ["]Y", "T]Y", "/INS", "ST]"] });
    const sample = encodeConversation(ask("q", "Yes"), tokenizer, { length: 100 });
    expect(sample.mergedBorders).toBe(1);
    expect(learnt(ask("q", "Yes"), {}, tokenizer)).toEqual(["T]Yes</s>"]);
    expect(encodeConversation(ask("q", "No"), tokenizer, { length: 100 }).mergedBorders).toBe(0);
  });

  it("supervises no token of the prompt alone, however tokens merge", () => {
    fc.assert(
      fc.property(
        word,
        word,
        fc.array(
          word.filter((one) => one !== ""),
          { maxLength: 6 },
        ),
        (question, answer, merges) => {
          const tokenizer = toyTokenizer({ merges: ["]a", "T]", "ST]b", ...merges] });
          const { tokens, spans } = encodeConversation(ask(question, answer), tokenizer, { length: 1000 });
          const [start] = spans[0]!;
          const after = tokenizer.decode(tokens.subarray(start));
          expect(after.endsWith(`${answer.trimStart()}</s>`)).toBe(true);
          const later = tokenizer.decode(tokens.subarray(start + 1));
          if (answer !== "" && answer === answer.trimStart()) expect(later.endsWith(`${answer}</s>`)).toBe(false);
        },
      ),
    );
  });

  const long = ask("x".repeat(50), "answer");
  it("cuts at the end as the paper does, and tells what is lost", () => {
    const sample = encodeConversation(long, toyTokenizer(), { length: 65 });
    expect([sample.fullLength, sample.tokens.length]).toEqual([71, 66]);
    expect(sample.answer).toEqual({ full: 7, kept: 2 });
    expect(learnt(long, { length: 65 })).toEqual(["an"]);
    expect(encodeConversation(long, toyTokenizer(), { length: 30 })).toMatchObject({ spans: [], answer: { kept: 0 } });
  });

  it("can cut the middle of the prompt instead, which keeps question and answer", () => {
    const sample = encodeConversation(long, toyTokenizer(), { length: 30, cut: "middle" });
    expect(toyTokenizer().decode(sample.tokens)).toBe(`<s>[INST]${"x".repeat(10)}[/INST]answer</s>`);
    expect(sample.answer).toEqual({ full: 7, kept: 7 });
    expect(learnt(long, { length: 3, cut: "middle" })).toEqual(["answ"]);
  });
});

describe("supervisedRows", () => {
  const samplesOf = (lengths: readonly number[], options: ToyTokenizerOptions = {}) =>
    lengths.map((length) => encodeConversation(ask("q", "x".repeat(length)), toyTokenizer(options), { length: 64 }));
  const epochOf = (batches: TokenBatches): TokenBatch[] =>
    Array.from({ length: batches.batchesPerEpoch }, () => batches.next());

  it("predicts each answer token at the position before it", () => {
    const { ids, labels, length } = new TokenBatches(
      supervisedRows(samplesOf([2]), { length: 64, padding: 0, bucket: 8 }),
      { batchSize: 1, seed: 0 },
    ).next();
    const text = "<s>[INST]q[/INST]xx</s>";
    expect(length).toBe(24);
    expect(toyTokenizer().decode(ids.subarray(0, 17))).toBe(text.slice(0, -4));
    expect([...labels.subarray(13, 20)]).toEqual([IGNORED, 120, 120, 2, IGNORED, IGNORED, IGNORED]);
  });

  it("keeps the end supervised where it is also the padding", () => {
    const rows = supervisedRows(samplesOf([1, 9], { padIsEnd: true }), { length: 64, padding: 2 });
    const { ids, labels } = new TokenBatches(rows, { batchSize: 2, seed: 0 }).next();
    expect([...labels].filter((label) => label === 2)).toHaveLength(2);
    expect([...ids].filter((id) => id === 2).length).toBeGreaterThan(2);
  });

  it("batches samples of like length, each once an epoch, in few lengths", () => {
    const lengths = [1, 40, 3, 30, 2, 41, 5, 29];
    const batches = new TokenBatches(supervisedRows(samplesOf(lengths), { length: 64, padding: 0 }), {
      batchSize: 2,
      seed: 3,
    });
    const seen = epochOf(batches);
    expect(seen.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([24, 24, 48, 56]);
    const answers = seen.flatMap(({ labels, length, rows }) =>
      Array.from(
        { length: rows },
        (_, row) => labels.subarray(row * length, (row + 1) * length).filter((l) => l === 120).length,
      ),
    );
    expect(answers.toSorted((a, b) => a - b)).toEqual(lengths.toSorted((a, b) => a - b));
  });

  /** Samples of as many tokens, each of which stands in one place only, and learnt in a stretch. */
  const sampleCases = fc
    .record({
      length: fc.integer({ min: 2, max: 90 }),
      answers: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), fc.nat()), { minLength: 1 }),
      batchSize: fc.integer({ min: 1, max: 4 }),
      seed: fc.nat(),
    })
    .map(({ length, answers, ...rest }) => {
      const samples = answers.map(([share, from, kept], i): SupervisedSample => {
        const count = 2 + Math.floor(share * (length - 1));
        const start = 1 + (from % (count - 1));
        const span: Span = [start, start + 1 + (kept % (count - start))];
        const tokens = Int32Array.from({ length: count }, (_, at) => 1 + 100 * i + at);
        const about = { prompt: "", file: "toy.jsonl", line: i, mergedBorders: 0, asksOtherwise: false };
        const learned = span[1] - span[0];
        return { ...about, tokens, spans: [span], fullLength: count, answer: { full: learned, kept: learned } };
      });
      return { length, samples, ...rest };
    });

  it("rounds lengths up to at most eight, and leaves every token and label as it was", () => {
    fc.assert(
      fc.property(sampleCases, ({ length, samples, batchSize, seed }) => {
        const rows = supervisedRows(samples, { length, padding: 0 });
        const seen = epochOf(new TokenBatches(rows, { batchSize, seed }));
        const lengths = new Set(seen.map((batch) => batch.length));
        expect(lengths.size).toBeLessThanOrEqual(8);
        for (const one of lengths) {
          expect(one).toBeLessThanOrEqual(length);
          if (one < length) expect(one % Math.ceil(length / 8)).toBe(0);
        }
        expect(batchKinds(rows, batchSize)).toEqual(
          [...lengths].toSorted((a, b) => b - a).map((one) => ({ length: one, mixed: false })),
        );
        const found = seen.flatMap(({ ids, labels, length: width, rows: count }) =>
          Array.from({ length: count }, (_, row) => ({
            ids: [...ids.subarray(row * width, (row + 1) * width)],
            labels: [...labels.subarray(row * width, (row + 1) * width)],
          })),
        );
        for (const { tokens, spans } of samples) {
          const row = found.find(({ ids }) => ids[0] === tokens[0])!;
          expect(row.ids.length - (tokens.length - 1)).toBeGreaterThanOrEqual(0);
          const [[start, end]] = spans as [Span];
          for (const [at, id] of row.ids.entries()) {
            expect(id).toBe(at + 1 < tokens.length ? tokens[at] : 0);
            expect(row.labels[at]).toBe(at + 1 >= start && at + 1 < end ? tokens[at + 1] : IGNORED);
          }
        }
        expect(found.flatMap(({ labels }) => labels.filter((label) => label !== IGNORED))).toHaveLength(
          samples.reduce((total, { answer }) => total + answer.kept, 0),
        );
      }),
    );
  });

  it("refuses data in which every prompt fills the context", () => {
    const samples = [encodeConversation(ask("x".repeat(90), "a"), toyTokenizer(), { length: 64 })];
    expect(() => supervisedRows(samples, { length: 64, padding: 0 })).toThrow(
      /in none of 1 samples .* context of 64; the first, toy\.jsonl:1, has 106 tokens/,
    );
  });
});

describe("readSupervised", () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "sft-"))));
  afterAll(() => rm(folder, { recursive: true }));

  const collect = async (bytes: Uint8Array, size = 5): Promise<Conversation[]> => {
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    const all: Conversation[] = [];
    for await (const one of parseConversations("x.json", chunks())) all.push(one);
    return all;
  };

  it("reads LongAlpaca's array and JSONL alike, however the bytes arrive", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ instruction: fc.string(), input: fc.string(), output: fc.string() }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 2),
        async (records, size, indent) => {
          const wanted = records.map(({ instruction, input, output }) => [
            { role: "user", content: input === "" ? instruction : `${instruction}\n${input}` },
            { role: "assistant", content: output },
          ]);
          const array = Buffer.from(`\uFEFF\n${JSON.stringify(records, null, indent)}\n`);
          const lines = Buffer.from(records.map((record) => JSON.stringify(record)).join("\r\n"));
          expect((await collect(array, size)).map(({ messages }) => messages)).toEqual(wanted);
          expect((await collect(lines, size)).map(({ messages }) => messages)).toEqual(wanted);
        },
      ),
    );
  });

  it("tells the line of each record of an array", async () => {
    const array = '[\n {"instruction":"a","output":"[}]\\"{"},\n\n {"instruction":"b",\n"output":"c"}]';
    expect((await collect(Buffer.from(array))).map(({ line }) => line)).toEqual([2, 4]);
  });

  it("leaves out what follows the last answer", async () => {
    const file = join(folder, "chat.jsonl.gz");
    const messages = ["u", "a", "u"].map((role) => ({ role: role === "u" ? "user" : "assistant", content: role }));
    await writeFile(file, gzipSync(JSON.stringify({ messages })));
    const [sample] = await readSupervised([file], toyTokenizer(), { length: 99 });
    expect(toyTokenizer().decode(sample!.tokens)).toBe("<s>[INST]u[/INST]a</s>");
  });

  it.each([
    ['{"instruction":"a"}', /x\.json:1: wanted text in "output"; the record has instruction/],
    ['{"messages":[{"role":"user","content":"a"}]}', /x\.json:1: no message of the assistant/],
    ['{"messages":[{"role":"bot","content":"a"}]}', /message 1 must have a role \(system, user, assistant\)/],
    ['{"messages":7}', /must be a list/],
    ['[{"instruction":"a","output":"b"},\n7]', /x\.json:2: wanted a JSON object; 7 came/],
    ['[{"instruction":"a","output":"b"}', /the array is not closed/],
    ["[]", /holds no record/],
    [" ", /holds no record/],
  ])("refuses %s", async (content, message) => {
    await expect(collect(Buffer.from(content))).rejects.toThrow(message);
  });
});
