/**
 * Supervised long-context questions and answers, as in LongLoRA's LongQA: L-Eval's documents split by document, fine-tuning on
 * the questions about some of them, judging by those about the others: loss of the answers, answers that greedy decoding gives
 * word for word, and the choice among a question's options where it has some.
 * Usage: node --conditions=source --import tsx bench/longlora-qa.ts --data FOLDER_OF_LEVAL --model DIR --out DIR
 *   [--context 1024] [--passage 3000] [--steps 40] [--learning-rate 2e-4] [--accumulate 4] [--test 16] [--judge-only]
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  encodeConversation,
  openForEvaluation,
  readConversations,
  readModelWithAdapter,
  type Conversation,
  type EvaluatedModel,
  type SupervisedSample,
} from "@offprint/long-context-lora";
import type { Tokenizer } from "@offprint/language-model";
import { openEngine } from "@offprint/tensor";

const { values: given } = parseArgs({
  options: {
    data: { type: "string" },
    model: { type: "string" },
    out: { type: "string" },
    context: { type: "string", default: "1024" },
    passage: { type: "string", default: "3000" },
    steps: { type: "string", default: "40" },
    "learning-rate": { type: "string", default: "2e-4" },
    accumulate: { type: "string", default: "4" },
    test: { type: "string", default: "16" },
    threads: { type: "string", default: "2" },
    "judge-only": { type: "boolean", default: false },
  },
});
const { data, model, out } = given;
if (data === undefined || model === undefined || out === undefined) throw new Error("wanted --data, --model and --out");

const parts = ["natural_question", "quality"];
const files = (ending: string) => parts.map((part) => join(out, `${part}${ending}.jsonl`));
const adapter = join(out, "run");

/** Calls the command line, as anybody would. */
function offprint(args: readonly string[]): void {
  console.log(`$ offprint ${args.join(" ")}`);
  const main = new URL("../apps/offprint/src/main.ts", import.meta.url).pathname;
  const { status } = spawnSync(process.execPath, ["--conditions=source", "--import", "tsx", main, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) process.exit(status ?? 1);
}

if (!given["judge-only"]) {
  for (const part of parts) {
    const source = join(data, `${part}.jsonl.gz`);
    const to = join(out, `${part}.jsonl`);
    offprint(["longlora", "qa", "--documents", source, "--out", to, "--split", "0.2", "--passage", given.passage]);
  }
  const settings = {
    "--model": [model],
    "--sft": files(""),
    "--context": [given.context],
    "--attention": ["s2"],
    "--group": [String(Number(given.context) / 4)],
    "--method": ["lora+"],
    "--cut": ["middle"],
    "--steps": [given.steps],
    "--accumulate": [given.accumulate],
    "--learning-rate": [given["learning-rate"]],
    "--warmup": ["5"],
    "--threads": [given.threads],
    "--out": [adapter],
  };
  offprint(["longlora", "finetune", ...Object.entries(settings).flatMap(([flag, values]) => [flag, ...values])]);
}

/** What is counted over the questions of one kind. */
interface Score {
  questions: number;
  tokens: number;
  loss: number;
  exact: number;
  choices: number;
  chosen: number;
}

/** Loss, argmax and choice of each held-out answer from one forward pass: greedy decoding repeats an answer exactly where each of its tokens is the likeliest after the ones before. */
async function judge(
  judged: EvaluatedModel,
  tokenizer: Tokenizer,
  conversations: readonly Conversation[],
): Promise<Score> {
  const score: Score = { questions: 0, tokens: 0, loss: 0, exact: 0, choices: 0, chosen: 0 };
  const length = Number(given.context);
  for (const conversation of conversations) {
    const sample = encodeConversation(conversation, tokenizer, { length, cut: "middle" });
    const [start, end] = sample.spans[0];
    const shown = Math.min(end - start, longestAnswer);
    const logits = await judged.logits(padded(sample, length), places(start, shown));
    const width = logits.length / longestAnswer;
    const rows = Array.from({ length: shown }, (_, i) => logits.subarray(i * width, (i + 1) * width));
    const wanted = sample.tokens.subarray(start, start + shown);
    score.questions++;
    score.tokens += shown;
    score.loss += rows.reduce((total, row, i) => total + lossOf(row, wanted[i] ?? 0), 0);
    if (rows.every((row, i) => argmax(row) === wanted[i])) score.exact++;
    const right = choiceOf(conversation, tokenizer, rows);
    if (right === undefined) continue;
    score.choices++;
    if (right) score.chosen++;
  }
  return score;
}

/** Tokens of an answer that are judged. */
const longestAnswer = 48;

/** One length for all, so that one program serves; what follows changes nothing before. */
function padded({ tokens }: SupervisedSample, length: number): Int32Array {
  const ids = new Int32Array(length);
  ids.set(tokens.subarray(0, length));
  return ids;
}

/** The places before an answer's tokens, the last one repeated. */
const places = (start: number, shown: number) =>
  Int32Array.from({ length: longestAnswer }, (_, i) => start - 1 + Math.min(i, shown - 1));

function lossOf(logits: Float32Array, token: number): number {
  const most = logits[argmax(logits)];
  return most + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - most), 0)) - logits[token];
}

const argmax = (values: Float32Array) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

/** Whether the likeliest letter is the right one, for an answer such as "(B) …" to a question that lists (A), (B) and so on. */
function choiceOf(
  { messages }: Conversation,
  tokenizer: Tokenizer,
  rows: readonly Float32Array[],
): boolean | undefined {
  const answer = /^\(([A-D])\)/.exec(messages.at(-1).content)?.[1];
  const letters = ["A", "B", "C", "D"].filter((letter) => messages[0].content.includes(`(${letter})`));
  if (answer === undefined || letters.length < 2) return undefined;
  const encoded = letters.map((letter) => tokenizer.encode(`(${letter})`, { special: false }));
  const at = encoded[0].findIndex((id, i) => encoded.some((other) => other[i] !== id));
  const row = rows[at];
  if (row === undefined) return undefined;
  const likeliest = encoded.reduce((best, ids, i) => (row[ids[at]] > row[encoded[best][at]] ? i : best), 0);
  return letters[likeliest] === answer;
}

async function held(file: string): Promise<Conversation[]> {
  const all: Conversation[] = [];
  for await (const conversation of readConversations([file])) all.push(conversation);
  const step = Math.max(1, all.length / Number(given.test));
  return Array.from({ length: Math.min(all.length, Number(given.test)) }, (_, i) => all[Math.floor(i * step)]);
}

const opened = await readModelWithAdapter(model, existsSync(adapter) ? adapter : undefined);
using engine = await openEngine({ threads: Number(given.threads) });
for (const withoutAdapter of [true, false]) {
  const judged = await openForEvaluation(opened, { withoutAdapter, engine });
  for (const [i, file] of files(".test").entries()) {
    const begun = performance.now();
    const score = await judge(judged, opened.language.tokenizer, await held(file));
    const seconds = (performance.now() - begun) / 1000;
    const { questions, tokens, loss, exact, choices, chosen } = score;
    console.log(
      `${withoutAdapter ? "before" : "after"} ${parts[i]}: ${questions} held-out questions, ${tokens} answer tokens, ` +
        `perplexity ${Math.exp(loss / tokens).toFixed(2)}, exact ${exact}/${questions}` +
        `${choices > 0 ? `, right option ${chosen}/${choices}` : ""}; ${seconds.toFixed(0)} s`,
    );
  }
  await judged.dispose();
}
process.exit(0);
