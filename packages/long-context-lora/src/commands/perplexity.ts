import {
  commandLine,
  defineCommand,
  formatCount,
  formatTable,
  UsageError,
  type Command,
  type CommandContext,
} from "@offprint/experiment";
import { createModel, extendContext, type ContextExtension } from "@offprint/language-model";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { attentionKinds, type AttentionChoice } from "../attention/segments.ts";
import { readDocuments } from "../data/pack.ts";
import type { EvaluatedModel } from "../evaluation/evaluated-model.ts";
import { openForEvaluation, readModelWithAdapter, type ModelWithAdapter } from "../evaluation/open-model.ts";
import { compareLosses, measurePerplexity, type PerplexityMeasurement } from "../evaluation/perplexity.ts";
import { perplexitySchema, protocolTexts, type PerplexityResult } from "../evaluation/results.ts";
import { protocols } from "../evaluation/windows.ts";
import {
  adapterField,
  anyBaseSwitch,
  jsonSwitch,
  keepResult,
  modelField,
  outField,
  printJson,
  mostTokens,
} from "./shared.ts";
import { threadsField, withProgress } from "./shared.ts";
import { toldDownloads } from "./told-downloads.ts";

const config = z.strictObject({
  model: modelField,
  adapter: adapterField,
  text: z
    .array(z.string().min(1))
    .min(1)
    .meta({ placeholder: "FILE", description: "Texts, JSONL documents, folders of them; each also as .gz." }),
  context: z
    .array(z.int().min(2).max(mostTokens))
    .min(1)
    .describe("Tokens of a window; several lengths are judged one after another."),
  protocol: z
    .enum(protocols)
    .default("strided")
    .describe("strided counts each token once; longlora is what the paper's code does."),
  stride: z
    .int()
    .min(1)
    .optional()
    .describe("Tokens between the begins of windows; absent: 256, at most half a context."),
  batch: z.int().min(1).default(1).describe("Windows whose mean is taken first, in the longlora protocol."),
  maxWindows: z.int().min(1).optional().describe("Judge by this many windows, evenly spread; absent: all."),
  byPosition: z.boolean().default(false).describe("Show the loss by the number of tokens before as well."),
  base: z.boolean().default(false).describe("Judge the model without its adapter too, on the same windows."),
  attention: z
    .enum(attentionKinds)
    .default("full")
    .describe("For ablations only: a model is used, and judged, with full attention."),
  group: z
    .int()
    .min(2)
    .multipleOf(2)
    .optional()
    .describe("Tokens of an attention group; absent: a quarter of the context."),
  rope: z
    .enum(["keep", "linear", "dynamic", "yarn"])
    .default("keep")
    .describe("Scale the positions for the longest context, without any training; keep leaves them as they are."),
  anyBase: anyBaseSwitch,
  threads: threadsField,
  out: outField,
  json: jsonSwitch,
});

type Config = z.output<typeof config>;

/** `offprint longlora perplexity`: how well texts are predicted, by context length. */
export const perplexityCommand: Command<typeof config> = defineCommand({
  name: "longlora perplexity",
  summary: "Judge a model by how well it predicts texts, by context length and position.",
  config,
  examples: [
    {
      explains: "Before and after, at two lengths.",
      config: { model: "stories", adapter: "runs/long", text: ["novel.txt.gz"], context: [512, 2048], base: true },
    },
    {
      explains: "As the paper's code measures, on a sample.",
      config: { model: "stories", text: ["novels"], context: [2048], protocol: "longlora", maxWindows: 100 },
    },
  ],
  async run(settings, context) {
    const { model, adapter, anyBase, threads, json, out, base } = settings;
    if (settings.rope !== "keep" && adapter !== undefined)
      throw new UsageError("an adapter brings the positions that it was trained with; leave out --rope, or --adapter");
    const read = await readModelWithAdapter(model, adapter, { anyBase, hub: toldDownloads(context) });
    const opened = settings.rope === "keep" ? read : extended(read, Math.max(...settings.context), settings.rope);
    const documents = await readDocuments(settings.text, opened.language.tokenizer, { signal: context.signal });
    const texts = documents.map(({ ids }) => ids);
    using engine = await openEngine(threads ? { threads } : {});
    const attention = attentionOf(settings);
    const judged = await openForEvaluation(opened, { attention, engine });
    const measured = await measureAll(judged, texts, settings, context, adapter ? "adapted" : opened.language.name);
    const before =
      base && adapter !== undefined
        ? await measureAll(
            await openForEvaluation(opened, { withoutAdapter: true, attention, engine }),
            texts,
            settings,
            context,
            "base",
          )
        : undefined;
    const last = measured.at(-1)!.report;
    const result: PerplexityResult = {
      ...perplexitySchema,
      model,
      ...(adapter !== undefined && { adapter }),
      ...(settings.rope !== "keep" && { rope: settings.rope }),
      attention: attention ?? { kind: "full" },
      protocol: settings.protocol,
      protocolText: protocolTexts[settings.protocol],
      texts: settings.text,
      documents: texts.length,
      textTokens: texts.reduce((sum, { length }) => sum + length, 0),
      perplexity: last.perplexity,
      context: last.context,
      contexts: measured.map(({ report }) => report),
      ...(before && {
        base: before.map(({ report }) => report),
        differences: measured.map((one, i) => ({ context: one.report.context, ...compareLosses(one, before[i]!) })),
      }),
    };
    if (out !== undefined) await keepResult(out, resultName(settings), result);
    if (json) printJson(context, result);
    else context.stdout.write(perplexityText(result, settings.byPosition));
  },
});

