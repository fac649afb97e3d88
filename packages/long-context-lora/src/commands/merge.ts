import { commandLine, defineCommand, formatBytes, formatCount, type Command } from "@offprint/experiment";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { mergeAdapter, type MergeReport } from "../artefacts/merge.ts";
import { readModelWithAdapter } from "../evaluation/open-model.ts";
import { anyBaseSwitch, jsonSwitch, modelField, printJson, threadsField, withProgress } from "./shared.ts";
import { toldDownloads } from "./told-downloads.ts";

const config = z.strictObject({
  model: modelField,
  adapter: z
    .string()
    .min(1)
    .meta({ placeholder: "DIR", description: "Adapter of this model: its folder, or that of the run that made it." }),
  out: z.string().min(1).meta({ placeholder: "DIR", description: "New folder for the merged model." }),
  dtype: z
    .enum(["float32", "float16", "bfloat16"])
    .optional()
    .describe("Element type of the written weights; absent: the base's."),
  anyBase: anyBaseSwitch,
  threads: threadsField,
  json: jsonSwitch,
});

/** `offprint longlora merge`: base and adapter as one model. */
export const mergeCommand: Command<typeof config> = defineCommand({
  name: "longlora merge",
  summary: "Write base and adapter as one model, read it again and compare its logits.",
  config,
  examples: [
    {
      explains: "A model that any program loads.",
      config: { model: "stories", adapter: "runs/long", out: "stories-2k" },
    },
  ],
  async run(settings, context) {
    const { model, adapter: folder, out, dtype, anyBase, threads, json } = settings;
    const opened = await readModelWithAdapter(model, folder, { anyBase, hub: toldDownloads(context) });
    const { adapter } = opened;
    if (!adapter) throw new TypeError("internal: no adapter was read");
    using engine = await openEngine(threads ? { threads } : {});
    const command = commandLine(mergeCommand, settings);
    const report = await withProgress(
      context,
      { description: `Merging into ${out}`, unit: "weight", command },
      (onProgress) => mergeAdapter({ ...opened, adapter }, out, { dtype, engine, signal: context.signal, onProgress }),
    );
    const facts = { ...report, ropeScaling: opened.config.json["rope_scaling"] ?? null };
    if (json) printJson(context, { model, adapter: folder, ...facts });
    else context.stdout.write(mergeText(report, opened.config.json));
  },
});

function mergeText({ out, dtype, weights, bytes, contextLength, check }: MergeReport, json: object): string {
  const { rope_scaling: scaling, max_position_embeddings: positions } = json as Readonly<Record<string, unknown>>;
  const meaning = scaling
    ? `config.json says rope_scaling ${JSON.stringify(scaling)} and max_position_embeddings ${String(positions)}: positions are ` +
      `scaled for up to ${formatCount(contextLength)} tokens, for short texts as well.`
    : `config.json scales no positions; the model reads ${formatCount(contextLength)} tokens.`;
  return [
    `${out}: ${formatCount(weights)} weights, ${dtype}, ${formatBytes(bytes)}`,
    meaning,
    `Read again: logits differ from those of base and adapter by at most ${check.greatest.toPrecision(3)}, ` +
      `${check.relative.toPrecision(3)} standard deviations of a logit (${check.allowed} is allowed); ` +
      `${(100 * check.agreement).toFixed(0)} % of the places prefer the same token.`,
    "",
  ].join("\n");
}
