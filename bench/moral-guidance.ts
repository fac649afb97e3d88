/**
 * What guidance costs: every candidate's full text through the encoder alone, in batches of 10 as the official code does,
 * both without a cache and one sequence after the other; and ours, scoring all candidates or only as many as the draw takes.
 * The same prompts, seeds and model, interleaved. Texts are neither printed nor kept.
 * Usage: node --conditions=source --import tsx bench/moral-guidance.ts --model DIR --prompts FILE.jsonl.gz [--texts 2]
 *   [--count 10] [--tokens 20] [--threshold 0] [--direction FILE] [--encoder use-lite] [--threads 2]
 * --prompts is a file of RealToxicityPrompts rows; --texts of them are taken, evenly spaced.
 */
import { readFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { loadLanguageModel, TextGenerator, type GenerateOptions, type InterceptLogits } from "@offprint/language-model";
import {
  defaultDirection,
  directionScores,
  guidanceDefaults,
  keptCandidates,
  moralGuidance,
  offeredTokens,
  openEncoder,
  readDirection,
  type ScoreTexts,
} from "@offprint/moral-direction";
import { openEngine, type Engine } from "@offprint/tensor";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    prompts: { type: "string" },
    texts: { type: "string", default: "2" },
    count: { type: "string", default: "10" },
    tokens: { type: "string", default: "20" },
    threshold: { type: "string", default: "0" },
    direction: { type: "string" },
    encoder: { type: "string", default: "use-lite" },
    threads: { type: "string", default: "2" },
  },
});
if (values.model === undefined || values.prompts === undefined) throw new Error("--model and --prompts are needed");
const [texts, count, maxTokens, threshold, threads] = [
  values.texts,
  values.count,
  values.tokens,
  values.threshold,
  values.threads,
].map(Number) as [number, number, number, number, number];
const { topK, topP, keepMin } = guidanceDefaults;

/** What the encoder did since it was last set back. */
const spent = { passes: 0, texts: 0, ms: 0 };

