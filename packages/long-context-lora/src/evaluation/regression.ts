import type { Engine } from "@offprint/tensor";
import type { EvaluatedModel } from "./evaluated-model.ts";
import { openForEvaluation, openForGeneration, type ModelWithAdapter } from "./open-model.ts";
import { compareLosses, measurePerplexity, type PerplexityMeasurement, type PerplexityReport } from "./perplexity.ts";

export interface RegressionOptions {
  /** Contexts to judge at; default half of the base's own and all of it. */
  readonly contexts?: readonly number[] | undefined;
  /** Judge by this many windows each, default 100. */
  readonly maxWindows?: number | undefined;
  /** Texts that both models go on from. */
  readonly prompts?: readonly string[] | undefined;
  /** Tokens that each writes, default 64. */
  readonly maxTokens?: number | undefined;
  readonly engine?: Engine | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** One short context, before and after. */
export interface ShortContext {
  readonly context: number;
  readonly base: PerplexityReport;
  readonly adapted: PerplexityReport;
  /** Loss with the adapter less the base's, on the same windows; above 0, something was lost. */
  readonly difference: number;
  readonly standardError: number | null;
}

/** The likeliest continuations, without drawing. */
export interface SideBySide {
  readonly prompt: string;
  readonly base: string;
  readonly adapted: string;
}

export interface Regression {
  readonly contexts: readonly ShortContext[];
  readonly sideBySide: readonly SideBySide[];
}

/**
 * What an adapter for long contexts costs on short ones: scaled positions apply to short texts as well. Losses within the
 * base's own context under the strict protocol, window by window, and what both write.
 * @throws {EvaluationInputError}
 */
export async function shortContextRegression(
  opened: ModelWithAdapter,
  documents: readonly Int32Array[],
  options: RegressionOptions = {},
): Promise<Regression> {
  const own = opened.language.config.contextLength;
  const { contexts = [Math.floor(own / 2), own], maxWindows = 100, prompts = [], engine, signal, onProgress } = options;
  const total = 2 * (contexts.length * maxWindows + prompts.length);
  let done = 0;
  const judge = async (judged: EvaluatedModel): Promise<PerplexityMeasurement[]> => {
    const measured: PerplexityMeasurement[] = [];
    try {
      for (const context of contexts) {
        const before = done;
        const progress = (windows: number) => onProgress?.(before + windows, total);
        measured.push(
          await measurePerplexity(judged, documents, { context, maxWindows, signal, onProgress: progress }),
        );
        onProgress?.((done = before + maxWindows), total);
      }
    } finally {
      await judged.dispose();
    }
    return measured;
  };
  const write = async (withoutAdapter: boolean): Promise<string[]> => {
    if (prompts.length === 0) return [];
    await using generator = await openForGeneration(opened, { engine, withoutAdapter });
    const texts: string[] = [];
    for (const prompt of prompts) {
      const asked = { maxTokens: options.maxTokens ?? 64, temperature: 0, signal };
      texts.push((await generator.generate(prompt, asked)).text);
      onProgress?.(++done, total);
    }
    return texts;
  };
  const base = await judge(await openForEvaluation(opened, { engine, withoutAdapter: true }));
  const baseTexts = await write(true);
  const adapted = await judge(await openForEvaluation(opened, { engine }));
  const adaptedTexts = await write(false);
  return {
    contexts: contexts.map((context, i) => {
      const [left, right] = [adapted[i]!, base[i]!];
      return { context, base: right.report, adapted: left.report, ...compareLosses(left, right) };
    }),
    sideBySide: prompts.map((prompt, i) => ({ prompt, base: baseTexts[i]!, adapted: adaptedTexts[i]! })),
  };
}
