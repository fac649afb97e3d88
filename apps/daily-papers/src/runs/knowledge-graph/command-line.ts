import { datasetArgument } from "./datasets.ts";
import { lossByGraph, type Settings } from "./settings.ts";

/** The words after `offprint` that train with these settings. */
export function trainWords(settings: Settings, dataFolder: string): string[] {
  return ["kge", "train", ...flags(settings, datasetArgument(settings.dataset, dataFolder))];
}

/** The same as one would type it; the admin's graphs are named as they lie in the data folder. */
export function trainCommandLine(settings: Settings): string {
  const out = `${settings.model}-${settings.dataset}`;
  const words = ["kge", "train", ...flags(settings, datasetArgument(settings.dataset, "data")), "--out", out];
  return ["npx", "offprint", ...words].join(" ");
}

function flags(settings: Settings, dataset: string): string[] {
  const values: [string, string | number][] = [
    ["dataset", dataset],
    ["model", settings.model],
    ["dimension", settings.dimension],
    ["epochs", settings.epochs],
    ["batch-size", settings.batchSize],
    ["learning-rate", settings.learningRate],
    ["gamma", settings.gamma],
    ["decay", settings.decay],
    ["seed", settings.seed],
  ];
  if (settings.loss !== lossByGraph) values.push(["loss", settings.loss]);
  return values.flatMap(([flag, value]) => [`--${flag}`, String(value)]);
}
