import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  createRunFolder,
  safeFileName,
  writeFileAtomic,
  type RunEvent,
  type RunFolder,
  type StoredConfig,
} from "@offprint/experiment";
import type { Material } from "../data/material.ts";
import type { Study } from "../data/study.ts";
import type { Encoder } from "../encoders/encoder.ts";
import { correlationPlot } from "../figures/correlation-plot.ts";
import { rankedPhrases } from "../figures/ranked-phrases.ts";
import { verbScatter } from "../figures/verb-scatter.ts";
import { agreementsOf, studyScores, type StudyAgreement } from "../scoring/study-agreement.ts";
import { directionFile, writeDirection } from "./artefact.ts";
import { scoreOfPlaced, type MoralDirection } from "./direction.ts";
import { fitDirection, type FitReport } from "./fit.ts";

/** What a fit leaves in its folder, beside `config.json`, `record.json` and `metrics.jsonl`. */
const fitFiles = { direction: directionFile, report: "report.json", figures: "figures" } as const;

/** What `config.json` says that it holds. */
export const fitSchema = { schema: "offprint.moral.fit", schemaVersion: 1 } as const;

export interface FitRunOptions {
  readonly encoder: Encoder;
  readonly material: Material;
  /** What people said, to compare with. */
  readonly studies: readonly Study[];
  /** The run's folder: new or empty. */
  readonly out: string;
  readonly config: StoredConfig["config"];
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** A report, with how scores and people go together where studies were given. */
export type FitRunReport = FitReport & { readonly agreements: readonly StudyAgreement[] };

const now = (): string => new Date().toISOString();

/** A fit as a run: everything there is to know about a direction, in a folder of its own. */
export async function* fitRun(options: FitRunOptions): AsyncGenerator<RunEvent, FitRunReport | undefined> {
  const { encoder, material, studies, out, config, command, versions, signal } = options;
  const given = JSON.stringify({ encoder: encoder.id, material, studies });
  const dataHash = `sha256:${createHash("sha256").update(given).digest("hex")}`;
  await using folder = await createRunFolder(out, { ...fitSchema, config, command, versions, seed: 0, dataHash });
  const tell = async <E extends RunEvent>(event: E): Promise<E> => {
    await folder.append(event);
    return event;
  };
  const description = `a moral direction of ${encoder.id}`;
  try {
    yield await tell({ type: "started", time: now(), command, total: 1, unit: "fit", description });
    const { direction, report } = await fitDirection(encoder, material);
    signal?.throwIfAborted();
    await writeDirection(join(out, fitFiles.direction), direction);
    const agreements = await draw(folder, direction, options);
    signal?.throwIfAborted();
    const whole: FitRunReport = { ...report, agreements };
    await writeFileAtomic(join(out, fitFiles.report), `${JSON.stringify(whole, undefined, 2)}\n`);
    for (const text of report.warnings) yield await tell({ type: "message", level: "warning", text, time: now() });
    yield await tell({ type: "finished", time: now(), outcome: "completed", metrics: metricsOf(whole) });
    return whole;
  } catch (error) {
    const cancelled = signal?.aborted === true;
    const reason = error instanceof Error ? error.message : String(error);
    const ended = { type: "finished", time: now(), metrics: {} } as const;
    yield await tell(cancelled ? { ...ended, outcome: "cancelled" } : { ...ended, outcome: "failed", error: reason });
    if (!cancelled) throw error;
    return undefined;
  }
}

/** Pictures of the direction and of each study. */
async function draw(
  { path }: RunFolder,
  direction: MoralDirection,
  { encoder, studies }: FitRunOptions,
): Promise<StudyAgreement[]> {
  const figures = join(path, fitFiles.figures);
  await mkdir(figures, { recursive: true });
  const phrases = direction.contexts.map((placed) => ({ name: placed.text, score: scoreOfPlaced(direction, placed) }));
  await writeFileAtomic(join(figures, "verbs.svg"), await verbScatter({ id: "verbs", form: "file", direction }));
  await writeFileAtomic(join(figures, "phrases.svg"), await rankedPhrases({ id: "phrases", form: "file", phrases }));
  const agreements: StudyAgreement[] = [];
  for (const study of studies) {
    const scores = await studyScores(encoder, direction, study);
    agreements.push(...agreementsOf(study, scores));
    const drawn = await correlationPlot({ id: "study", form: "file", study, scores: scores.questions });
    await writeFileAtomic(join(figures, `study-${safeFileName(study.name.toLowerCase())}.svg`), drawn);
  }
  return agreements;
}

function metricsOf({ auc, ratios, good, bad, stability, agreements }: FitRunReport): Record<string, number> {
  const degrees = [...stability.verbs, ...stability.templates].map((one) => one.degrees);
  const asked = agreements.filter(({ form }) => form === "questions");
  return {
    auc: auc[0] ?? Number.NaN,
    "first component": ratios[0] ?? Number.NaN,
    "good verbs": good,
    "bad verbs": bad,
    "most degrees turned": Math.max(...degrees),
    ...Object.fromEntries(asked.map(({ study, r }) => [`r, ${study}`, r])),
  };
}
