import { MAX_DOCUMENT_BYTES, readBytes, type ByteChunks } from "./byte-stream.ts";
import { MalformedRecordError } from "./errors.ts";
import { jsonRecords, type PlacedRecord } from "./json-records.ts";
import { filesOf } from "./text-files.ts";

/** A question and what is to be answered. */
export interface QuestionAnswer {
  readonly question: string;
  readonly answer: string;
}

/** A document and what is asked about it. */
export interface QaDocument {
  readonly text: string;
  readonly pairs: readonly QuestionAnswer[];
  /** Questions and comments that no answer belongs to, or that are empty. */
  readonly unpaired: number;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Documents with questions and answers from JSON or JSONL files, each also as `.gz`. A record is one of
 * - `{"document": …, "question": …, "answer": …}`, or `"answers": […]`, of which the first counts; `"pairs": [{"question",
 *   "answer"}, …]` for several questions;
 * - `{"input": …, "instructions": […], "outputs": […]}`, as L-Eval has them (arXiv:2307.11088);
 * - a paper's page with its discussion: `{"title": …, "abstract"?: …, "text"?: …, "comments": […]}`, a comment being
 *   `{"question", "answer"}` or `{"id"?, "text", "replyTo"?}`. A comment with a question mark is a question, and the first reply
 *   to it the answer; `replyTo` is the other's id, or its place in the list from 0.
 * @throws {MalformedRecordError} with file and line; as `readTexts` for files.
 */
export async function* readQuestionAnswers(paths: readonly string[]): AsyncGenerator<QaDocument> {
  for (const file of await filesOf(paths, /\.(jsonl?|ndjson)(\.gz)?$/))
    yield* parseQuestionAnswers(file, readBytes(file));
}

/** The documents in the bytes of one file. */
export async function* parseQuestionAnswers(file: string, chunks: ByteChunks): AsyncGenerator<QaDocument> {
  for await (const placed of jsonRecords(file, chunks, MAX_DOCUMENT_BYTES)) {
    const { text, pairs, unpaired = 0 } = readRecord(placed);
    const usable = pairs.map(trimmed).filter(({ question, answer }) => question !== "" && answer !== "");
    yield { text, pairs: usable, unpaired: unpaired + pairs.length - usable.length, file, line: placed.line };
  }
}

interface Found {
  readonly text: string;
  readonly pairs: readonly QuestionAnswer[];
  readonly unpaired?: number;
}

function readRecord(placed: PlacedRecord): Found {
  const { record } = placed;
  if ("instructions" in record) return readLEval(placed);
  if ("comments" in record) return readPaperPage(placed);
  if ("pairs" in record)
    return { text: text(placed, "document"), pairs: list(placed, "pairs").map((pair) => pairOf(placed, pair)) };
  if ("document" in record) return { text: text(placed, "document"), pairs: [pairOf(placed, record)] };
  const came = Object.keys(record).slice(0, 8).join(", ") || "no field";
  throw malformed(
    placed,
    `wanted "document" with "question" and "answer", "input" with "instructions" and "outputs", or "title" with "comments"; the record has ${came}`,
  );
}

function readLEval(placed: PlacedRecord): Found {
  const [questions, answers] = [list(placed, "instructions"), list(placed, "outputs")];
  if (questions.length !== answers.length)
    throw malformed(placed, `there are ${questions.length} instructions and ${answers.length} outputs`);
  const pairs = questions.map((question, i) => ({ question: String(question), answer: String(answers[i]) }));
  return { text: text(placed, "input"), pairs };
}

function readPaperPage(placed: PlacedRecord): Found {
  const { record } = placed;
  const parts = ["title", "abstract", "text"].flatMap((field) =>
    record[field] === undefined ? [] : [text(placed, field)],
  );
  const comments = list(placed, "comments").map((comment) => asRecord(placed, comment));
  const pairs: QuestionAnswer[] = [];
  let unpaired = 0;
  for (const [place, comment] of comments.entries()) {
    if (comment["question"] !== undefined) {
      pairs.push(pairOf(placed, comment));
      continue;
    }
    const question = said(placed, comment);
    if (comment["replyTo"] !== undefined || !question.includes("?")) continue;
    const id = comment["id"] ?? place;
    const reply = comments.find((other) => other["replyTo"] === id);
    if (reply === undefined) unpaired++;
    else pairs.push({ question, answer: said(placed, reply) });
  }
  return { text: parts.join("\n\n"), pairs, unpaired };
}

function pairOf(placed: PlacedRecord, value: unknown): QuestionAnswer {
  const pair = asRecord(placed, value);
  const { question } = pair;
  const answers: unknown = pair["answer"] ?? pair["answers"];
  const answer: unknown = Array.isArray(answers) ? answers[0] : answers;
  if (typeof question !== "string" || typeof answer !== "string")
    throw malformed(placed, `a question needs a text "question", and a text "answer" or a list "answers"`);
  return { question, answer };
}

const trimmed = ({ question, answer }: QuestionAnswer) => ({ question: question.trim(), answer: answer.trim() });

const said = (placed: PlacedRecord, comment: Readonly<Record<string, unknown>>) =>
  text({ ...placed, record: comment }, "text");

function asRecord(placed: PlacedRecord, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw malformed(placed, `wanted an object; ${JSON.stringify(value)?.slice(0, 40)} came`);
}

function list(placed: PlacedRecord, field: string): readonly unknown[] {
  const value = placed.record[field];
  if (Array.isArray(value)) return value;
  throw malformed(placed, `"${field}" must be a list`);
}

function text(placed: PlacedRecord, field: string): string {
  const value = placed.record[field];
  if (typeof value === "string") return value;
  throw malformed(placed, `"${field}" must be a text`);
}

const malformed = ({ file, line }: PlacedRecord, problem: string) => new MalformedRecordError(file, line, problem);
