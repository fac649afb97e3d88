import { join } from "node:path";
import {
  commandLine,
  defineCommand,
  formatCount,
  formatTable,
  parseConfig,
  readRun,
  writeFileAtomic,
  type Command,
  type RunOutcome,
} from "@offprint/experiment";
import { defaultEngine } from "@offprint/tensor";
import { z } from "zod";
import { attentionKinds, type AttentionKind } from "../attention/segments.ts";
import { methods, type Method } from "../method.ts";
import { readReportRuns } from "../report/report-data.ts";
import { reportPage } from "../report/report-page.ts";
import { fineTuneConfig, fineTuneSchema, type FineTuneConfig } from "../training/config.ts";
import { ResumeError } from "../training/errors.ts";
import { metricNames } from "../training/held-out.ts";
import { runFineTune } from "./finetune.ts";
import { jsonSwitch, printJson, threadsField } from "./shared.ts";

const shared = fineTuneConfig.omit({ method: true, attention: true, seed: true }).shape;

const config = z.strictObject({
  ...shared,
  methods: z
    .array(z.enum(methods))
    .min(1)
    .default([...methods])
    .describe("What is trained, one run each."),
  attentions: z.array(z.enum(attentionKinds)).min(1).default(["s2", "full"]).describe("Each with every method."),
  seeds: z.array(z.int().min(0)).min(1).default([0]).describe("Each with every method and attention."),
  out: z.string().min(1).meta({
    placeholder: "DIR",
    description:
      "Folder of the runs, the table and the report. Runs that are complete there are kept, others gone on with.",
  }),
  threads: threadsField,
  json: jsonSwitch,
});

/** What is varied. */
interface Wanted {
  readonly method: Method;
  readonly attention: AttentionKind;
  readonly seed: number;
}

/** One cell of the grid and what came of it. */
interface Cell extends Wanted {
  /** The run's folder, inside of the grid's. */
  readonly run: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** `offprint longlora ablate`: the recipe's parts, one run each, in one table. */
export const ablateCommand: Command<typeof config> = defineCommand({
  name: "longlora ablate",
  summary: "Train with every method and attention of a grid, one after the other, into one table and report.",
  config,
  examples: [
    {
      explains: "Which parts of the recipe matter on a small model.",
      config: {
        model: "stories260K",
        text: ["novels"],
        context: 2048,
        steps: 200,
        learningRate: 1e-3,
        out: "runs/grid",
      },
    },
  ],
  async run({ methods, attentions, seeds, out, threads, json, ...given }, output) {
    const cells: Cell[] = [];
    const command = commandLine(ablateCommand, { methods, attentions, seeds, out, ...given });
    for (const wanted of gridOf(methods, attentions, seeds)) {
      const settings = parseConfig(fineTuneConfig, { ...given, ...wanted }, "the command line");
      const name = [wanted.method, wanted.attention, ...(seeds.length > 1 ? [wanted.seed] : [])].join("-");
      const folder = join(out, name);
      output.stderr.write(`${name}\n`);
      const state = await stateOf(folder, settings);
      if (state !== "complete") {
        const place = { out: folder, ...(threads && { threads }), provider: "cpu", force: false } as const;
        const quiet = { ...output, stdout: { write: () => true } };
        const outcome: RunOutcome = await runFineTune(
          settings,
          { ...place, resume: state === "begun", json: false, command },
          quiet,
        );
        if (outcome !== "completed") return outcome;
      }
      cells.push({ ...wanted, run: name, ...(await resultOf(folder)) });
      await writeFileAtomic(join(out, "ablation.json"), `${JSON.stringify({ cells }, undefined, 2)}\n`);
    }
    const page = await reportPage(
      await readReportRuns(
        cells.map(({ run }) => join(out, run)),
        await defaultEngine(),
      ),
    );
    await writeFileAtomic(join(out, "report.html"), page);
    await writeFileAtomic(join(out, "ablation.txt"), tableOf(cells));
    if (json) printJson(output, { cells });
    else output.stdout.write(`${tableOf(cells)}\nThe report is ${join(out, "report.html")}\n`);
    return "completed";
  },
});

const gridOf = (methods: readonly Method[], attentions: readonly AttentionKind[], seeds: readonly number[]): Wanted[] =>
  attentions.flatMap((attention) => methods.flatMap((method) => seeds.map((seed) => ({ method, attention, seed }))));

async function resultOf(folder: string): Promise<Pick<Cell, "metrics" | "seconds">> {
  const { record, log } = await readRun(folder);
  const end = log.events.findLast((event) => event.type === "finished");
  return { metrics: end?.metrics ?? {}, seconds: record?.durationSeconds ?? 0 };
}

/** How far a run of the grid is. @throws {ResumeError} when its folder holds a run of other settings. */
async function stateOf(folder: string, settings: FineTuneConfig): Promise<"absent" | "begun" | "complete"> {
  const run = await readRun(folder).catch(() => undefined);
  if (run === undefined) return "absent";
  const same = run.schema === fineTuneSchema.schema && JSON.stringify(run.config) === JSON.stringify(settings);
  if (!same) throw new ResumeError(`${folder} holds a run of other settings; name another --out, or remove it`);
  return run.record?.outcome === "completed" ? "complete" : "begun";
}

function tableOf(cells: readonly Cell[]): string {
  const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "";
  const rows = cells.map(({ method, attention, seed, metrics, seconds }) => [
    method,
    attention,
    seed,
    number(metrics[metricNames.full], 4),
    number(metrics[metricNames.training] ?? metrics[metricNames.full], 4),
    number(metrics["perplexity"], 3),
    formatCount(Math.round(seconds)),
  ]);
  const columns = ["method", "attention", "seed", metricNames.full, metricNames.training, "perplexity", "seconds"];
  return formatTable(columns, rows);
}