/** The same model with its positions scaled to reach a context. */
function extended(opened: ModelWithAdapter, context: number, kind: ContextExtension): ModelWithAdapter {
  const { language } = opened;
  const config = extendContext(language.config, context, kind);
  return { ...opened, language: { ...language, config, model: createModel(config) }, config };
}

/** Judges at every context and puts the model away. */
async function measureAll(
  judged: EvaluatedModel,
  texts: readonly Int32Array[],
  settings: Config,
  context: CommandContext,
  name: string,
): Promise<PerplexityMeasurement[]> {
  const { protocol, stride, batch, maxWindows } = settings;
  const measured: PerplexityMeasurement[] = [];
  try {
    for (const length of settings.context) {
      const description = `Perplexity of ${name} at ${formatCount(length)} tokens`;
      const command = commandLine(perplexityCommand, settings);
      const options = { context: length, protocol, stride, batch, maxWindows, signal: context.signal };
      measured.push(
        await withProgress(context, { description, unit: "window", command }, (onProgress) =>
          measurePerplexity(judged, texts, { ...options, onProgress }),
        ),
      );
    }
  } finally {
    await judged.dispose();
  }
  return measured;
}

/** Tells apart what one folder may hold of a model. */
const resultName = ({ protocol, rope, attention }: Config): string =>
  ["perplexity", protocol, ...(rope === "keep" ? [] : [rope]), ...(attention === "full" ? [] : [attention])].join("-");

function attentionOf({ attention: kind, group }: Config): AttentionChoice | undefined {
  return kind === "full" ? undefined : { kind, ...(group !== undefined && { group }) };
}

function perplexityText(result: PerplexityResult, byPosition: boolean): string {
  const name = result.adapter === undefined ? result.model : `${result.model} with ${result.adapter}`;
  const rope = result.rope === undefined ? "" : `, positions scaled (${result.rope}) without training`;
  const attention = result.attention.kind === "full" ? "" : `, attention ${result.attention.kind} (an ablation)`;
  const title = `${name} on ${formatCount(result.textTokens)} tokens in ${result.documents} ${result.documents === 1 ? "text" : "texts"}${rope}${attention}\n`;
  const columns = ["context", "perplexity", "95 % interval", "loss", "± standard error", "tokens", "windows"];
  const rows = result.contexts.map((one, i) => [
    one.context,
    one.perplexity.toFixed(4),
    one.interval ? `${one.interval[0].toFixed(4)} to ${one.interval[1].toFixed(4)}` : "",
    one.loss.toFixed(5),
    one.standardError?.toFixed(5) ?? "",
    one.tokens,
    one.windows === one.allWindows ? one.windows : `${formatCount(one.windows)} of ${formatCount(one.allWindows)}`,
    ...(result.base ? [result.base[i]!.perplexity.toFixed(4), ...differenceCells(result.differences?.[i])] : []),
  ]);
  const more = result.base ? ["base's perplexity", "loss, less the base's", "± standard error"] : [];
  const tables = byPosition
    ? result.contexts.map(
        (one) =>
          `\nBy the number of tokens before, context ${formatCount(one.context)}:\n${formatTable(
            ["tokens before", "perplexity", "loss", "tokens"],
            one.byPosition.map(({ from, to, perplexity, loss, tokens }) => [
              `${formatCount(from)} to ${formatCount(to - 1)}`,
              perplexity.toFixed(4),
              loss.toFixed(5),
              tokens,
            ]),
          )}`,
      )
    : [];
  return [title, formatTable([...columns, ...more], rows), ...tables, `\n${result.protocolText}\n`].join("");
}

const differenceCells = (one: NonNullable<PerplexityResult["differences"]>[number] | undefined): string[] => [
  one?.difference.toFixed(5) ?? "",
  one?.standardError?.toFixed(5) ?? "",
];
