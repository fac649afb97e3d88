/**
 * Perplexity of a model beside transformers', on the same tokens and the same weights; the logits' greatest difference.
 * Usage: node --conditions=source --import tsx bench/smollm2-perplexity.ts --model FOLDER|FILE.gguf --folder FOLDER
 *   --python PYTHON --text FILE[.gz] [--context 1024] [--windows 4] [--threads 2]
 * The folder is what bench/peers/smollm2_folder.py writes; --model may be the GGUF file that it was made from.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { compile, crossEntropy, int32, openEngine, reshape, slice } from "@offprint/tensor";
import { loadLanguageModel, logitsOf, weightsOf } from "@offprint/language-model";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    folder: { type: "string" },
    python: { type: "string", default: "python3" },
    text: { type: "string" },
    context: { type: "string", default: "1024" },
    windows: { type: "string", default: "4" },
    threads: { type: "string", default: "2" },
  },
});
const { folder, text: textFile } = values;
if (folder === undefined || textFile === undefined) throw new Error("--folder and --text are needed");
const [context, windows, threads] = [values.context, values.windows, values.threads].map(Number) as [
  number,
  number,
  number,
];

const bytes = readFileSync(textFile);
const text = (textFile.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").slice(0, 8 * context * windows);
const language = await loadLanguageModel(values.model ?? folder);
const ids = language.tokenizer.encode(text, { special: false });

const { model } = language;
const engine = await openEngine({ threads });
const program = await compile(
  {
    state: await language.readWeights(),
    inputs: { ids: int32([1, context]) },
    run: ({ state, inputs }) => {
      const weights = weightsOf(state);
      const logits = reshape(logitsOf(model, weights, model.hidden(weights, inputs.ids)), [context, -1]);
      const next = reshape(slice(inputs.ids, { axis: 1, start: 1 }), [context - 1]);
      const last = slice(logits, { axis: 0, start: context - 1 });
      return { outputs: { losses: crossEntropy(slice(logits, { axis: 0, end: context - 1 }), next), last } };
    },
  },
  { engine },
);

const peer = spawn(
  values.python,
  [fileURLToPath(new URL("peers/smollm2_logits.py", import.meta.url)), folder, String(threads)],
  { stdio: ["pipe", "pipe", "inherit"] },
);
const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
const tell = (value: unknown) => peer.stdin.write(`${JSON.stringify(value)}\n`);
const answer = async <T>(): Promise<T> => JSON.parse(String((await lines.next()).value)) as T;

tell(text);
const theirIds = await answer<number[]>();
const same = theirIds.length === ids.length && theirIds.every((id, i) => id === ids[i]);
console.log(`tokenizer: ${ids.length} ids, ${same ? "the same as" : "OTHER than"} transformers'`);

const totals = { ours: 0, theirs: 0, tokens: 0, loss: 0, logit: 0, ms: 0, theirMs: 0 };
for (let window = 0; window < windows; window++) {
  const part = ids.slice(window * context, (window + 1) * context);
  if (part.length < context) throw new Error(`the text has too few tokens for ${windows} windows of ${context}`);
  const start = performance.now();
  const { losses, last } = await program.run({ ids: part });
  const between = performance.now();
  tell(Array.from(part));
  const peers = await answer<{ losses: number[]; last: number[] }>();
  totals.ms += between - start;
  totals.theirMs += performance.now() - between;
  for (const [i, theirs] of peers.losses.entries()) {
    const ours = Number(losses.data[i]);
    totals.ours += ours;
    totals.theirs += theirs;
    totals.tokens++;
    totals.loss = Math.max(totals.loss, Math.abs(ours - theirs));
  }
  for (const [i, theirs] of peers.last.entries())
    totals.logit = Math.max(totals.logit, Math.abs(Number(last.data[i]) - theirs));
}
peer.stdin.end();
const [ours, theirs] = [Math.exp(totals.ours / totals.tokens), Math.exp(totals.theirs / totals.tokens)];
console.log(`${language.name}, ${windows} windows of ${context} tokens, ${totals.tokens} scored, ${threads} threads`);
console.log(`perplexity: offprint ${ours.toFixed(6)}, transformers ${theirs.toFixed(6)}`);
console.log(`relative difference ${Math.abs(ours / theirs - 1).toExponential(2)}`);
console.log(
  `greatest difference of one token's loss ${totals.loss.toExponential(2)}, of a logit ${totals.logit.toExponential(2)}`,
);
console.log(
  `ms a window: offprint ${(totals.ms / windows).toFixed(0)} (the first with compiling), transformers ${(totals.theirMs / windows).toFixed(0)}`,
);
await program.dispose();
