import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostTensor } from "@offprint/tensor";
import { SafetensorsFile } from "@offprint/training";
import { readModelConfig } from "../config.ts";
import { createModel } from "../create-model.ts";
import type { CausalLanguageModel } from "../model.ts";

const folder = fileURLToPath(new URL("../../../../../shared/data/models", import.meta.url));

/** For tests: the folder of a small real model outside of the repository, or `undefined`, with a message, where it is absent. */
export function sharedModelFolder(name: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  console.warn(`skipped: ${path} is not there`);
  return undefined;
}

/** A model folder's computation and weights. */
export async function readSharedModel(
  path: string,
): Promise<{ readonly model: CausalLanguageModel; readonly weights: Readonly<Record<string, HostTensor>> }> {
  const model = createModel(readModelConfig(readJson(join(path, "config.json")), path));
  await using file = await SafetensorsFile.open(join(path, "model.safetensors"));
  const weights: Record<string, HostTensor> = {};
  for (const name of Object.keys(model.shapes)) weights[name] = await file.readHost(name);
  return { model, weights };
}

/** The parsed content of a JSON file. */
export const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
