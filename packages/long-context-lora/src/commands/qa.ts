import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { defineCommand, formatCount, writeFileAtomic, type Command } from "@offprint/experiment";
import { loadLanguageModel, type HubOptions } from "@offprint/language-model";
import { z } from "zod";
import { checkSamples, describeFindings, type Finding } from "../data/checks.ts";
import { EmptyDataError } from "../data/errors.ts";
import { qaSamples, type InstructionRecord, type QaSamples } from "../data/qa-samples.ts";
import { readQuestionAnswers, type QaDocument } from "../data/question-answers.ts";
import { encodeConversation } from "../data/supervised.ts";
import { jsonSwitch, printJson, mostTokens } from "./shared.ts";
import { toldDownloads } from "./told-downloads.ts";

const config = z.strictObject({
  documents: z.array(z.string().min(1)).min(1).meta({
    placeholder: "FILE",
    description: "Documents with questions and answers: .json, .jsonl, also .gz, or folders of them.",
  }),
  out: z.string().min(1).meta({
    placeholder: "FILE",
    description: "JSONL file for training; the questions set aside go beside it, to NAME.test.jsonl.",
  }),
  split: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe("Share of the documents that is set aside, with all their questions."),
  seed: z.int().min(0).default(0).describe("Of the split."),
  passage: z
    .int()
    .min(100)
    .optional()
    .describe("Characters kept of a longer document, around the answer where it stands there; absent: all."),
  model: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "DIR", description: "Check the result with this model's tokenizer." }),
  context: z
    .int()
    .min(2)
    .max(mostTokens)
    .default(8192)
    .describe("Tokens that --model will be trained on, for that check."),
  json: jsonSwitch,
});

/** `offprint longlora qa`: supervised data from documents that somebody asked questions about. */
export const qaCommand: Command<typeof config> = defineCommand({
  name: "longlora qa",
  summary: "Turn documents with questions and answers into supervised data, split by document, with checks.",
  config,
  examples: [
    { explains: "L-Eval's documents.", config: { documents: ["quality.jsonl.gz"], out: "qa.jsonl" } },
    {
      explains: "Papers' pages with their discussions, checked for a model.",
      config: { documents: ["pages.jsonl"], out: "qa.jsonl", split: 0.1, model: "SmolLM2-135M", context: 4096 },
    },
  ],
  async run({ documents: paths, out, split, seed, passage, model, context: length, json }, context) {
    const documents: QaDocument[] = [];
    for await (const document of readQuestionAnswers(paths)) {
      context.signal.throwIfAborted();
      documents.push(document);
    }
    const samples = qaSamples(documents, { split, seed, passage });
    if (samples.train.length === 0)
      throw new EmptyDataError(paths[0]!, "no document has a question with an answer to train on");
    const testOut = samples.test.length === 0 ? undefined : testFile(out);
    const findings =
      model === undefined ? [] : await findingsOf(samples.train, out, model, length, toldDownloads(context));
    await mkdir(dirname(out), { recursive: true });
    await writeFileAtomic(out, jsonLines(samples.train));
    if (testOut !== undefined) await writeFileAtomic(testOut, jsonLines(samples.test));
    if (json) {
      printJson(context, {
        out,
        ...(testOut !== undefined && { testOut }),
        ...samples.facts,
        train: samples.train.length,
        test: samples.test.length,
        findings,
      });
      return;
    }
    context.stdout.write(`${[...describe(samples, out, testOut), ...describeFindings(findings)].join("\n")}\n`);
  },
});

/** `qa.jsonl` → `qa.test.jsonl` */
const testFile = (out: string) => (/\.\w+$/.test(out) ? out.replace(/(\.\w+)$/, ".test$1") : `${out}.test`);

const jsonLines = (records: readonly InstructionRecord[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");

async function findingsOf(
  records: readonly InstructionRecord[],
  file: string,
  source: string,
  length: number,
  hub: HubOptions,
): Promise<Finding[]> {
  const { tokenizer, config: sizes } = await loadLanguageModel(source, { hub });
  const samples = records.map(({ instruction, output, document }, i) => {
    const messages = [
      { role: "user" as const, content: instruction },
      { role: "assistant" as const, content: output },
    ];
    return encodeConversation({ messages, document, file, line: i + 1 }, tokenizer, { length });
  });
  return checkSamples(samples, { tokenizer, config: sizes, length });
}

function describe({ train, test, facts }: QaSamples, out: string, testOut: string | undefined): string[] {
  const n = formatCount;
  const several = (many: number, what: string) => `${n(many)} ${what}${many === 1 ? "" : "s"}`;
  const { documents, testDocuments, unpaired, repeated, silent, cut, longest } = facts;
  return [
    `${several(train.length, "question")} about ${several(documents - testDocuments - silent, "document")} in ${out}` +
      (testOut === undefined ? "" : `, ${n(test.length)} about ${several(testDocuments, "other")} in ${testOut}`),
    `the longest instruction has ${n(longest)} characters`,
    ...(cut.questions > 0
      ? [
          `for ${n(cut.questions)} questions the document was cut to a passage; in ${n(cut.withoutAnswer)} of them it does not hold the answer as written, and its beginning was kept`,
        ]
      : []),
    ...(unpaired > 0
      ? [`warning: ${n(unpaired)} questions or comments were left out, because nothing answers them`]
      : []),
    ...(repeated > 0
      ? [`warning: ${n(repeated)} questions were left out, because they had been asked about the same text`]
      : []),
    ...(silent > 0 ? [`warning: ${n(silent)} documents have no question`] : []),
  ];
}
