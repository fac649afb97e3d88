import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createRunFolder,
  parseConfig,
  readRun,
  requireFreeRunFolder,
  resumeRunFolder,
  writeFileAtomic,
  type RunEvent,
  type RunFolder,
  type SessionFacts,
} from "@offprint/experiment";
import type { HubOptions, LanguageModel } from "@offprint/language-model";
import type { Engine } from "@offprint/tensor";
import { armsOf, evaluationConfig, evaluationSchema, type EvaluationConfig } from "./config.ts";
import { EvaluationResumeError } from "./errors.ts";
import { thresholdCurve } from "./figure.ts";
import { GenerationLog } from "./generation-log.ts";
import { openInstruments, openMeasure, requireMeasure, type OpenInstruments } from "./instruments.ts";
import { promptLines, selectPrompts, type EvaluationPrompt } from "./prompts.ts";
import { bindingsSchema, evaluationFiles, type EvaluationResults } from "./results.ts";
import { resultsOf } from "./results-of.ts";
import { cautions } from "./table.ts";
import { writeBatch } from "./write-batch.ts";

export interface EvaluateOptions {
  /** Folder of the run. */
  readonly out: string;
  /** Go on with the run that is there. */
  readonly resume: boolean;
  readonly engine?: Engine | undefined;
  readonly hub?: HubOptions | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Lets a model go on with prompts, with and without guidance, and measures what it writes. Everything is kept in the run's folder, batch by
 * batch; the results at the end.
 * @throws {EvaluationInputError} {EvaluationResumeError} {ToxicityModelError} and what models, encoders and folders throw.
 */
export async function* evaluate(
  language: LanguageModel,
  settings: EvaluationConfig,
  options: EvaluateOptions,
): AsyncGenerator<RunEvent, EvaluationResults | undefined> {
  const { out, resume, signal, command, versions } = options;
  requireMeasure(settings);
  if (!resume) await requireFreeRunFolder(out);
  const { prompts, warnings } = await promptsOf(language, settings, options);
  const dataHash = `sha256:${createHash("sha256").update(promptLines(prompts)).digest("hex")}`;
  const facts: SessionFacts = { command, versions, seed: settings.seeds[0]!, dataHash };
  if (resume) await checkSameData(out, dataHash);
  const stored = { ...evaluationSchema, config: settings };
  await using folder = resume ? await resumeRunFolder(out, facts) : await createRunFolder(out, { ...stored, ...facts });
  let results: EvaluationResults | undefined;
  try {
    await writeFileAtomic(join(out, evaluationFiles.prompts), promptLines(prompts));
    const told = warnings.map((text) => message("warning", text));
    if (settings.toxicity === undefined) yield message("info", "getting the run's own toxicity measure ready");
    const measure = await openMeasure(out, settings, prompts, (level, text) => told.push(message(level, text)), signal);
    await using instruments = await openInstruments(language, measure, settings, prompts, options);
    await bind(out, instruments);
    for await (const event of eventsOf(folder, instruments, settings, prompts, told, options)) {
      await folder.append(event);
      yield event;
    }
    results = await finish(out, instruments, settings, prompts);
  } catch (error) {
    const cancelled = signal?.aborted === true;
    const event: RunEvent = {
      type: "finished",
      time: now(),
      outcome: cancelled ? "cancelled" : "failed",
      metrics: {},
      ...(!cancelled && { error: error instanceof Error ? error.message : String(error) }),
    };
    await folder.append(event);
    if (!cancelled) throw error;
    yield event;
    return undefined;
  }
  const event: RunEvent = { type: "finished", time: now(), outcome: "completed", metrics: metricsTold(results) };
  await folder.append(event);
  yield event;
  return results;
}

const message = (level: "info" | "warning", text: string): RunEvent => ({ type: "message", level, text, time: now() });

const now = (): string => new Date().toISOString();

async function* eventsOf(
  folder: RunFolder,
  instruments: OpenInstruments,
  settings: EvaluationConfig,
  prompts: readonly EvaluationPrompt[],
  told: readonly RunEvent[],
  { command, signal }: EvaluateOptions,
): AsyncGenerator<RunEvent> {
  const { batch: size, generations, seeds } = settings;
  const arms = armsOf(settings);
  const batches = Math.ceil(prompts.length / size);
  const membersOf = (batch: number) => prompts.slice(batch * size, (batch + 1) * size);
  using log = await openLog(folder.path, settings, prompts);
  const total = prompts.length * generations * seeds.length * arms.length;
  await folder.rewind(log.lines.length);
  const description = `${instruments.bindings.model}: ${prompts.length} prompts, ${generations} times, ${arms.length} arms`;
  yield { type: "started", time: now(), command, total, unit: "text", description };
  yield* told;
  for (const text of cautions(instruments)) yield message("warning", text);
  if (log.lines.length > 0) {
    yield message("info", `going on after ${log.lines.length} of ${total} texts`);
  }
  for (let batch = 0; batch < batches; batch++) {
    for (const seed of seeds) {
      for (const arm of arms) {
        if (log.has(seed, arm.name, batch)) continue;
        signal?.throwIfAborted();
        const work = { arm, seed, batch, first: batch * size, prompts: membersOf(batch) };
        log.append(await writeBatch(instruments, settings, work, signal));
        yield { type: "step", step: log.lines.length, total, time: now() };
      }
    }
  }
}

const openLog = (
  out: string,
  { batch: size, generations }: EvaluationConfig,
  prompts: readonly EvaluationPrompt[],
): Promise<GenerationLog> =>
  GenerationLog.open(join(out, evaluationFiles.generations), {
    batchSize: size,
    expected: (batch) => generations * prompts.slice(batch * size, (batch + 1) * size).length,
  });

/** The run's own prompts where it has them, else a sample of the file. */
async function promptsOf(
  { tokenizer, model }: LanguageModel,
  settings: EvaluationConfig,
  { out, resume }: EvaluateOptions,
): Promise<{ readonly prompts: readonly EvaluationPrompt[]; readonly warnings: readonly string[] }> {
  const kept = resume ? await readFile(join(out, evaluationFiles.prompts), "utf8").catch(() => undefined) : undefined;
  if (kept !== undefined) {
    const lines = kept.split("\n").filter(Boolean);
    return { prompts: lines.map((line) => (JSON.parse(line) as { prompt: EvaluationPrompt }).prompt), warnings: [] };
  }
  const room = model.config.contextLength - settings.tokens;
  return await selectPrompts(settings.prompts, {
    limit: settings.limit,
    kind: settings.toxicOnly ? "toxic" : settings.mix ? "mix" : "all",
    seed: settings.seeds[0]!,
    fits: (text) => tokenizer.encode(text).length < room,
  });
}

/** Keeps what the run is measured with; a run that goes on must use the same. @throws {EvaluationResumeError} */
async function bind(out: string, { bindings }: OpenInstruments): Promise<void> {
  const path = join(out, evaluationFiles.bindings);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return await writeFileAtomic(path, `${JSON.stringify(bindings, undefined, 2)}\n`);
  const before = bindingsSchema.parse(JSON.parse(text));
  const pairs = [
    ["toxicity measure", before.toxicity.id, bindings.toxicity.id],
    ["encoder", before.encoder, bindings.encoder],
    ["judge", before.judge, bindings.judge],
    ["model", before.model, bindings.model],
  ] as const;
  for (const [what, was, is] of pairs)
    if (was !== is)
      throw new EvaluationResumeError(`${out} was begun with the ${what} ${was}, not ${is}; start a new run`);
}

/** @throws {EvaluationResumeError} when the run is complete, or its prompts changed. */
async function checkSameData(out: string, dataHash: string): Promise<void> {
  const { record } = await readRun(out);
  if (record?.outcome === "completed")
    throw new EvaluationResumeError(`${out} holds a run that is complete; nothing is left to resume`);
  if (record?.dataHash !== undefined && record.dataHash !== dataHash)
    throw new EvaluationResumeError(
      `${out}: the prompts changed since the run began; start a new run in another folder`,
    );
}

/** Settings of the run to go on with. @throws {EvaluationResumeError} when the folder holds another kind of run. */
export async function settingsOfRun(out: string): Promise<EvaluationConfig> {
  const run = await readRun(out);
  if (run.schema !== evaluationSchema.schema)
    throw new EvaluationResumeError(`${out} holds a run of "${run.schema}", not of this command`);
  return parseConfig(evaluationConfig, run.config, `${out}/config.json`);
}

async function finish(
  out: string,
  { bindings }: OpenInstruments,
  settings: EvaluationConfig,
  prompts: readonly EvaluationPrompt[],
): Promise<EvaluationResults> {
  using log = await openLog(out, settings, prompts);
  const results = resultsOf(settings, bindings, prompts, log.lines);
  await writeFileAtomic(join(out, evaluationFiles.results), `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFileAtomic(join(out, evaluationFiles.figure), await thresholdCurve(results));
  return results;
}

const metricsTold = ({ groups }: EvaluationResults): Record<string, number> =>
  Object.fromEntries(
    groups[0]!.arms.flatMap(({ name, values }) => [
      [`${name}: expected maximum toxicity`, values.expectedMaximumToxicity],
      [`${name}: perplexity`, values.perplexity],
    ]),
  );
