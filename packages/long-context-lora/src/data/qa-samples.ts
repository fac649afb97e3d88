import { createHash } from "node:crypto";
import { RandomStream } from "@offprint/training";
import type { QaDocument, QuestionAnswer } from "./question-answers.ts";

/** A record of supervised data, as `readConversations` takes it. */
export interface InstructionRecord {
  readonly instruction: string;
  readonly output: string;
  /** Which document it is about: the beginning of the SHA-256 of its text, the same in every file. */
  readonly document: string;
}

export interface QaSampleOptions {
  /** Share of the documents that is set aside, in [0, 1). */
  readonly split: number;
  readonly seed: number;
  /**
   * Characters kept of a longer document: a stretch around the answer where the document holds it word for word, at a place
   * drawn at random; else the beginning. Absent: all of it.
   */
  readonly passage?: number | undefined;
}

/** Supervised data made from documents, and what is worth knowing about it. */
export interface QaSamples {
  readonly train: readonly InstructionRecord[];
  /** Questions about documents of which none is in `train`. */
  readonly test: readonly InstructionRecord[];
  readonly facts: {
    /** Different texts. */
    readonly documents: number;
    readonly testDocuments: number;
    readonly questions: number;
    /** Questions or comments left out because nothing answers them. */
    readonly unpaired: number;
    /** The same question about the same text, left out. */
    readonly repeated: number;
    /** Documents without any question. */
    readonly silent: number;
    /** Questions whose document was cut to a passage, and those of them whose answer the document does not hold as written. */
    readonly cut: { readonly questions: number; readonly withoutAnswer: number };
    /** Characters of the longest instruction. */
    readonly longest: number;
  };
}

/** The instruction for one question about a document: everything the model is to read in one text, as in LongAlpaca. */
export const qaInstruction = (document: string, question: string): string =>
  `Read the text and answer the question about it.\n\nText:\n${document}\n\nQuestion: ${question}`;

/** One record a question, split by document: all questions about one text, wherever it occurs, are on the same side. */
export function qaSamples(documents: readonly QaDocument[], { split, seed, passage }: QaSampleOptions): QaSamples {
  const byText = new Map<string, Map<string, QuestionAnswer>>();
  let [repeated, unpaired] = [0, 0];
  for (const { text, pairs, unpaired: without } of documents) {
    const known = byText.get(text) ?? new Map<string, QuestionAnswer>();
    byText.set(text, known);
    unpaired += without;
    for (const pair of pairs) {
      if (known.has(pair.question)) repeated++;
      else known.set(pair.question, pair);
    }
  }
  const asked = [...byText].filter(([, pairs]) => pairs.size > 0);
  const order = RandomStream.create(seed, "split").shuffle(asked.map((_, i) => i));
  const testCount = split === 0 ? 0 : Math.min(asked.length - 1, Math.max(1, Math.round(split * asked.length)));
  const tested = new Set(order.slice(0, Math.max(0, testCount)));

  const places = RandomStream.create(seed, "passage");
  const cut = { questions: 0, withoutAnswer: 0 };
  const recordsOf = (isTest: boolean): InstructionRecord[] =>
    asked.flatMap(([text, pairs], i) => {
      if (tested.has(i) !== isTest) return [];
      const document = createHash("sha256").update(text).digest("hex").slice(0, 16);
      return Array.from(pairs.values(), ({ question, answer }) => {
        if (passage === undefined || text.length <= passage)
          return { instruction: qaInstruction(text, question), output: answer, document };
        cut.questions++;
        const at = text.indexOf(answer);
        if (at < 0) cut.withoutAnswer++;
        const part = passageAround(text, at, answer.length, passage, places);
        return { instruction: qaInstruction(part, question), output: answer, document };
      });
    });
  const [train, test] = [recordsOf(false), recordsOf(true)];
  return {
    train,
    test,
    facts: {
      documents: byText.size,
      testDocuments: tested.size,
      questions: train.length + test.length,
      unpaired,
      repeated,
      silent: byText.size - asked.length,
      cut,
      longest: [...train, ...test].reduce((most, { instruction }) => Math.max(most, instruction.length), 0),
    },
  };
}

/** `length` characters that hold those from `at` on; the beginning where `at` is −1. */
function passageAround(text: string, at: number, size: number, length: number, places: RandomStream): string {
  if (at < 0) return text.slice(0, length);
  const before = places.integer(Math.max(1, length - size + 1)); // how much of the passage precedes the answer
  const start = Math.min(Math.max(0, at - before), text.length - length);
  return text.slice(start, start + length);
}
