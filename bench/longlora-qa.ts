/**
 * Supervised long-context questions and answers, as in LongLoRA's LongQA: L-Eval's documents split by document, fine-tuning on
 * the questions about some of them, judging by those about the others: loss of the answers, answers that greedy decoding gives
 * word for word, and the choice among a question's options where it has some. Three models are judged: the base as it is, the
 * base with its positions interpolated to the context but untrained, and the fine-tuned one. Prints the table for
 * docs/benchmarks.md, and leaves it as OUT/questions.json.
 * Usage: node --conditions=source --import tsx bench/longlora-qa.ts --data FOLDER_OF_LEVAL --model DIR --out DIR
 *   [--context 1024] [--group 256] [--passage 3000] [--steps 40] [--learning-rate 2e-4] [--accumulate 4] [--test 16]
 *   [--evaluate-rows 2] [--threads 2] [--judge-only]
 * SmolLM2-135M (context 2,048) to twice its context:
 *   … --model SmolLM2-135M --context 4096 --group 1024 --passage 15000 --steps 25 --accumulate 1 --learning-rate 5e-4 --test 12
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
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
import { extendContext, type Tokenizer } from "@offprint/language-model";
import { openEngine } from "@offprint/tensor";

const { values: given } = parseArgs({
  options: {
    data: { type: "string" },
    model: { type: "string" },
    out: { type: "string" },
    context: { type: "string", default: "1024" },
    group: { type: "string" },
    passage: { type: "string", default: "3000" },
    steps: { type: "string", default: "40" },
    "learning-rate": { type: "string", default: "2e-4" },
    accumulate: { type: "string", default: "4" },
    test: { type: "string", default: "16" },
    "evaluate-rows": { type: "string", default: "2" },
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
    "--evaluate-sft": files(".test"),
    "--evaluate-rows": [given["evaluate-rows"]],
    "--evaluate-every": [given.steps],
    "--context": [given.context],
    "--attention": ["s2"],
    "--group": [given.group ?? String(Number(given.context) / 4)],
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

/** What is counted for one question: loss in nats over its answer's tokens. */
interface Score {
  readonly tokens: number;
  readonly loss: number;
  readonly exact: boolean;
  /** Whether the right option was the likeliest, where there are options. */
  readonly chosen: boolean | undefined;
}

/** Loss, argmax and choice of each held-out answer from one forward pass: greedy decoding repeats an answer exactly where each of its tokens is the likeliest after the ones before. */
async function judge(
  judged: EvaluatedModel,
  tokenizer: Tokenizer,
  conversations: readonly Conversation[],
): Promise<Score[]> {
  const scores: Score[] = [];
  const length = Number(given.context);
  for (const conversation of conversations) {
    const sample = encodeConversation(conversation, tokenizer, { length, cut: "middle" });
    const { 0: start = 0, 1: end = 0 } = sample.spans.at(0) ?? [];
    const shown = Math.min(end - start, longestAnswer);
    const logits = await judged.logits(padded(sample, length), places(start, shown));
    const width = logits.length / longestAnswer;
    const rows = Array.from({ length: shown }, (_, i) => logits.subarray(i * width, (i + 1) * width));
    const wanted = sample.tokens.subarray(start, start + shown);
    scores.push({
      tokens: shown,
      loss: rows.reduce((total, row, i) => total + lossOf(row, wanted[i] ?? 0), 0),
      exact: rows.every((row, i) => argmax(row) === wanted[i]),
      chosen: choiceOf(conversation, tokenizer, rows),
    });
  }
  return scores;
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
  const most = logits[argmax(logits)] ?? NaN;
  return most + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - most), 0)) - (logits[token] ?? NaN);
}

const argmax = (values: Float32Array) =>
  values.reduce((best, value, i) => (value > (values[best] ?? NaN) ? i : best), 0);

/** Whether the likeliest letter is the right one, for an answer such as "(B) …" to a question that lists (A), (B) and so on. */
function choiceOf(
  { messages }: Conversation,
  tokenizer: Tokenizer,
  rows: readonly Float32Array[],
): boolean | undefined {
  const answer = /^\(([A-D])\)/.exec(messages.at(-1)?.content ?? "")?.[1];
  const letters = ["A", "B", "C", "D"].filter((letter) => messages[0]?.content.includes(`(${letter})`));
  if (answer === undefined || letters.length < 2) return undefined;
  const encoded = letters.map((letter) => tokenizer.encode(`(${letter})`, { special: false }));
  const at = (encoded[0] ?? new Int32Array()).findIndex((id, i) => encoded.some((other) => other[i] !== id));
  const row = rows[at];
  if (row === undefined) return undefined;
  const likelihoods = encoded.map((ids) => row[ids[at] ?? -1] ?? -Infinity);
  const likeliest = likelihoods.indexOf(Math.max(...likelihoods));
  return letters[likeliest] === answer;
}

