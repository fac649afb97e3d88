import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { qaCommand } from "../commands/qa.ts";
import { readConversations } from "./conversations.ts";
import { qaInstruction, qaSamples } from "./qa-samples.ts";
import { parseQuestionAnswers, type QaDocument } from "./question-answers.ts";

async function read(...records: readonly unknown[]): Promise<QaDocument[]> {
  async function* chunks() {
    yield Buffer.from(records.map((record) => JSON.stringify(record)).join("\n"));
  }
  const all: QaDocument[] = [];
  for await (const one of parseQuestionAnswers("qa.jsonl", chunks())) all.push(one);
  return all;
}

const pair = (question: string, answer: string) => ({ question, answer });

describe("readQuestionAnswers", () => {
  it("reads a question, or several, about a document", async () => {
    const [one, several, listed] = await read(
      { document: "D", ...pair(" q? ", "a") },
      { document: "D", pairs: [pair("q", "a"), pair("r", "")] },
      { document: "D", question: "q", answers: ["first", "second"] },
    );
    expect(one).toMatchObject({ text: "D", pairs: [pair("q?", "a")], line: 1 });
    expect(several).toMatchObject({ pairs: [pair("q", "a")], unpaired: 1, line: 2 });
    expect(listed).toMatchObject({ pairs: [pair("q", "first")] });
  });

  it("reads L-Eval's lists", async () => {
    const [document] = await read({ input: "D", instructions: ["q", "r"], outputs: ["a", "b"], source: "x" });
    expect(document).toMatchObject({ text: "D", pairs: [pair("q", "a"), pair("r", "b")] });
  });

  it("reads a paper's page: a comment with a question mark and the first reply to it", async () => {
    const [page] = await read({
      title: "T",
      abstract: "A",
      comments: [
        { text: "Nice work." },
        { text: "Does it leak?" },
        { text: "At the ends.", replyTo: 1 },
        { text: "Only there.", replyTo: 1 },
        { id: "x", text: "Is it fast?" },
        { text: "Yes.", replyTo: "x" },
        { text: "Why?" },
        pair("And memory?", "The same."),
      ],
    });
    expect(page).toMatchObject({ text: "T\n\nA", unpaired: 1 });
    expect(page!.pairs).toEqual([
      pair("Does it leak?", "At the ends."),
      pair("Is it fast?", "Yes."),
      pair("And memory?", "The same."),
    ]);
  });

  it.each([
    [{ text: "x" }, /qa\.jsonl:1: wanted "document" .*; the record has text/],
    [{ input: "x", instructions: ["q"], outputs: [] }, /1 instructions and 0 outputs/],
    [{ document: "x", question: "q" }, /needs a text "question"/],
    [{ document: "x", pairs: 3 }, /"pairs" must be a list/],
    [{ title: "x", comments: ["Why?"] }, /wanted an object; "Why\?" came/],
  ])("refuses %j", async (record, message) => {
    await expect(read(record)).rejects.toThrow(message);
  });
});

const documents = fc.array(
  fc.record({
    text: fc.constantFrom("a", "b", "c", "d", "e"),
    pairs: fc.array(fc.record({ question: fc.constantFrom("p", "q", "r"), answer: fc.string({ minLength: 1 }) }), {
      maxLength: 4,
    }),
    unpaired: fc.constant(0),
    file: fc.constant("x"),
    line: fc.constant(1),
  }),
  { maxLength: 12 },
);

describe("qaSamples", () => {
  it("asks each question about a text once, and never about one text on both sides", () => {
    fc.assert(
      fc.property(documents, fc.double({ min: 0, max: 0.9, noNaN: true }), fc.nat(), (given, split, seed) => {
        const { train, test, facts } = qaSamples(given, { split, seed });
        const textOf = ({ instruction }: { readonly instruction: string }) => /Text:\n(.)\n/.exec(instruction)![1]!;
        const [left, right] = [new Set(train.map(textOf)), new Set(test.map(textOf))];
        expect([...left].filter((text) => right.has(text))).toEqual([]);
        const asked = new Set(given.flatMap(({ text, pairs }) => pairs.map(({ question }) => text + question)));
        expect(train.length + test.length).toBe(asked.size);
        expect(facts.repeated).toBe(given.flatMap(({ pairs }) => pairs).length - asked.size);
        if (left.size + right.size > 0) expect(left.size).toBeGreaterThan(0);
        expect(qaSamples(given, { split, seed })).toEqual({ train, test, facts });
      }),
    );
  });

  it("keeps the answer in the passage, at different places", () => {
    const text = `${"x".repeat(500)} the answer ${"y".repeat(500)}`;
    const asked = Array.from({ length: 20 }, (_, i) => pair(`question ${i}`, "the answer"));
    const { train, facts } = qaSamples(
      [{ text, pairs: [...asked, pair("other", "not there")], unpaired: 0, file: "x", line: 1 }],
      {
        split: 0,
        seed: 1,
        passage: 200,
      },
    );
    const passages = train.map(({ instruction }) => instruction.split("\n\n")[1]!.slice("Text:\n".length));
    expect(passages.every((one) => one.length === 200)).toBe(true);
    const places = passages.slice(0, -1).map((one) => one.indexOf("the answer"));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(new Set(places).size).toBeGreaterThan(10);
    expect(passages.at(-1)).toBe("x".repeat(200));
    expect(facts.cut).toEqual({ questions: 21, withoutAnswer: 1 });
  });
});

describe("longlora qa", () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "qa-"))));
  afterAll(() => rm(folder, { recursive: true }));

  const leval = new URL("../../../../../shared/data/text/leval/quality.jsonl.gz", import.meta.url).pathname;
  const own = async () => {
    const file = join(folder, "own.jsonl");
    const records = ["A", "B", "C"].map((text) =>
      JSON.stringify({ document: text, ...pair(`What is ${text}?`, `It is ${text}.`) }),
    );
    await writeFile(file, records.join("\n"));
    return file;
  };

  const run = async (paths: string[], out: string) => {
    let stdout = "";
    const output = { write: (text: string) => (stdout += text) };
    await qaCommand.run(qaCommand.config.parse({ documents: paths, out }), {
      stdout: output,
      stderr: output,
      signal: new AbortController().signal,
      env: {},
      version: "0",
    });
    return stdout;
  };

  it("writes files that training reads, test apart from train", async () => {
    const out = join(folder, "qa.jsonl");
    expect(await run([await own()], out)).toContain(`2 questions about 2 documents in ${out}, 1 about 1 other in`);
    const messages = [];
    for await (const conversation of readConversations([out, join(folder, "qa.test.jsonl")]))
      messages.push(conversation.messages);
    expect(messages).toHaveLength(3);
    expect(messages.map(([user]) => user!.content).toSorted()[0]).toBe(qaInstruction("A", "What is A?"));
  });

  it.skipIf(!existsSync(leval))(
    "splits L-Eval's multiple choice by document (skipped where ../shared is absent)",
    async () => {
      const out = join(folder, "quality.jsonl");
      expect(await run([leval], out)).toMatch(/questions about 12 documents .* about 3 others/);
      const lines = async (file: string) => (await readFile(file, "utf8")).trim().split("\n").length;
      expect((await lines(out)) + (await lines(join(folder, "quality.test.jsonl")))).toBe(202);
    },
  );
});
