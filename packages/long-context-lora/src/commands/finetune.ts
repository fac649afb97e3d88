import { join } from "node:path";
import {
  commandLine,
  defineCommand,
  eventReporter,
  formatTable,
  parseConfig,
  readRun,
  requireFreeRunFolder,
  type Command,
  type CommandContext,
  type RunOutcome,
} from "@offprint/experiment";
import { loadLanguageModel } from "@offprint/language-model";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { fineTuneConfig, fineTuneSchema, type FineTuneConfig } from "../training/config.ts";
import { ResumeError } from "../training/errors.ts";
import { readFineTuneData } from "../training/fine-tune-data.ts";
import { fineTune, requireFeasible } from "../training/fine-tune.ts";
import { metricNames } from "../training/held-out.ts";
import { learnedFolders } from "../training/save-learned.ts";
import { judgeRun } from "./judge-run.ts";
import { threadsField } from "./shared.ts";
import { toldDownloads } from "./told-downloads.ts";

const { model, context } = fineTuneConfig.shape;
const config = z.strictObject({
  ...fineTuneConfig.shape,
  model: model.optional(),
  context: context.optional(),
  out: z.string().min(1).meta({
    placeholder: "DIR",
    description: "Folder of the run: adapter, events, record. Must be new or empty.",
  }),
  resume: z
    .boolean()
    .default(false)
    .describe("Go on with the run in --out from its newest checkpoint, with its settings."),
  judge: z
    .array(z.int().min(2))
    .default([])
    .describe("Contexts at which held-out text is judged before and after, once all is learned; kept for the report."),
  passkey: z
    .array(z.int().min(16))
    .default([])
    .describe("Lengths of texts in which a number is then hidden and asked for."),
  force: z.boolean().default(false).describe("Begin although the plan needs more memory than there is."),
  threads: threadsField,
  provider: z.enum(["cpu", "cuda", "webgpu"]).default("cpu").describe("What computes."),
  json: z.boolean().default(false).describe("One event a line on stdout, for programs."),
});

/** `offprint longlora finetune`: from a model and texts to an adapter for longer contexts. */
export const finetuneCommand: Command<typeof config> = defineCommand({
  name: "longlora finetune",
  summary: "Extend a model's context: train with sparse attention, judge with full attention.",
  config,
  examples: [
    {
      explains: "A small model to four times its context.",
      config: { model: "stories260K", text: ["novel.txt"], context: 2048, learningRate: 1e-3, out: "runs/long" },
    },
    {
      explains: "Questions about long documents.",
      config: { model: "smollm2", sft: ["questions.jsonl"], context: 4096, group: 1024, out: "runs/answers" },
    },
    { explains: "Go on after an interruption.", config: { out: "runs/long", resume: true } },
  ],
  async run({ out, resume, force, judge, passkey, threads, provider, json, ...given }, output) {
    const settings = resume ? await settingsOf(out, given) : parseConfig(fineTuneConfig, given, "the command line");
    const where = { out, ...(threads && { threads }), provider, force, judge, passkey };
    const command = commandLine(finetuneCommand, { ...settings, ...where });
    return await runFineTune(settings, { ...where, resume, json, command }, output);
  },
});

/** What a run needs to know beside its settings. */
export interface RunChoices {
  readonly out: string;
  readonly resume: boolean;
  readonly force: boolean;
  /** Contexts and lengths to judge the result by. */
  readonly judge?: readonly number[];
  readonly passkey?: readonly number[];
  readonly threads?: number | undefined;
  readonly provider: "cpu" | "cuda" | "webgpu";
  readonly json: boolean;
  readonly command: string;
}

/** One fine-tuning with its progress and its result told. */
export async function runFineTune(
  settings: FineTuneConfig,
  { out, resume, force, judge = [], passkey = [], threads, provider, json, command }: RunChoices,
  output: CommandContext,
): Promise<RunOutcome> {
  if (!resume) await requireFreeRunFolder(out);
  const language = await loadLanguageModel(settings.model, { hub: toldDownloads(output) });
  if (!force) requireFeasible(language, settings);
  const data = await readFineTuneData(language, settings, output.signal);
  using engine = await openEngine({ provider, ...(threads && { threads }) });
  const versions = { offprint: output.version, node: process.versions.node };
  const { signal } = output;
  const options = { engine, out, resume, force, command, versions, signal };
  const asked = { contexts: judge, passkeyLengths: passkey, engine, signal };
  const judgeResult = (folder: string) => judgeRun(folder, { language, data, settings, ...asked });
  const reporter = eventReporter(json, output);
  let outcome: RunOutcome = "failed";
  let before: Metrics = {};
  try {
    for await (const event of fineTune(language, data, settings, { ...options, judge: judgeResult })) {
      reporter.report(event);
      if (event.type === "evaluation" && event.step === 0) before = event.metrics;
      if (event.type !== "finished") continue;
      if (!json && event.outcome === "completed") output.stdout.write(resultText(out, settings, before, event.metrics));
      outcome = event.outcome; // and on: the run tidies up after its last event
    }
  } finally {
    reporter.close();
  }
  return outcome;
}

type Given = Omit<z.output<typeof config>, keyof RunChoices>;

/** Settings of the run to go on with. @throws {ResumeError} when others were given along with --resume. */
async function settingsOf(out: string, given: Given): Promise<FineTuneConfig> {
  const run = await readRun(out);
  if (run.schema !== fineTuneSchema.schema)
    throw new ResumeError(`${out} holds a run of "${run.schema}", not of this command`);
  const stored = parseConfig(fineTuneConfig, run.config, `${out}/config.json`);
  const defaults: Readonly<Record<string, unknown>> = fineTuneConfig.partial().parse({});
  for (const key of Object.keys(fineTuneConfig.shape) as (keyof FineTuneConfig)[]) {
    const [came, was] = [given[key], stored[key]].map((value) => JSON.stringify(value));
    if (came === was || came === undefined || came === JSON.stringify(defaults[key])) continue;
    throw new ResumeError(
      `--resume keeps the settings of ${out}, where ${key} is ${was ?? "absent"}, not ${came}; leave it out, or start a new run`,
    );
  }
  return stored;
}

type Metrics = Readonly<Record<string, number>>;

function resultText(out: string, { method, model }: FineTuneConfig, before: Metrics, after: Metrics): string {
  const number = (value: number | undefined) => value?.toFixed(4) ?? "";
  const { "base perplexity": base, ...is } = after;
  const full = before[metricNames.full];
  const was: Metrics = {
    ...before,
    ...(full !== undefined && { perplexity: Math.exp(full) }),
    ...(base !== undefined && { perplexity: base }),
  };
  const rows = Object.entries(is).map(([name, value]) => [name, number(was[name]), number(value)]);
  const isWhole = method === "full";
  const use = isWhole ? [join(out, learnedFolders.model)] : [model, "--adapter", out];
  return [
    ...(rows.length > 0 ? [formatTable(["on held-out text", "before", "after"], rows)] : []),
    isWhole ? `The model is in ${use[0]}` : `The adapter is in ${join(out, learnedFolders.adapter)}`,
    `Let it write: offprint longlora generate --model ${use.join(" ")} --prompt TEXT`,
    "",
  ].join("\n");
}
