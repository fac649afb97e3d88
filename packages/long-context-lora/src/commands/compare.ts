import { commandLine, defineCommand, formatTable, printable, type Command } from "@offprint/experiment";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { readDocuments } from "../data/pack.ts";
import { readModelWithAdapter } from "../evaluation/open-model.ts";
import { shortContextRegression, type Regression } from "../evaluation/regression.ts";
import { comparisonSchema } from "../evaluation/results.ts";
import { anyBaseSwitch, jsonSwitch, keepResult, modelField, outField, printJson, mostTokens } from "./shared.ts";
import { threadsField, withProgress } from "./shared.ts";
import { toldDownloads } from "./told-downloads.ts";

const config = z.strictObject({
  model: modelField,
  adapter: z
    .string()
    .min(1)
    .meta({ placeholder: "DIR", description: "Adapter of this model: its folder, or that of the run that made it." }),
  text: z
    .array(z.string().min(1))
    .min(1)
    .meta({ placeholder: "FILE", description: "Texts to judge by: .txt, JSONL documents, folders; each also as .gz." }),
  context: z
    .array(z.int().min(2).max(mostTokens))
    .min(1)
    .optional()
    .describe("Short contexts to judge at; absent: half of the base's own, and all of it."),
  maxWindows: z.int().min(1).default(100).describe("Windows to judge by at each context, evenly spread."),
  prompt: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "TEXT", description: "Text that both go on from, each with its likeliest tokens." }),
  maxTokens: z.int().min(1).default(64).describe("Tokens that each writes."),
  anyBase: anyBaseSwitch,
  threads: threadsField,
  out: outField,
  json: jsonSwitch,
});

/** `offprint longlora compare`: what an adapter costs on short texts. */
export const compareCommand: Command<typeof config> = defineCommand({
  name: "longlora compare",
  summary: "Judge what an adapter for long contexts costs on short ones, and read both models side by side.",
  config,
  examples: [
    {
      explains: "Losses within the base's context, and one text.",
      config: { model: "stories", adapter: "runs/long", text: ["novel.txt.gz"], prompt: ["Once upon a time"] },
    },
  ],
  async run(settings, context) {
    const { model, adapter, anyBase, threads, maxWindows, maxTokens, prompt: prompts } = settings;
    const { signal } = context;
    const opened = await readModelWithAdapter(model, adapter, { anyBase, hub: toldDownloads(context) });
    const documents = await readDocuments(settings.text, opened.language.tokenizer, { signal });
    const texts = documents.map(({ ids }) => ids);
    using engine = await openEngine(threads ? { threads } : {});
    const command = commandLine(compareCommand, settings);
    const asked = { contexts: settings.context, maxWindows, prompts, maxTokens, engine, signal };
    const regression = await withProgress(
      context,
      { description: "Comparing with the base", unit: "part", command },
      (onProgress) => shortContextRegression(opened, texts, { ...asked, onProgress }),
    );
    const result = { ...comparisonSchema, model, adapter, texts: settings.text, ...regression };
    if (settings.out !== undefined) await keepResult(settings.out, "comparison", result);
    if (settings.json) printJson(context, result);
    else context.stdout.write(comparisonText(regression));
  },
});

function comparisonText({ contexts, sideBySide }: Regression): string {
  const columns = ["context", "base's perplexity", "with the adapter", "loss, less the base's", "± standard error"];
  const rows = contexts.map(({ context, base, adapted, difference, standardError }) => [
    context,
    base.perplexity.toFixed(4),
    adapted.perplexity.toFixed(4),
    difference.toFixed(5),
    standardError?.toFixed(5) ?? "",
  ]);
  const show = (text: string) => text.split("\n").map(printable).join("\n");
  const sides = sideBySide.map(
    ({ prompt, base, adapted }) => `\n${show(prompt)}\n  base: ${show(base)}\n  with the adapter: ${show(adapted)}\n`,
  );
  return [formatTable(columns, rows), ...sides].join("");
}
