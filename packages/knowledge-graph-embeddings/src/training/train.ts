import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  createRunFolder,
  readRun,
  resumeRunFolder,
  writeFileAtomic,
  type RunEvent,
  type RunFolder,
} from "@offprint/experiment";
import { cachePrograms, createResident, type Engine, type HostTensor } from "@offprint/tensor";
import { adam, schedule, train, type TrainingEvent } from "@offprint/training";
import { artefactFiles, saveCalibration, saveEmbeddings, saveGraph } from "../artefact.ts";
import { kgeSchema, resolveLoss, type KgeConfig, type ResolvedConfig } from "../config.ts";
import type { Dataset } from "../data/dataset.ts";
import { ArtefactError, SettingsChangedError, UntrainableDataError } from "../errors.ts";
import { queriesOf } from "../evaluation/queries.ts";
import { modelNamed } from "../models/index.ts";
import { createScorer } from "../scorer.ts";
import type { Embeddings } from "../scoring.ts";
import { initialEmbeddings } from "./initial.ts";
import { createJudge, headline, type Judge } from "./judge.ts";
import { QueryBatches } from "./query-batches.ts";
import { compileStep, type StepSettings, type TrainingTree } from "./step-program.ts";

/** Where and how a run happens, as opposed to what it learns. */
export interface TrainOptions {
  readonly engine: Engine;
  /** The run's folder. */
  readonly out: string;
  /** Go on from the folder's newest checkpoint. */
  readonly resume: boolean;
  /** The command line that repeats the run, for its record. */
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Seconds between two checkpoints. */
const checkpointSeconds = 60;
/**
 * Work between two losses told: some ten seconds on two cores. Counted, not timed, since a step that computes its loss is
 * another program, and which steps do must be the same when a run is repeated.
 */
const flopsBetweenLogs = 1e12;
const now = (): string => new Date().toISOString();

/**
 * Trains a model on a graph, keeps the weights of the best validation, calibrates, judges, and leaves a folder that explains
 * itself. Every event is on disk before it is told. After an interruption the same call with `resume` ends with the same
 * bytes as without it.
 * @throws {UntrainableDataError} {SettingsChangedError} {TrainingDivergedError}, and those of the run folder.
 */
export async function* trainModel(dataset: Dataset, given: KgeConfig, options: TrainOptions): AsyncGenerator<RunEvent> {
  const config = resolveLoss(given);
  const facts = {
    command: options.command,
    versions: { ...options.versions, onnxruntime: options.engine.version },
    seed: config.seed,
    dataHash: `sha256:${dataset.hash}`,
  };
  checkTrainable(dataset);
  if (options.resume) await checkSameData(options.out, facts.dataHash);
  await using folder = options.resume
    ? await resumeRunFolder(options.out, facts)
    : await createRunFolder(options.out, { ...kgeSchema, config, ...facts });
  try {
    for await (const event of runOn(folder, dataset, config, options)) {
      await folder.append(event);
      yield event;
    }
  } catch (error) {
    const failed = { type: "finished", time: now(), metrics: {} } as const;
    const event: RunEvent = options.signal?.aborted
      ? { ...failed, outcome: "cancelled" }
      : { ...failed, outcome: "failed", error: error instanceof Error ? error.message : String(error) };
    await folder.append(event).catch(() => undefined); // the first error is the one to tell
    yield event;
    if (event.outcome === "failed") throw error;
  }
}

async function* runOn(
  folder: RunFolder,
  dataset: Dataset,
  config: ResolvedConfig,
  { engine, resume, signal, command }: TrainOptions,
): AsyncGenerator<RunEvent> {
  const model = modelNamed(config.model, { official: config.official });
  const sizes = { entities: dataset.entities.size, relations: dataset.relations.size, dimension: config.dimension };
  const params = initialEmbeddings(model, sizes, config.seed);
  const optimizer = adam();
  const initial: TrainingTree = { params, optimizer: optimizer.init(params) as TrainingTree["optimizer"] };
  const state = await createResident<TrainingTree>(initial, { engine });
  const settings: StepSettings = { ...config, model, optimizer };
  const steps = cachePrograms((batchSize: number) => compileStep(state, settings, batchSize));
  const scorer = await createScorer(model, state, { gamma: config.gamma });
  try {
    const queries = queriesOf(dataset.train, { entityCount: sizes.entities, relationCount: sizes.relations });
    const batches = new QueryBatches(queries, {
      batchSize: config.batchSize,
      seed: config.seed,
      negatives: config.loss === "self-adversarial" ? config.negatives : 0,
      entityCount: sizes.entities,
    });
    const stepsPerEpoch = batches.batchesPerEpoch;
    const totalSteps = config.epochs * stepsPerEpoch;
    const first = await steps.get(Math.min(config.batchSize, queries.answers.length));
    const judge = createJudge(dataset, scorer);
    const checkpoints = join(folder.path, "checkpoints");
    const training = train({
      state,
      program: (batch) => steps.get((batch.inputs["heads"] as Int32Array).length),
      batches,
      learningRate: schedule({
        kind: "exponential",
        learningRate: config.learningRate,
        decay: config.decay,
        stepsPerEpoch,
      }),
      totalSteps,
      logEvery: Math.max(
        1,
        Math.min(50, Math.ceil(totalSteps / 400), Math.floor(flopsBetweenLogs / first.describe([]).flops)),
      ),
      checkpoints: { directory: checkpoints, resume, everySeconds: checkpointSeconds, keep: 1 },
      signal,
      ...(dataset.valid.length > 0 && {
        evaluation: {
          every: config.evaluateEvery * stepsPerEpoch,
          run: async (_step: number, stop: AbortSignal | undefined) => {
            await scorer.refresh();
            return judge.validate(stop);
          },
          selectBy: { metric: "mrr", mode: "max", patience: config.patience },
        },
      }),
    });

    let event = await training.next();
    const resumed = event.done || event.value.type !== "resumed" ? undefined : event.value;
    await folder.rewind(resumed?.step ?? 0);
    const description = `${model.title} on ${dataset.name}`;
    yield { type: "started", time: now(), command, total: totalSteps, unit: "step", description };
    if (!resumed) await saveGraph(folder.path, dataset);
    for (const note of dataset.notes) yield message("info", note);
    if (dataset.valid.length === 0)
      yield message("warning", "no validation triples: no best weights are chosen, no probabilities fitted");

    let finished: (TrainingEvent & { type: "finished" }) | undefined;
    for (; !event.done; event = await training.next()) {
      if (event.value.type === "finished") finished = event.value;
      yield* asRunEvents(event.value);
    }
    if (finished?.reason === "cancelled") {
      yield { type: "finished", time: now(), outcome: "cancelled", metrics: finished.best?.metrics ?? {} };
      return;
    }
    const learned = (await state.read("params")) as Embeddings<HostTensor>;
    await saveEmbeddings(folder.path, learned);
    await scorer.refresh();
    yield* conclude(folder, dataset, judge, config, totalSteps, signal);
    await rm(checkpoints, { recursive: true, force: true });
  } finally {
    await steps.dispose();
    await scorer.dispose();
    state.dispose();
  }
}

/** Calibration, full evaluation, and the last event. */
async function* conclude(
  folder: RunFolder,
  dataset: Dataset,
  judge: Judge,
  { seed }: KgeConfig,
  step: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent> {
  const calibration = await judge.calibrate(signal);
  await saveCalibration(folder.path, calibration);
  if (calibration.method === "none") yield message("warning", `no probabilities: ${calibration.reason}`);
  const judged = (["test", "valid"] as const).find((split) => dataset[split].length > 0);
  if (judged === undefined) {
    yield { type: "finished", time: now(), outcome: "completed", metrics: {} };
    return;
  }
  const report = await judge.report(dataset[judged], { seed, signal });
  await writeFileAtomic(
    join(folder.path, artefactFiles.evaluation),
    `${JSON.stringify({ split: judged, ...report })}\n`,
  );
  const metrics = headline(report);
  yield { type: "evaluation", step, split: judged, metrics, time: now() };
  yield { type: "finished", time: now(), outcome: "completed", metrics };
}

/** What the loop tells, in the words of a run. */
function* asRunEvents(event: TrainingEvent): Generator<RunEvent> {
  switch (event.type) {
    case "resumed":
      for (const problem of event.damaged) yield message("warning", problem);
      yield message("info", `going on from step ${event.step}`);
      return;
    case "step": {
      const { step, total, epoch, loss, rate, secondsLeft } = event;
      yield { type: "step", step, total, epoch: epoch + 1, loss, rate, secondsLeft, time: now() };
      return;
    }
    case "evaluation":
      yield {
        type: "evaluation",
        step: event.step,
        epoch: event.epoch + 1,
        split: "valid",
        metrics: event.metrics,
        time: now(),
      };
      return;
    case "finished":
      if (event.reason === "stopped early")
        yield message("info", `stopped early at step ${event.step}: no better validation`);
      if (event.best && event.best.step < event.step)
        yield message("info", `weights of step ${event.best.step} are kept, the best validation`);
      return;
    default:
      return;
  }
}

const message = (level: "info" | "warning", text: string): RunEvent => ({ type: "message", level, text, time: now() });

function checkTrainable({ name, entities, train: triples }: Dataset): void {
  if (triples.length === 0) throw new UntrainableDataError(`${name} has no training triples; wanted at least one`);
  if (entities.size < 2) {
    throw new UntrainableDataError(`${name} has ${entities.size} entity; ranking an answer needs at least two`);
  }
}

/** @throws {SettingsChangedError} when the folder's run was trained on other data. */
async function checkSameData(directory: string, dataHash: string): Promise<void> {
  const { record } = await readRun(directory);
  if (record?.outcome === "completed")
    throw new ArtefactError(directory, "holds a run that is complete; nothing is left to resume");
  if (record?.dataHash !== undefined && record.dataHash !== dataHash) {
    throw new SettingsChangedError(
      `${directory}: the data changed since the run began; start a new run in another folder`,
    );
  }
}
