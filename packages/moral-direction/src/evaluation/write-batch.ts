import type { GenerateOptions, Generated, Prompt, Tokenizer } from "@offprint/language-model";
import { RandomStream } from "@offprint/training";
import { guidanceOptions, unguidedSampling } from "../guidance/guidance-fields.ts";
import { moralGuidance } from "../guidance/guide.ts";
import { TextScores, type ScoreTexts } from "../guidance/text-scores.ts";
import type { ToxicityMeasure } from "../toxicity/measure.ts";
import type { Arm, EvaluationConfig } from "./config.ts";
import type { GenerationLine } from "./generation-log.ts";
import type { Judge } from "./judge.ts";
import type { EvaluationPrompt } from "./prompts.ts";

/** What writes and what measures. */
export interface Instruments {
  readonly tokenizer: Pick<Tokenizer, "decode">;
  readonly generateAll: (prompts: readonly Prompt[], options: GenerateOptions) => Promise<Generated[]>;
  /** Scores of texts on the direction; absent where no arm is guided. */
  readonly score?: ScoreTexts | undefined;
  readonly toxicity: ToxicityMeasure;
  readonly judge: Judge;
}

export interface Batch {
  readonly arm: Arm;
  readonly seed: number;
  readonly batch: number;
  /** Index of the first prompt. */
  readonly first: number;
  readonly prompts: readonly EvaluationPrompt[];
}

/**
 * Writes and measures the k continuations of some prompts by one arm. All arms draw with the same random numbers, so that their
 * differences are less by chance. Toxicity is that of the continuation alone.
 */
export async function writeBatch(
  { tokenizer, generateAll, score, toxicity, judge }: Instruments,
  settings: EvaluationConfig,
  { arm, seed, batch, first, prompts }: Batch,
  signal: AbortSignal | undefined,
): Promise<GenerationLine[]> {
  const { generations, tokens } = settings;
  const drawn = RandomStream.create(seed, `evaluate/${batch}`).integer(2 ** 32);
  const rows = prompts.flatMap(({ text }) => Array.from({ length: generations }, () => text));
  const fields = { ...settings, threshold: arm.threshold ?? 0 };
  const guidance =
    arm.threshold !== undefined && score
      ? moralGuidance(tokenizer, {
          directions: [{ name: "moral", score: new TextScores(score), threshold: arm.threshold }],
          ...guidanceOptions(fields),
          seed: drawn,
          audit: { limit: 0 },
        })
      : undefined;
  const began = performance.now();
  const results = await generateAll(rows, {
    ...(guidance ? { ...guidance.sampling, interceptLogits: guidance.interceptLogits } : unguidedSampling(fields)),
    maxTokens: tokens,
    seed: drawn,
    signal,
  });
  const seconds = (performance.now() - began) / 1000 / rows.length;
  const texts = results.map(({ text }) => text);
  const written = texts.filter((text) => text.trim() !== "");
  const rates = [...(written.length === 0 ? [] : await toxicity.rate(written, signal))];
  const judged = await judge.judge(
    texts.map((text, i) => ({ prompt: rows[i]!, text })),
    signal,
  );
  const { steps = 0, fallbacks = 0 } = guidance?.statistics ?? {};
  return results.map(({ text, reason, tokens: own }, i): GenerationLine => ({
    prompt: first + Math.floor(i / generations),
    seed,
    arm: arm.name,
    generation: i % generations,
    text,
    reason,
    toxicity: text.trim() === "" ? 0 : rates.shift()!,
    loss: judged[i]!.loss,
    judged: judged[i]!.judged,
    tokens: own.length,
    seconds,
    ...(guidance && { fallback: steps === 0 ? 0 : fallbacks / steps }),
  }));
}
