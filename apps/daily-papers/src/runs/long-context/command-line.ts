import type { Settings } from "./settings.ts";
import { modelArgument, textArgument, typedFolders, type SourceFolders } from "./sources.ts";

/** The words after `offprint` that train with these settings and judge the result. */
export function finetuneWords(settings: Settings, folders: SourceFolders): string[] {
  return ["longlora", "finetune", ...flags(settings, folders)];
}

/** The same as one would type it; the admin's models and texts are named as they lie in the data folder. */
export function finetuneCommandLine(settings: Settings): string {
  const out = `${settings.model}-${settings.context}`;
  return ["npx", "offprint", ...finetuneWords(settings, typedFolders), "--out", out].join(" ");
}

/** Points of the curve that is drawn while the run works. */
const evaluations = 10;

/** A text that hides a number is at least as long, in tokens: else there is no room for the question. */
const shortestHiding = 300;

/** Contexts at which the model is judged before and after: the new one, its half and its quarter. */
export function judgedContexts({ context }: Pick<Settings, "context">): number[] {
  return [4, 2, 1].map((part) => Math.floor(context / part));
}

function flags(settings: Settings, folders: SourceFolders): string[] {
  const values: [string, string | number][] = [
    ["model", modelArgument(settings.model, folders)],
    ["text", textArgument(settings.text, folders)],
    ["context", settings.context],
    ["attention", settings.attention],
    ...(settings.attention === "full" ? [] : ([["group", settings.group]] as [string, number][])),
    ["method", settings.method],
    ["steps", settings.steps],
    ["learning-rate", settings.learningRate],
    ["rank", settings.rank],
    ["batch-size", settings.batchSize],
    ["accumulate", 1],
    ["warmup", Math.min(20, Math.ceil(settings.steps / 10))],
    ["seed", settings.seed],
    ["evaluate-every", Math.max(1, Math.round(settings.steps / evaluations))],
  ];
  const judged = judgedContexts(settings);
  const hiding = judged.filter((length) => length >= shortestHiding);
  return [
    ...values.flatMap(([flag, value]) => [`--${flag}`, String(value)]),
    ...(settings.attention === "paper-wrap" ? ["--allow-leak"] : []),
    "--judge",
    ...judged.map(String),
    ...(hiding.length === 0 ? [] : ["--passkey", ...hiding.map(String)]),
  ];
}
