import { rm } from "node:fs/promises";
import {
  commandLine,
  defineCommand,
  eventReporter,
  formatTable,
  readRun,
  requireFreeRunFolder,
  UsageError,
  type Command,
  type RunOutcome,
} from "@offprint/experiment";
import { z } from "zod";
import type { Material } from "../data/material.ts";
import { ownMaterial } from "../data/own-material.ts";
import { readMaterial } from "../data/read-material.ts";
import { readStudy } from "../data/study.ts";
import { labelled } from "../direction/fit.ts";
import { fitRun, fitSchema, type FitRunReport } from "../direction/fit-run.ts";
import { defaultEncoder } from "../encoders/open-encoder.ts";
import { encoderField, limits, openNamedEncoder, threadsField } from "./shared.ts";

const verbs = (kind: string) =>
  z
    .array(z.string().min(1))
    .optional()
    .meta({ placeholder: "VERB", description: `${kind} verbs; absent: those of our own lists.` });

const config = z.strictObject({
  encoder: encoderField,
  verbs: z.string().min(1).optional().meta({
    placeholder: "FILE",
    description: "Own verbs, and questions and contexts if wanted, as JSON or CSV; absent: our own English lists.",
  }),
  good: verbs("Good"),
  bad: verbs("Bad"),
  neutral: verbs("Other"),
  questions: z.int().min(1).optional().describe("Ask the first so many of the questions only; absent: all."),
  study: z.array(z.string().min(1)).optional().meta({
    placeholder: "CSV",
    description: "Answers of people to compare with: columns action, human_score, question.",
  }),
  out: z.string().min(1).meta({
    placeholder: "DIR",
    description: "Folder for the direction, its report and its figures. Must be new or empty.",
  }),
  resume: z.boolean().default(false).describe("Fit anew in the folder of a fit that was interrupted."),
  threads: threadsField,
  json: z.boolean().default(false).describe("One event a line on stdout, for programs."),
});

/** `offprint moral fit`: a direction from verbs and questions, with what there is to know about it. */
export const fitCommand: Command<typeof config> = defineCommand({
  name: "moral fit",
  summary: `Fit a moral direction to verbs, and report how far it can be trusted. ${limits}.`,
  config,
  examples: [
    { explains: "Our own verbs with the encoder that comes along.", config: { out: "runs/direction" } },
    {
      explains: "Own verbs, another encoder, compared with people's answers.",
      config: { encoder: "models/minilm", verbs: "verbs.json", study: ["study.csv"], out: "runs/minilm" },
    },
    {
      explains: "A few verbs from the command line.",
      config: { good: ["help", "thank", "share"], bad: ["rob", "betray", "bully"], out: "runs/few" },
    },
  ],
  async run({ out, resume, threads, json, ...settings }, context): Promise<RunOutcome> {
    const material = await materialOf(settings);
    labelled(material.verbs); // before anything is written
    const studies = await Promise.all((settings.study ?? []).map(readStudy));
    if (resume) await clearInterrupted(out);
    await requireFreeRunFolder(out);
    await using encoder = await openNamedEncoder(settings.encoder ?? defaultEncoder, context, threads);
    const command = commandLine(fitCommand, { ...settings, out, ...(threads && { threads }) });
    const versions = { offprint: context.version, node: process.versions.node };
    const { signal } = context;
    const events = fitRun({ encoder, material, studies, out, config: settings, command, versions, signal });
    const reporter = eventReporter(json, context);
    let outcome: RunOutcome = "failed";
    try {
      for (;;) {
        const { done, value } = await events.next();
        if (done) {
          if (!json && value) context.stdout.write(fitText(value, out));
          return outcome;
        }
        reporter.report(value);
        if (value.type === "finished") outcome = value.outcome;
      }
    } finally {
      reporter.close();
    }
  },
});

/** A fit takes seconds: what an interruption left is not worth going on from. @throws {UsageError} for anything else. */
async function clearInterrupted(out: string): Promise<void> {
  const { schema, record } = await readRun(out);
  if (schema !== fitSchema.schema) throw new UsageError(`${out} holds a run of "${schema}", not of this command`);
  if (record?.outcome === "completed") throw new UsageError(`${out} holds a fit that is complete; name another folder`);
  await rm(out, { recursive: true });
}

type Given = Pick<z.output<typeof config>, "verbs" | "good" | "bad" | "neutral" | "questions">;

/** The verbs and questions that were asked for. @throws {UsageError} {MaterialError} */
async function materialOf({ verbs: file, good, bad, neutral, questions }: Given): Promise<Material> {
  const named = good !== undefined || bad !== undefined || neutral !== undefined;
  if (file !== undefined && named)
    throw new UsageError("give the verbs either in --verbs FILE or in --good, --bad and --neutral");
  const { verbs: listed, templates, contexts } = file === undefined ? ownMaterial : await readMaterial(file);
  const verbsGiven = { good: good ?? listed.good, bad: bad ?? listed.bad, neutral: neutral ?? listed.neutral };
  return { verbs: verbsGiven, templates: templates.slice(0, questions), contexts };
}

function fitText(report: FitRunReport, out: string): string {
  const { stability, standsOut, agreements } = report;
  const least = [...stability.verbs, ...stability.templates].toSorted((a, b) => b.degrees - a.degrees).slice(0, 3);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const lines = [
    `${report.encoder}: ${report.verbs} verbs in ${report.templates} questions`,
    `variance: ${report.ratios.map(percent).join(", ")}`,
    `first component ${standsOut.yes ? "stands out" : "does not stand out"}: gap ${standsOut.gap.toFixed(3)}, needed ${standsOut.needed.toFixed(3)}`,
    `good verbs ${report.good.toFixed(3)} on average, bad ones ${report.bad.toFixed(3)}; AUC ${report.auc[0]!.toFixed(3)}`,
    `norm ${report.norm.toPrecision(4)}, of "${report.normPhrase}"`,
    `turned most without ${least.map(({ without, degrees }) => `"${without}" (${degrees.toFixed(1)}°)`).join(", ")}`,
  ];
  const rows = agreements.map(({ study, form, n, r, interval, p, rho, sameSign, auc }) => [
    study,
    form,
    n,
    r.toFixed(3),
    `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}`,
    p.toExponential(1),
    rho.toFixed(3),
    sameSign.toFixed(3),
    auc.toFixed(3),
  ]);
  const columns = ["study", "form", "n", "Pearson r", "95 % interval", "p", "Spearman", "same sign", "AUC"];
  return [
    `${lines.join("\n")}\n`,
    rows.length > 0 ? `\n${formatTable(columns, rows)}` : "",
    `\n${limits}.\nDirection, report and figures: ${out}\n`,
  ].join("");
}
