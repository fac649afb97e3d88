import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { defineCommand, formatTable, safeFileName, writeFileAtomic, type Command } from "@offprint/experiment";
import { z } from "zod";
import { ownMaterial } from "../data/own-material.ts";
import { readMaterial } from "../data/read-material.ts";
import { readStudy } from "../data/study.ts";
import { writeDirection } from "../direction/artefact.ts";
import { scoreOfPlaced, type MoralDirection } from "../direction/direction.ts";
import { fitDirection, type FitReport } from "../direction/fit.ts";
import { defaultEncoder } from "../encoders/open-encoder.ts";
import { correlationPlot } from "../figures/correlation-plot.ts";
import { rankedPhrases } from "../figures/ranked-phrases.ts";
import { verbScatter } from "../figures/verb-scatter.ts";
import { agreementsOf, studyScores, type StudyAgreement } from "../scoring/study-agreement.ts";
import { encoderField, jsonSwitch, limits, openNamedEncoder, printJson, threadsField } from "./shared.ts";

const config = z.strictObject({
  encoder: encoderField,
  verbs: z.string().min(1).optional().meta({
    placeholder: "FILE",
    description: "Own verbs, and questions and contexts if wanted, as JSON or CSV; absent: our own English lists.",
  }),
  study: z.array(z.string().min(1)).optional().meta({
    placeholder: "CSV",
    description: "Answers of people to compare with: columns action, human_score, question.",
  }),
  out: z.string().min(1).meta({ placeholder: "FILE", description: "File for the direction, JSON." }),
  figures: z.string().min(1).optional().meta({
    placeholder: "DIR",
    description: "Folder for pictures: the verbs on two components, the phrases in their order, the studies.",
  }),
  threads: threadsField,
  json: jsonSwitch,
});

/** `offprint moral fit`: a direction from verbs and questions, with what there is to know about it. */
export const fitCommand: Command<typeof config> = defineCommand({
  name: "moral fit",
  summary: `Fit a moral direction to verbs, and report how far it can be trusted. ${limits}.`,
  config,
  examples: [
    { explains: "Our own verbs with the encoder that comes along.", config: { out: "direction.json" } },
    {
      explains: "Own verbs, another encoder, compared with people's answers.",
      config: {
        encoder: "models/minilm",
        verbs: "verbs.json",
        study: ["study.csv"],
        out: "minilm.json",
        figures: "figures",
      },
    },
  ],
  async run(settings, context) {
    const material = settings.verbs === undefined ? ownMaterial : await readMaterial(settings.verbs);
    const studies = await Promise.all((settings.study ?? []).map(readStudy));
    await using encoder = await openNamedEncoder(settings.encoder ?? defaultEncoder, context, settings.threads);
    const { direction, report } = await fitDirection(encoder, material);
    await writeDirection(settings.out, direction);
    if (settings.figures !== undefined) await drawDirection(settings.figures, direction);
    const agreements: StudyAgreement[] = [];
    for (const study of studies) {
      const scores = await studyScores(encoder, direction, study);
      agreements.push(...agreementsOf(study, scores));
      if (settings.figures === undefined) continue;
      const name = safeFileName(study.name.toLowerCase());
      const drawn = await correlationPlot({ id: "study", form: "file", study, scores: scores.questions });
      await writeFileAtomic(join(settings.figures, `study-${name}.svg`), drawn);
    }
    if (settings.json) printJson(context, { ...report, agreements });
    else context.stdout.write(fitText(report, agreements, settings.out));
  },
});

async function drawDirection(folder: string, direction: MoralDirection): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, "verbs.svg"), await verbScatter({ id: "verbs", form: "file", direction }));
  const phrases = direction.contexts.map((placed) => ({ name: placed.text, score: scoreOfPlaced(direction, placed) }));
  await writeFileAtomic(join(folder, "phrases.svg"), await rankedPhrases({ id: "phrases", form: "file", phrases }));
}

function fitText(report: FitReport, agreements: readonly StudyAgreement[], out: string): string {
  const { stability, standsOut } = report;
  const least = [...stability.verbs, ...stability.templates].toSorted((a, b) => b.degrees - a.degrees).slice(0, 3);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const lines = [
    `${report.encoder}: ${report.verbs} verbs in ${report.templates} questions`,
    `variance: ${report.ratios.map(percent).join(", ")}`,
    `first component ${standsOut.yes ? "stands out" : "does not stand out"}: gap ${standsOut.gap.toFixed(3)}, needed ${standsOut.needed.toFixed(3)}`,
    `good verbs ${report.good.toFixed(3)} on average, bad ones ${report.bad.toFixed(3)}; AUC ${report.auc[0]!.toFixed(3)}`,
    `norm ${report.norm.toPrecision(4)}, of "${report.normPhrase}"`,
    `turned most without ${least.map(({ without, degrees }) => `"${without}" (${degrees.toFixed(1)}°)`).join(", ")}`,
    ...report.warnings.map((warning) => `warning: ${warning}`),
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
    `\n${limits}.\nDirection: ${out}\n`,
  ].join("");
}
