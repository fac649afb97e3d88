import { join } from "node:path";
import { formatCount, formatNumber, type RunEvent } from "@offprint/experiment";
import type { LanguageModel } from "@offprint/language-model";
import type { Engine } from "@offprint/tensor";
import type { EvaluatedModel } from "../evaluation/evaluated-model.ts";
import { EvaluationInputError } from "../evaluation/errors.ts";
import { openForEvaluation, readModelWithAdapter } from "../evaluation/open-model.ts";
import { passkeyGrid } from "../evaluation/passkey.ts";
import { compareLosses, measurePerplexity, type PerplexityMeasurement } from "../evaluation/perplexity.ts";
import { passkeySchema, perplexitySchema, protocolTexts } from "../evaluation/results.ts";
import type { PasskeyResult, PerplexityResult } from "../evaluation/results.ts";
import type { FineTuneConfig } from "../training/config.ts";
import type { FineTuneData } from "../training/fine-tune-data.ts";
import { learnedFolders } from "../training/save-learned.ts";
import { keepResult } from "./shared.ts";

export interface JudgeRunOptions {
  /** The model as it came. */
  readonly language: LanguageModel;
  readonly data: Pick<FineTuneData, "heldOutTexts">;
  readonly settings: Pick<FineTuneConfig, "model" | "method" | "text" | "evaluateText" | "seed">;
  /** Windows that the held-out text is judged in; none: it is not judged. */
  readonly contexts: readonly number[];
  /** Lengths of the texts that hide a number; none: nothing is hidden. */
  readonly passkeyLengths: readonly number[];
  readonly engine: Engine;
  readonly signal?: AbortSignal | undefined;
}

/** A small grid: it is made at the end of a run that somebody waits for. */
const grid = { depths: [0, 0.5, 1], tests: 2, distractors: 9 } as const;

/**
 * Judges a run by what lies in its folder, read anew: perplexity of the held-out text before and after, and hidden numbers.
 * Keeps what `offprint longlora report` reads.
 * @returns `perplexity` and `base perplexity` at the last of the contexts.
 */
export async function* judgeRun(
  folder: string,
  options: JudgeRunOptions,
): AsyncGenerator<RunEvent, Readonly<Record<string, number>>> {
  const { settings, contexts, passkeyLengths, engine, data } = options;
  const texts = data.heldOutTexts.map(({ ids }) => ids);
  const isJudged = contexts.length > 0 && texts.some(({ length }) => length > 1);
  if (!isJudged && passkeyLengths.length === 0) return {};
  const learned = settings.method === "full" ? { model: join(folder, learnedFolders.model) } : { adapter: folder };
  const opened = await readModelWithAdapter(learned.model ?? settings.model, learned.adapter);
  const after = await openForEvaluation(opened, { engine });
  try {
    const metrics: Record<string, number> = {};
    if (isJudged) {
      const result = yield* perplexityOf(after, texts, options);
      await keepResult(folder, "perplexity-strided", result);
      metrics["perplexity"] = result.perplexity;
      metrics["base perplexity"] = result.base?.at(-1)?.perplexity ?? Number.NaN;
    }
    if (passkeyLengths.length > 0) {
      const named = { model: settings.model, ...(learned.adapter !== undefined && { adapter: folder }) };
      const found = yield* passkeysOf(after, named, options);
      if (found) await keepResult(folder, "passkey", found);
    }
    return metrics;
  } finally {
    await after.dispose();
  }
}

/** Perplexity of the texts at every context, of the model as it came and of what was learned. */
async function* perplexityOf(
  after: EvaluatedModel,
  texts: readonly Int32Array[],
  { language, settings, contexts, engine, signal }: JudgeRunOptions,
): AsyncGenerator<RunEvent, PerplexityResult> {
  const measured: { readonly before: PerplexityMeasurement; readonly after: PerplexityMeasurement }[] = [];
  const base = await openForEvaluation({ language, adapter: undefined, config: language.config }, { engine });
  try {
    for (const context of contexts) {
      yield said(`judging at ${formatCount(context)} tokens, before and after`);
      measured.push({
        before: await measurePerplexity(base, texts, { context, signal }),
        after: await measurePerplexity(after, texts, { context, signal }),
      });
      const { before: was, after: is } = measured.at(-1)!;
      yield said(
        `perplexity ${formatNumber(was.report.perplexity)} before, ${formatNumber(is.report.perplexity)} after`,
      );
    }
  } finally {
    await base.dispose();
  }
  const last = measured.at(-1)!.after.report;
  return {
    ...perplexitySchema,
    model: settings.model,
    attention: { kind: "full" },
    protocol: "strided",
    protocolText: protocolTexts.strided,
    texts: settings.evaluateText.length > 0 ? settings.evaluateText : settings.text,
    documents: texts.length,
    textTokens: texts.reduce((sum, { length }) => sum + length, 0),
    perplexity: last.perplexity,
    context: last.context,
    contexts: measured.map(({ after: { report } }) => report),
    base: measured.map(({ before: { report } }) => report),
    differences: measured.map((one) => ({
      context: one.after.report.context,
      ...compareLosses(one.after, one.before),
    })),
  };
}

/** Numbers hidden and asked for; nothing where a length has no room for the question, which is no reason for a run to fail. */
async function* passkeysOf(
  after: EvaluatedModel,
  named: Pick<PasskeyResult, "model" | "adapter">,
  { language, settings: { seed }, passkeyLengths: lengths, signal }: JudgeRunOptions,
): AsyncGenerator<RunEvent, PasskeyResult | undefined> {
  yield said("hiding numbers in texts and asking for them");
  try {
    const found = await passkeyGrid(after, language.tokenizer, { lengths, ...grid, seed, signal });
    const { tests, distractors } = grid;
    return { ...passkeySchema, ...named, tests, distractors, seed, ...found };
  } catch (error) {
    if (!(error instanceof EvaluationInputError)) throw error;
    yield said(`no number was hidden: ${error.message}`, "warning");
    return undefined;
  }
}

function said(text: string, level: "info" | "warning" = "info"): RunEvent {
  return { type: "message", level, text, time: new Date().toISOString() };
}
