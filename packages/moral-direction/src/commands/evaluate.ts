import { join } from "node:path";
import {
  commandLine,
  defineCommand,
  parseConfig,
  progressReporter,
  UsageError,
  type Command,
  type RunOutcome,
} from "@offprint/experiment";
import { loadLanguageModel } from "@offprint/language-model";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { evaluationConfig, type EvaluationConfig } from "../evaluation/config.ts";
import { EvaluationResumeError } from "../evaluation/errors.ts";
import { evaluate, settingsOfRun } from "../evaluation/evaluate.ts";
import { evaluationFiles, type EvaluationResults } from "../evaluation/results.ts";
import { resultsText } from "../evaluation/table.ts";

const config = z.strictObject({
  ...evaluationConfig.shape,
  model: evaluationConfig.shape.model.optional(),
  prompts: evaluationConfig.shape.prompts.optional(),
  out: z.string().min(1).meta({
    placeholder: "DIR",
    description: "Folder of the run: prompts, every continuation, results, figure, record. Must be new or empty.",
  }),
  resume: z.boolean().default(false).describe("Go on with the run in --out, with its settings."),
  threads: z.int().min(1).max(1024).optional().describe("Threads of one operation; absent: one a core."),
  json: z.boolean().default(false).describe("The results as one JSON document on stdout, for programs."),
});

type Config = z.output<typeof config>;

/** `offprint moral evaluate`: toxicity, fluency, diversity and speed, guided and unguided. */
export const evaluateCommand: Command<typeof config> = defineCommand({
  name: "moral evaluate",
  summary: "Measure what guidance does to a model: toxicity, perplexity, diversity, speed, with intervals.",
  config,
  examples: [
    {
      explains:
        "The threshold curve on toxic and other prompts, with a measure that is trained on the rest of the file.",
      config: {
        model: "smollm2",
        prompts: "prompts.jsonl.gz",
        mix: true,
        toxicityData: ["prompts.jsonl.gz"],
        judge: "gpt2",
        out: "runs/effect",
      },
    },
    { explains: "Go on after an interruption.", config: { out: "runs/effect", resume: true } },
  ],
  async run({ out, resume, threads, json, ...given }, context): Promise<RunOutcome> {
    if (given.toxicOnly && given.mix)
      throw new UsageError("--toxic-only and --mix exclude each other; give one of them");
    const settings = resume ? await resumed(out, given) : parseConfig(evaluationConfig, given, "the command line");
    const { stderr, stdout, env, signal, version } = context;
    const hub = { signal };
    const language = await loadLanguageModel(settings.model, { hub });
    using engine = await openEngine(threads ? { threads } : {});
    const command = commandLine(evaluateCommand, { ...settings, out, ...(threads && { threads }) });
    const versions = { offprint: version, node: process.versions.node };
    const reporter = progressReporter(stderr, env);
    let outcome: RunOutcome = "failed";
    let results: EvaluationResults | undefined;
    try {
      const events = evaluate(language, settings, { out, resume, engine, hub, signal, command, versions });
      for (;;) {
        const { done, value } = await events.next();
        if (done) {
          results = value;
          break;
        }
        reporter.report(value);
        if (value.type === "finished") outcome = value.outcome;
      }
    } finally {
      reporter.close();
    }
    if (results && json) stdout.write(`${JSON.stringify(results)}\n`);
    else if (results) {
      const figure = results.groups[0]!.arms.length > 1 ? `The figure is ${join(out, evaluationFiles.figure)}\n` : "";
      stdout.write(
        `${resultsText(results)}\n${figure}Every continuation is in ${join(out, evaluationFiles.generations)}\n`,
      );
    }
    return outcome;
  },
});

type Given = Omit<Config, "out" | "resume" | "threads" | "json">;

/** Settings of the run to go on with. @throws {EvaluationResumeError} when others were given along with --resume. */
async function resumed(out: string, given: Given): Promise<EvaluationConfig> {
  const stored = await settingsOfRun(out);
  const defaults: Readonly<Record<string, unknown>> = evaluationConfig.partial().parse({});
  for (const key of Object.keys(evaluationConfig.shape) as (keyof EvaluationConfig)[]) {
    const [came, was] = [given[key], stored[key]].map((value) => JSON.stringify(value));
    if (came === was || came === undefined || came === JSON.stringify(defaults[key])) continue;
    throw new EvaluationResumeError(
      `--resume keeps the settings of ${out}, where ${key} is ${was ?? "absent"}, not ${came}; leave it out, or start a new run`,
    );
  }
  return stored;
}
