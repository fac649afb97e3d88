import { closeSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { defineCommand, formatCount, formatNumber, printable, UsageError, type Command } from "@offprint/experiment";
import { loadLanguageModel, TextGenerator, type GenerateOptions, type Generated } from "@offprint/language-model";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { defaultDirection, readDirection } from "../direction/artefact.ts";
import { cachedEncoder } from "../encoders/cached-encoder.ts";
import { defaultEncoder, openEncoder } from "../encoders/open-encoder.ts";
import { directionScores } from "../guidance/direction-scores.ts";
import { moralGuidance, type Guidance, type GuidanceStatistics } from "../guidance/guide.ts";
import { guidanceFields, guidanceOptions, unguidedSampling } from "../guidance/guidance-fields.ts";
import type { GuidingDirection } from "../guidance/options.ts";
import { jsonSwitch, limits, printJson, threadsField } from "./shared.ts";
import { sideBySide } from "./side-by-side.ts";
import { TextsInOrder } from "./texts-in-order.ts";

/** Texts whose vectors several directions share. */
const rememberedTexts = 5000;

const config = z.strictObject({
  model: z
    .string()
    .min(1)
    .meta({ placeholder: "DIR", description: "Model: a Hugging Face folder, a .gguf file or a hub id." }),
  prompt: z.string().optional().describe("Text to go on from; may be empty."),
  file: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE", description: "File with the text to go on from, UTF-8." }),
  maxTokens: z.int().min(0).default(20).describe("Most tokens to write; 20 in the paper."),
  ...guidanceFields,
  direction: z.array(z.string().min(1)).default([]).meta({
    placeholder: "FILE",
    description: "Directions that each token must pass; absent: the one that comes along.",
  }),
  encoder: z
    .string()
    .min(1)
    .default(defaultEncoder)
    .describe("The directions' encoder: use-lite, a sentence-transformers folder or hub id, or lm:MODEL."),
  count: z.int().min(1).max(1000).default(1).describe("Texts to write, side by side."),
  seed: z.int().min(0).default(0).describe("The same seed draws the same texts."),
  unguided: z.boolean().default(false).describe("Write the texts without guidance, too."),
  compare: z.boolean().default(false).describe("Show guided and unguided texts in two columns, once they are whole."),
  audit: z.string().min(1).optional().meta({
    placeholder: "FILE",
    description: "Record each token here, a JSON line each: candidates, scores, what was removed and chosen.",
  }),
  threads: threadsField,
  json: jsonSwitch,
});

/** `offprint moral generate`: text that stays above a threshold on a moral direction. */
export const generateCommand: Command<typeof config> = defineCommand({
  name: "moral generate",
  summary: `Let a model write, kept from tokens that lead the text below a threshold. ${limits}.`,
  config,
  examples: [
    { explains: "Go on with a text.", config: { model: "SmolLM2-135M", prompt: "My neighbour is", maxTokens: 40 } },
    {
      explains: "See what guidance changes, and why.",
      config: { model: "SmolLM2.gguf", prompt: "Those people should", compare: true, audit: "audit.jsonl" },
    },
  ],
  async run(settings, context) {
    const { count, seed, signal, json, compare } = { ...settings, signal: context.signal };
    const prompt = await promptText(settings);
    using engine = await openEngine(settings.threads ? { threads: settings.threads } : {});
    await using encoder = await openEncoder(settings.encoder, {
      engine,
      hub: { signal },
      onNotice: (notice) => void context.stderr.write(`${notice}\n`),
    });
    const directions = await guidingDirections(settings, cachedEncoder(encoder, rememberedTexts));
    const language = await loadLanguageModel(settings.model, { hub: { signal } });
    await using generator = await TextGenerator.create(language, { engine });
    using audit = auditFile(settings.audit);
    const guidance = moralGuidance(language.tokenizer, {
      ...guidanceOptions(settings),
      directions,
      seed,
      audit: { limit: 0, onRecord: audit.add },
    });

    const outgrown = (text: string): boolean =>
      settings.window === "all" && encoder.countTokens(text) > encoder.limit.tokens;
    const warning =
      `the encoder reads ${formatCount(encoder.limit.tokens)} tokens, and what is behind them is not judged: ` +
      "take --window sentence, or a number of tokens\n";
    if (outgrown(prompt)) context.stderr.write(`The prompt is too long: ${warning}`);

    const tty = context.stdout.isTTY ?? false;
    const write = (text: string) => context.stdout.write(tty ? safe(text) : text);
    const sections = count * (settings.unguided || compare ? 2 : 1);
    async function written(kind: string, options: GenerateOptions, held: number): Promise<Texts> {
      const started = performance.now();
      const heading = (text: number) =>
        sections === 1 ? "" : `== ${kind}${count > 1 ? `, text ${text + 1} of ${count}` : ""} ==\n`;
      const shown = json || compare ? undefined : new TextsInOrder(count, { write, heading, held });
      const prompts = Array.from({ length: count }, () => prompt);
      const events = generator.stream(prompts, { ...options, maxTokens: settings.maxTokens, seed, signal });
      for (;;) {
        const { done, value } = await events.next();
        if (done) return { texts: value, seconds: (performance.now() - started) / 1000 };
        shown?.take(value);
      }
    }

    const { sampling, interceptLogits } = guidance;
    const held = settings.backtrack ? settings.backtrackTokens * settings.backtrackTimes : 0;
    const guided = await written("guided", { ...sampling, interceptLogits }, held);
    guidance.settle(guided.texts, language.generation.eos);
    if (!outgrown(prompt) && guided.texts.some(({ text }) => outgrown(prompt + text)))
      context.stderr.write(`The text grew too long: ${warning}`);
    const unguided =
      settings.unguided || compare ? await written("unguided", unguidedSampling(settings), 0) : undefined;
    if (json) {
      const facts = { encoder: encoder.id, directions: directions.map(({ name }) => name), prompt };
      const texts = { guided: guided.texts.map(plain), unguided: unguided?.texts.map(plain) };
      const { threshold } = settings;
      printJson(context, {
        model: settings.model,
        ...facts,
        threshold,
        ...texts,
        seconds: guided.seconds,
        statistics: guidance.statistics,
      });
      return;
    }
    if (compare) {
      for (const [index, { text }] of guided.texts.entries()) {
        const texts = [text, unguided?.texts[index]?.text ?? ""] as const;
        write(sideBySide(["guided", "unguided"], texts, context.stdout.columns ?? 100));
      }
    }
    context.stderr.write(summary(guided, guidance));
  },
});

interface Texts {
  readonly texts: readonly Generated[];
  readonly seconds: number;
}

const plain = ({ text, tokens, reason }: Generated) => ({ text, tokens: [...tokens], reason });

/** What of a model's text may go to a terminal: it could write escape sequences. */
const safe = (text: string): string => text.replaceAll(/(?![\n\t])\p{Cc}/gu, "\uFFFD");

function summary({ texts, seconds }: Texts, { statistics }: Guidance): string {
  const tokens = texts.reduce((sum, text) => sum + text.tokens.length, 0);
  const { steps, fallbacks, undecided, rollBacks, calls, texts: read, hits }: GuidanceStatistics = statistics;
  const parts = [
    `${formatCount(tokens)} tokens written (${formatNumber(tokens / seconds)} a second)`,
    `too few candidates passed at ${undecided > 0 ? "at least " : ""}${formatCount(fallbacks)} of ${formatCount(steps)} steps`,
    ...(rollBacks > 0 ? [`went back ${formatCount(rollBacks)} times`] : []),
    `the encoder read ${formatCount(read)} texts in ${formatCount(calls)} runs, ${formatCount(hits)} were known`,
  ];
  return `${parts.join("; ")}\n`;
}

async function promptText({ prompt, file }: z.output<typeof config>): Promise<string> {
  if ((prompt === undefined) === (file === undefined))
    throw new UsageError("give the text to go on from: either --prompt TEXT or --file FILE");
  if (prompt !== undefined) return prompt;
  const bytes = await readFile(file ?? "");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${printable(file ?? "")}: wanted UTF-8 text; convert the file first`);
  }
}

async function guidingDirections(
  { direction: files, threshold }: z.output<typeof config>,
  encoder: Parameters<typeof directionScores>[0],
): Promise<GuidingDirection[]> {
  const named =
    files.length === 0
      ? [{ name: "moral", direction: await defaultDirection() }]
      : await Promise.all(files.map(async (name) => ({ name, direction: await readDirection(name) })));
  return named.map(({ name, direction }) => ({ name, threshold, score: directionScores(encoder, direction) }));
}

/** A file that takes a record a line; without a name, nothing is kept. */
function auditFile(path: string | undefined) {
  const file = path === undefined ? undefined : openSync(path, "w");
  return {
    add: (record: unknown): void => {
      if (file !== undefined) writeSync(file, `${JSON.stringify(record)}\n`);
    },
    [Symbol.dispose]() {
      if (file !== undefined) closeSync(file);
    },
  };
}
