import {
  commandLine,
  defineCommand,
  eventReporter,
  formatTable,
  parseConfig,
  readRun,
  type Command,
  type CommandContext,
  type RunOutcome,
} from "@offprint/experiment";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { kgeConfig, kgeSchema, type KgeConfig } from "../config.ts";
import type { BadLineReport } from "../data/bad-lines.ts";
import { loadDataset } from "../data/load-dataset.ts";
import { ArtefactError, SettingsChangedError } from "../errors.ts";
import { trainModel } from "../training/train.ts";

const config = z.strictObject({
  ...kgeConfig.shape,
  out: z.string().min(1).meta({
    placeholder: "DIR",
    description: "Folder of the run: weights, vocabulary, events, record. Must be new or empty.",
  }),
  resume: z
    .boolean()
    .default(false)
    .describe("Go on with the run in --out from its newest checkpoint, with its settings."),
  threads: z.int().min(1).max(1024).optional().describe("Threads of one operation; absent: one a core."),
  provider: z.enum(["cpu", "cuda", "webgpu"]).default("cpu").describe("What computes."),
  json: z.boolean().default(false).describe("One event a line on stdout, for programs."),
});

/** `offprint kge train`: a run from triples to a folder that predicts. */
export const trainCommand: Command<typeof config> = defineCommand({
  name: "kge train",
  summary: "Train a model on a folder of triples.",
  config,
  examples: [
    { explains: "Everyday things of WordNet, in under a minute.", config: { out: "runs/wordnet" } },
    {
      explains: "Your own triples: train.tsv, and valid.tsv and test.tsv if there are any.",
      config: { dataset: "my-triples", model: "nfe-2", dimension: 256, epochs: 100, out: "runs/mine" },
    },
    { explains: "Go on after an interruption.", config: { out: "runs/mine", resume: true } },
  ],
  async run({ out, resume, threads, provider, json, ...given }, context) {
    const settings = resume ? await settingsOf(out, given) : given;
    const dataset = await loadDataset(settings.dataset, {
      splitSeed: settings.seed,
      skipBadLines: settings.skipBadLines,
    });
    tellBadLines(dataset.badLines, context);
    using engine = await openEngine({ provider, ...(threads && { threads }) });
    const command = commandLine(trainCommand, { ...settings, out, ...(threads && { threads }), provider });
    const versions = { offprint: context.version, node: process.versions.node };
    const reporter = eventReporter(json, context);
    let outcome: RunOutcome = "failed";
    try {
      for await (const event of trainModel(dataset, settings, {
        engine,
        out,
        resume,
        command,
        versions,
        signal: context.signal,
      })) {
        reporter.report(event);
        if (event.type !== "finished") continue;
        if (!json && event.outcome === "completed") context.stdout.write(resultTable(out, event.metrics));
        outcome = event.outcome; // and on: the run tidies up after its last event
      }
    } finally {
      reporter.close();
    }
    return outcome;
  },
});

/** Settings of the run to go on with. @throws {SettingsChangedError} when others were given along with --resume. */
async function settingsOf(out: string, given: KgeConfig): Promise<KgeConfig> {
  const run = await readRun(out);
  if (run.schema !== kgeSchema.schema)
    throw new ArtefactError(out, `holds a run of "${run.schema}", not of this command`);
  const stored = parseConfig(kgeConfig, run.config, `${out}/config.json`);
  const defaults = kgeConfig.parse({});
  for (const key of Object.keys(kgeConfig.shape) as (keyof KgeConfig)[]) {
    if (given[key] === defaults[key] || given[key] === stored[key]) continue;
    throw new SettingsChangedError(
      `--resume keeps the settings of ${out}, where ${key} is ${stored[key] ?? "absent"}, not ${given[key]}; leave it out, or start a new run`,
    );
  }
  return stored;
}

function tellBadLines({ count, lines }: BadLineReport, { stderr }: CommandContext): void {
  if (count === 0) return;
  const shown = lines.map(({ file, line, reason, excerpt }) => `  ${file}:${line}: ${reason}: ${excerpt}\n`);
  const more = count > lines.length ? `  and ${count - lines.length} more\n` : "";
  stderr.write(`Left out ${count} malformed ${count === 1 ? "line" : "lines"}:\n${shown.join("")}${more}`);
}

function resultTable(out: string, metrics: Readonly<Record<string, number>>): string {
  const rows = Object.entries(metrics).map(([name, value]) => [name, value.toFixed(3)]);
  return `${formatTable(["metric", "value"], rows)}\nThe model is in ${out}\n`;
}