/** An engine whose runs are counted. */
function counted(engine: Engine): Engine {
  return {
    name: engine.name,
    version: engine.version,
    provider: engine.provider,
    threads: engine.threads,
    allocate: (spec, value) => engine.allocate(spec, value),
    async createSession(model) {
      const session = await engine.createSession(model);
      return {
        run(feeds, fetches, signal) {
          spent.passes++;
          return session.run(feeds, fetches, signal);
        },
        dispose: () => session.dispose(),
        [Symbol.dispose]: () => session.dispose(),
      };
    },
    dispose: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
}

using engine = await openEngine({ threads });
const encoder = await openEncoder(values.encoder, { engine: counted(engine) });
const direction = values.direction === undefined ? await defaultDirection() : await readDirection(values.direction);
const scores = directionScores(encoder, direction);
const score: ScoreTexts = async (asked) => {
  const started = performance.now();
  const result = await scores(asked);
  spent.ms += performance.now() - started;
  spent.texts += asked.length;
  return result;
};
const language = await loadLanguageModel(values.model);
const generator = await TextGenerator.create(language, { engine });
const { tokenizer } = language;

/** What was left at each step, as one line. */
type Masks = string[];
const maskOf = (logits: Float32Array): string =>
  [...logits.keys()].filter((token) => logits[token] !== -Infinity).join(" ");

/** The algorithm with nothing saved. */
function naive(batch: number, masks: Masks): InterceptLogits {
  let turn: Promise<unknown> = Promise.resolve();
  return ({ sequence, prompt, tokens, logits }) => {
    const work = async (): Promise<void> => {
      const offered = offeredTokens(logits, { topK, topP });
      const candidates = offered.map(({ token }) => token);
      const full = candidates.map((token) => tokenizer.decode([...prompt, ...tokens, token], { skipSpecial: true }));
      const found: number[] = [];
      for (let at = 0; at < full.length; at += batch) found.push(...(await score(full.slice(at, at + batch))));
      const { places } = keptCandidates(candidates, found, { threshold, keepMin });
      const kept = new Map(places.map((place) => [candidates[place], offered[place]?.logit]));
      for (const token of logits.keys()) logits[token] = kept.get(token) ?? -Infinity;
      masks.push(`${sequence}/${tokens.length}: ${maskOf(logits)}`);
    };
    const done = turn.then(work);
    turn = done;
    return done;
  };
}

function guided(scoring: "full" | "lazy", seed: number, masks: Masks): GenerateOptions {
  const directions = [{ name: "moral", score, threshold }];
  const guidance = moralGuidance(tokenizer, { directions, scoring, seed, audit: { limit: 0 } });
  return {
    ...guidance.sampling,
    async interceptLogits(step) {
      const verdict = await guidance.interceptLogits(step);
      masks.push(`${step.sequence}/${step.tokens.length}: ${maskOf(step.logits)}`);
      return verdict;
    },
  };
}

const all = { temperature: 1, topK: Number.MAX_SAFE_INTEGER, topP: 1, minP: 0, repetitionPenalty: 1 };
const contenders: Readonly<Record<string, (seed: number, masks: Masks) => GenerateOptions>> = {
  unguided: () => ({ ...all, topK, topP }),
  "one by one": (_, masks) => ({ ...all, interceptLogits: naive(1, masks) }),
  "batches of 10": (_, masks) => ({ ...all, interceptLogits: naive(10, masks) }),
  "ours, full": (seed, masks) => guided("full", seed, masks),
  "ours, lazy": (seed, masks) => guided("lazy", seed, masks),
};

const rows = gunzipSync(await readFile(values.prompts))
  .toString("utf8")
  .trim()
  .split("\n");
const prompts = Array.from({ length: texts }, (_, i) => {
  const row = JSON.parse(rows[Math.floor((i * rows.length) / texts)] ?? "{}") as { prompt: { text: string } };
  return row.prompt.text;
});
await score(["warm up"]);
await score(Array.from({ length: 40 }, (_, i) => `this is only text ${i} for warming up`));

const totals = new Map(
  Object.keys(contenders).map((name) => [name, { passes: 0, texts: 0, ms: 0, wall: 0, tokens: 0 }]),
);
const written = new Map<string, { readonly masks: Masks; readonly text: string }[]>();
for (const [seed, prompt] of prompts.entries()) {
  for (const [name, options] of Object.entries(contenders)) {
    const masks: Masks = [];
    Object.assign(spent, { passes: 0, texts: 0, ms: 0 });
    const started = performance.now();
    const batch = Array.from({ length: count }, () => prompt);
    const results = await generator.generateAll(batch, { ...options(seed, masks), maxTokens, seed });
    const total = totals.get(name)!;
    total.wall += performance.now() - started;
    // A token that ends a text was drawn, too.
    total.tokens += results.reduce((sum, { tokens, reason }) => sum + tokens.length + Number(reason === "end"), 0);
    for (const key of ["passes", "texts", "ms"] as const) total[key] += spent[key];
    const done = { masks: masks.toSorted(), text: JSON.stringify(results.map((result) => [...result.tokens])) };
    written.set(name, [...(written.get(name) ?? []), done]);
  }
}

const perToken = (name: string) => {
  const { tokens, ...sums } = totals.get(name)!;
  return Object.fromEntries(Object.entries(sums).map(([key, value]) => [key, value / tokens])) as Record<
    "passes" | "texts" | "ms" | "wall",
    number
  >;
};
const load = loadavg().map((value) => value.toFixed(1));
console.log(
  `${texts} prompts × ${count} texts of ≤ ${maxTokens} tokens, threshold ${threshold}; ${encoder.id}; load ${load.join(" ")}`,
);
console.log("a token:          encoder passes   texts encoded   encoder ms   all ms");
for (const name of Object.keys(contenders)) {
  const { passes, texts: read, ms, wall } = perToken(name);
  const numbers = [passes.toFixed(3), read.toFixed(2), ms.toFixed(2), wall.toFixed(1)];
  console.log(`${name.padEnd(16)}${numbers.map((number, i) => number.padStart([16, 16, 13, 9][i] ?? 0)).join("")}`);
}
for (const base of ["one by one", "batches of 10"]) {
  for (const name of ["ours, full", "ours, lazy"]) {
    const [slow, fast] = [perToken(base), perToken(name)];
    const ratio = (key: "passes" | "texts" | "ms" | "wall") => (slow[key] / fast[key]).toFixed(1);
    console.log(
      `${name} instead of ${base}: ${ratio("passes")} × fewer passes, ${ratio("texts")} × fewer texts, ` +
        `${ratio("ms")} × less encoder time, ${ratio("wall")} × less time in all`,
    );
  }
}
for (const base of ["one by one", "batches of 10"]) {
  const [wanted, came] = [written.get(base)!, written.get("ours, full")!];
  const masks = wanted.flatMap(({ masks }, at) => masks.map((mask, step) => mask === came[at]?.masks[step]));
  const same = wanted.every(({ text }, at) => text === came[at]?.text);
  console.log(
    `ours, full beside ${base}: ${masks.filter(Boolean).length} of ${masks.length} masks are the same, ` +
      `the texts are ${same ? "the same" : "not the same"}`,
  );
}
await generator.dispose();
await encoder[Symbol.asyncDispose]();
