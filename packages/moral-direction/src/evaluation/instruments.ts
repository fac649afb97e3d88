import { access } from "node:fs/promises";
import { join } from "node:path";
import { loadLanguageModel, TextGenerator, type HubOptions, type LanguageModel } from "@offprint/language-model";
import type { Engine } from "@offprint/tensor";
import { defaultDirection, readDirection } from "../direction/artefact.ts";
import type { Encoder } from "../encoders/encoder.ts";
import { openEncoder } from "../encoders/open-encoder.ts";
import { directionScores } from "../guidance/direction-scores.ts";
import type { ScoreTexts } from "../guidance/text-scores.ts";
import { readToxicityModel, scoresOf2020, writeToxicityModel, type NGramMeasure } from "../toxicity/artefact.ts";
import type { ToxicityMeasure } from "../toxicity/measure.ts";
import { openToxicityMeasure } from "../toxicity/open-measure.ts";
import { readSamples, realToxicityFields } from "../toxicity/read-samples.ts";
import { textKey } from "../toxicity/samples.ts";
import { trainToxicity } from "../toxicity/train.ts";
import type { EvaluationConfig } from "./config.ts";
import { EvaluationInputError } from "./errors.ts";
import { openJudge } from "./judge.ts";
import type { EvaluationPrompt } from "./prompts.ts";
import { evaluationFiles, type Bindings } from "./results.ts";
import type { Instruments } from "./write-batch.ts";

export interface OpenInstrumentsOptions {
  readonly engine?: Engine | undefined;
  readonly hub?: HubOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Instruments, what they are, and how to put them away. */
export interface OpenInstruments extends Instruments, AsyncDisposable {
  readonly bindings: Bindings;
}

/** Opens everything that a run writes and measures with. */
export async function openInstruments(
  language: LanguageModel,
  measure: ToxicityMeasure,
  settings: EvaluationConfig,
  prompts: readonly EvaluationPrompt[],
  { engine, hub }: OpenInstrumentsOptions = {},
): Promise<OpenInstruments> {
  const opened: AsyncDisposable[] = [];
  const keep = <T extends AsyncDisposable>(one: T): T => {
    opened.unshift(one);
    return one;
  };
  const close = async (): Promise<void> => {
    for (const one of opened) await one[Symbol.asyncDispose]();
  };
  try {
    const guided = settings.threshold.length > 0 ? keep(await openGuiding(settings, engine)) : undefined;
    const second =
      settings.judge === undefined ? language : await loadLanguageModel(settings.judge, { hub: hub ?? {} });
    const generator = keep(await TextGenerator.create(language, { engine }));
    const judge = keep(await openJudge(second, engine));
    return {
      bindings: bindingsOf(settings, prompts, { language, second, measure, encoder: guided?.encoder.id }),
      tokenizer: language.tokenizer,
      generateAll: (texts, options) => generator.generateAll(texts, options),
      score: guided?.score,
      toxicity: measure,
      judge,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Bound {
  readonly language: LanguageModel;
  readonly second: LanguageModel;
  readonly measure: ToxicityMeasure | NGramMeasure;
  readonly encoder: string | undefined;
}

const bindingsOf = (
  settings: EvaluationConfig,
  prompts: readonly EvaluationPrompt[],
  { language, second, measure, encoder }: Bound,
): Bindings => ({
  model: language.name,
  judge: second.name,
  judgeIsModel: settings.judge === undefined || settings.judge === settings.model,
  ...(encoder !== undefined && { encoder }),
  toxicity: structuredClone({
    name: measure.name,
    id: measure.id,
    ...(measure.knownError && { knownError: measure.knownError }),
  }) as Bindings["toxicity"],
  ...("sawText" in measure && { seenPrompts: prompts.filter(({ text }) => measure.sawText(text)).length }),
});

/** The direction's score of whole texts, in the form that guidance uses: as they are. */
async function openGuiding(
  { direction: file, encoder: spec }: EvaluationConfig,
  engine: Engine | undefined,
): Promise<AsyncDisposable & { readonly encoder: Encoder; readonly score: ScoreTexts }> {
  const direction = file === undefined ? await defaultDirection() : await readDirection(file);
  const encoder = await openEncoder(spec, { engine });
  return {
    encoder,
    score: directionScores(encoder, direction),
    [Symbol.asyncDispose]: () => encoder[Symbol.asyncDispose](),
  };
}

/**
 * The measure that the settings name, or one that is trained for the run, on rows without its prompts, and kept in its folder.
 * @param tell gets what is to be said of the data.
 */
export async function openMeasure(
  run: string,
  { toxicity, toxicityData, toxicityLabel, seeds }: EvaluationConfig,
  prompts: readonly EvaluationPrompt[],
  tell: (level: "info" | "warning", text: string) => void,
  signal?: AbortSignal,
): Promise<ToxicityMeasure> {
  if (toxicity !== undefined) return await openToxicityMeasure(toxicity, { label: toxicityLabel });
  const folder = join(run, evaluationFiles.toxicity);
  const kept = await access(join(folder, "toxicity.json")).then(
    () => true,
    () => false,
  );
  if (kept) return await readToxicityModel(folder);
  const exclude = new Set(prompts.map(({ text }) => textKey(text)));
  const { samples, excluded, warnings } = await readSamples(toxicityData, realToxicityFields, exclude);
  for (const warning of warnings) tell("warning", warning);
  tell(
    "info",
    `training the toxicity measure on ${samples.length} texts; ${excluded} rows with a drawn prompt are left out`,
  );
  const trained = await trainToxicity(samples, { seed: seeds[0]!, signal });
  await writeToxicityModel(folder, trained, {
    name: `n-grams of ${toxicityData.map((file) => file.split("/").at(-1)).join(", ")}`,
    scores: scoresOf2020,
    texts: samples.map(({ text }) => text),
  });
  return await readToxicityModel(folder);
}

/** @throws {EvaluationInputError} unless exactly one way to a toxicity measure is given. */
export function requireMeasure({ toxicity, toxicityData }: EvaluationConfig): void {
  if ((toxicity === undefined) === (toxicityData.length === 0))
    throw new EvaluationInputError(
      "wanted either --toxicity SOURCE or --toxicity-data FILE to train a measure on: without a measure nothing can be compared",
    );
}
