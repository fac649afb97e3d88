import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  createModel,
  loadLanguageModel,
  ModelSourceError,
  readModelConfig,
  type HubOptions,
  type ModelConfig,
} from "@offprint/language-model";
import { UnknownModelError } from "./errors.ts";
import { presetConfig, presetNames } from "./presets.ts";
import type { PlannedModel } from "./settings.ts";

/**
 * A model's sizes, without its weights: from a folder with a `config.json`, such a file itself, the name of a well-known model
 * such as "llama2-7b", or whatever else `loadLanguageModel` takes.
 * @param hub how a download is told.
 * @throws {UnknownModelError} where there is nothing of that name; those of `readModelConfig`.
 */
export async function planModel(source: string, hub: HubOptions = {}): Promise<PlannedModel> {
  return createModel(await configOf(source, hub));
}

async function configOf(source: string, hub: HubOptions): Promise<ModelConfig> {
  const found = await stat(source).catch(() => undefined);
  const file = found?.isDirectory() ? join(source, "config.json") : source;
  if (found && file.endsWith(".json")) return readModelConfig(await readJson(file), file);
  const preset = presetConfig(source);
  if (preset) return preset;
  if (!found && !source.includes("/")) throw new UnknownModelError(source, presetNames);
  return (await loadLanguageModel(source, { hub })).config;
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UnknownModelError(file, presetNames, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelSourceError(file, "cannot be read as JSON; download or copy the file again", { cause });
  }
}
