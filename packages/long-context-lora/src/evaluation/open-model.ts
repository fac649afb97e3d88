import { createModel, loadLanguageModel, readModelConfig, TextGenerator } from "@offprint/language-model";
import type { HubOptions, LanguageModel, ModelConfig } from "@offprint/language-model";
import type { Engine, HostTensor } from "@offprint/tensor";
import { adapterFiles, checkBase, isLowRank, loadAdapter, type Adapter } from "../artefacts/adapter.ts";
import { weightSource } from "../artefacts/base-fingerprint.ts";
import { mergeWeight } from "../artefacts/merge-weights.ts";
import { AdapterError } from "../artefacts/errors.ts";
import type { AttentionChoice } from "../attention/segments.ts";
import { linearLayout } from "../lora.ts";
import { createEvaluatedModel, type EvaluatedModel } from "./evaluated-model.ts";

/** A base model, and an adapter on it where one was given. */
export interface ModelWithAdapter {
  readonly language: LanguageModel;
  readonly adapter: Adapter | undefined;
  /** Of the model with the adapter: its positions, its context. */
  readonly config: ModelConfig;
}

/**
 * Reads what is small of a model and an adapter, and refuses an adapter for another base.
 * @throws {LanguageModelError} | {AdapterError} | {AnotherBaseError}
 */
export async function readModelWithAdapter(
  source: string,
  adapterFolder?: string,
  options: { readonly anyBase?: boolean; readonly hub?: HubOptions } = {},
): Promise<ModelWithAdapter> {
  const language = await loadLanguageModel(source, { hub: options.hub ?? {} });
  if (adapterFolder === undefined) return { language, adapter: undefined, config: language.config };
  const adapter = await loadAdapter(adapterFolder);
  await checkBase(adapter, weightSource(language), options);
  return { language, adapter, config: configWith(adapter, language) };
}

/** The config of the extended model. @throws {AdapterError} when it is that of a model with other weights. */
function configWith({ modelConfig, folder }: Adapter, { config: base, model }: LanguageModel): ModelConfig {
  if (!modelConfig) return base;
  const path = `${folder}/${adapterFiles.model}`;
  const config = readModelConfig(modelConfig, path);
  const { shapes } = createModel(config);
  const differs = (name: string): boolean => shapes[name]?.join() !== model.shapes[name]?.join();
  const other = Object.keys({ ...shapes, ...model.shapes }).find(differs);
  if (other !== undefined) throw new AdapterError(path, `is of another model than the base: they differ in "${other}"`);
  return config;
}

/** An adapter's tensors as the model's program reads them: a tied head is no tensor of its own. */
export function programTensors(
  adapter: Adapter,
  shapes: Readonly<Record<string, unknown>>,
): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(adapter.tensors).filter(([name]) => name in shapes || isLowRank(name)));
}

export interface OpenOptions {
  /** Judge without the adapter, with the base's own positions. */
  readonly withoutAdapter?: boolean;
  /** Positions other than the model's own. */
  readonly config?: ModelConfig | undefined;
  readonly attention?: AttentionChoice | undefined;
  readonly engine?: Engine | undefined;
}

/** Puts a model, with its adapter, into the engine. Dispose it after use. */
export async function openForEvaluation(opened: ModelWithAdapter, options: OpenOptions = {}): Promise<EvaluatedModel> {
  const { language, config } = opened;
  const adapter = options.withoutAdapter ? undefined : opened.adapter;
  const model = createModel(options.config ?? (adapter ? config : language.config));
  const weights = await language.readWeights();
  return await createEvaluatedModel({
    model,
    weights: adapter ? { ...weights, ...programTensors(adapter, model.shapes) } : weights,
    lora: adapter && Object.keys(adapter.tensors).some(isLowRank) ? adapter.lora : undefined,
    attention: options.attention,
    engine: options.engine,
  });
}

/** A model ready to write, its adapter merged into its weights. Dispose it after use. */
export async function openForGeneration(
  { language, adapter, config }: ModelWithAdapter,
  { engine, withoutAdapter = false }: Pick<OpenOptions, "engine" | "withoutAdapter"> = {},
): Promise<TextGenerator> {
  if (!adapter || withoutAdapter) return await TextGenerator.create(language, { engine });
  const model = createModel(config);
  const changes = { lora: adapter.lora, tensors: programTensors(adapter, model.shapes) };
  const weights = Object.entries(await language.readWeights()).map(
    ([name, weight]) => [name, mergeWeight(name, weight, changes, linearLayout(config))] as const,
  );
  return await TextGenerator.create(language, { engine, model, weights: Object.fromEntries(weights) });
}