async function held(file: string): Promise<Conversation[]> {
  const all: Conversation[] = [];
  for await (const conversation of readConversations([file])) all.push(conversation);
  const step = Math.max(1, Math.ceil(all.length / Number(given.test)));
  return all.filter((_, i) => i % step === 0);
}

/**
 * Loss a token and its standard error, questions being what is drawn: a ratio of two sums over questions, whose error is that of
 * the residuals lossᵢ − mean · tokensᵢ.
 */
function lossPerToken(scores: readonly { readonly loss: number; readonly tokens: number }[]) {
  const tokens = scores.reduce((sum, one) => sum + one.tokens, 0);
  const mean = scores.reduce((sum, one) => sum + one.loss, 0) / tokens;
  const squares = scores.reduce((sum, one) => sum + (one.loss - mean * one.tokens) ** 2, 0);
  const count = scores.length;
  return { tokens, mean, error: Math.sqrt((count / (count - 1)) * squares) / tokens };
}

/** The differences of two models on the same questions, which vary less than either. */
const paired = (scores: readonly Score[], base: readonly Score[]) =>
  lossPerToken(scores.map(({ loss, tokens }, i) => ({ loss: loss - (base[i]?.loss ?? NaN), tokens })));

const opened = await readModelWithAdapter(model, existsSync(adapter) ? adapter : undefined);
const { config } = opened.language;
using engine = await openEngine({ threads: Number(given.threads) });
const arms = [
  ["base", { withoutAdapter: true }],
  ["base, positions interpolated", { withoutAdapter: true, config: extendContext(config, Number(given.context)) }],
  ...(opened.adapter ? [["fine-tuned", {}] as const] : []),
] as const;
const rows: string[] = [];
const results: object[] = [];
const baseScores = new Map<string, Score[]>();
for (const [arm, options] of arms) {
  const judged = await openForEvaluation(opened, { ...options, engine });
  for (const [i, file] of files(".test").entries()) {
    const begun = performance.now();
    const scores = await judge(judged, opened.language.tokenizer, await held(file));
    if (!baseScores.has(file)) baseScores.set(file, scores);
    const { tokens, mean, error } = lossPerToken(scores);
    const less = paired(scores, baseScores.get(file) ?? scores);
    const perplexity = Math.exp(mean);
    const exact = scores.filter((one) => one.exact).length;
    const choices = scores.filter((one) => one.chosen !== undefined);
    const chosen = choices.filter((one) => one.chosen).length;
    const seconds = (performance.now() - begun) / 1000;
    results.push({
      arm,
      part: parts[i],
      tokens,
      loss: mean,
      error,
      less: less.mean,
      lessError: less.error,
      exact,
      scores,
      seconds,
    });
    rows.push(
      `| ${parts[i]} | ${arm} | ${scores.length} | ${tokens} | ${perplexity.toFixed(2)} ± ${(perplexity * error).toFixed(2)} ` +
        `| ${less.mean.toFixed(3)} ± ${less.error.toFixed(3)} | ${exact} of ${scores.length} ` +
        `| ${choices.length > 0 ? `${chosen} of ${choices.length}` : ""} |`,
    );
    console.log(`${rows.at(-1)} ${seconds.toFixed(0)} s`);
  }
  await judged.dispose();
}
console.log(
  "\n| questions | model | count | answer tokens | perplexity of the answers | loss, less the base's | word for word | right option |",
);
console.log(`|${" --- |".repeat(8)}`);
console.log(rows.toSorted().join("\n"));
console.log(
  `\nContext ${given.context}, passages of ${given.passage} characters, ${given.steps} updates of ${given.accumulate} rows.`,
);
const record = join(adapter, "record.json");
if (existsSync(record)) {
  const { durationSeconds, peakMemoryBytes } = JSON.parse(readFileSync(record, "utf8"));
  console.log(
    `Training took ${durationSeconds.toFixed(0)} s and ${(peakMemoryBytes / 2 ** 30).toFixed(1)} GiB at its peak.`,
  );
}
writeFileSync(join(out, "questions.json"), `${JSON.stringify({ settings: given, results }, undefined, 2)}\n`);
process.exit(0);
