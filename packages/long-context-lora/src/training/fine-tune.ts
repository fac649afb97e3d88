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
import { createModel, describeContext, type LanguageModel } from "@offprint/language-model";
import { createResident, type Engine, type HostTensor, type Resident } from "@offprint/tensor";
import { adamw, checkpointNames, train, type TrainingEvent } from "@offprint/training";
import { fingerprintOf, type BaseFingerprint } from "../artefacts/base-fingerprint.ts";
import { checkCausality } from "../attention/causality.ts";
import { requireTrainable } from "../data/checks.ts";
import { batchKinds, TokenBatches } from "../data/batches.ts";
import { trainableNames } from "../method.ts";
import { planFile } from "../plan/compare-run.ts";
import { planRun, requireFit, type Plan } from "../plan/plan.ts";
import { fineTuneSchema, type FineTuneConfig } from "./config.ts";
import { LeakError, ResumeError } from "./errors.ts";
import type { FineTuneData } from "./fine-tune-data.ts";
import { createHeldOutJudge, metricNames, type HeldOutJudge } from "./held-out.ts";
import { initialTree, keptState } from "./initial.ts";
import { saveLearned } from "./save-learned.ts";
import { attentionOf, extendedConfig, loraOf, scheduleOf } from "./settings.ts";
import { StepBatches } from "./step-batches.ts";
import { noiseSizes, type StepSettings, type TuningTree } from "./step-program.ts";
import { createStepper, programsAtOnce } from "./stepper.ts";
import { leakText, planText, scheduleNotes, trainableText } from "./tell.ts";

/** Where and how a run happens, as opposed to what it learns. */
export interface FineTuneOptions {
  readonly engine: Engine;
  /** The run's folder. */
  readonly out: string;
  /** Go on from the folder's newest checkpoint. */
  readonly resume: boolean;
  /** Begin although the plan says that memory will not do. */
  readonly force?: boolean | undefined;
  /** The command line that repeats the run, for its record. */
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Judges what lies in the run's folder when all is learned; its metrics join those of the last event. */
  readonly judge?: ((folder: string) => AsyncGenerator<RunEvent, Readonly<Record<string, number>>>) | undefined;
}

/** Seconds between two checkpoints where no number of updates is asked for. */
const checkpointSeconds = 60;
const now = (): string => new Date().toISOString();
const message = (level: "info" | "warning", text: string): RunEvent => ({ type: "message", level, text, time: now() });

/**
 * Extends a model's context: trains with sparse attention, judges with full attention, and leaves a folder with an adapter that
 * PEFT reads (or a whole model, where all weights are trained). Every event is on disk before it is told. After an
 * interruption the same call with `resume` ends with the same bytes as without it.
 * @throws {PlanDoesNotFitError} {LeakError} {FineTuneSettingsError} {UntrainableDataError} {ResumeError} before anything is
 * written; {TrainingDivergedError}; and those of the run folder.
 */
export async function* fineTune(
  language: LanguageModel,
  data: FineTuneData,
  config: FineTuneConfig,
  options: FineTuneOptions,
): AsyncGenerator<RunEvent> {
  const facts = {
    command: options.command,
    versions: { ...options.versions, onnxruntime: options.engine.version },
    seed: config.seed,
    dataHash: data.hash,
  };
  const run = prepare(language, data, config, options);
  if (options.resume) await checkSameData(options.out, data.hash);
  const base = await loadBase(language, run, config, options.engine);
  using state = base.state;
  await using folder = options.resume
    ? await resumeRunFolder(options.out, facts)
    : await createRunFolder(options.out, { ...fineTuneSchema, config, ...facts });
  try {
    for await (const event of runOn(folder, { ...run, ...base, state, language, data, config }, options)) {
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

/** A run worked out, before anything is loaded. */
interface Prepared {
  readonly settings: StepSettings;
  readonly trainable: ReturnType<typeof trainableNames>;
  readonly plan: Plan;
}

/**
 * What a config means for a model, and its plan. Without data, so that a hopeless run is refused at once, that is the plan of
 * batches of the whole context; with data, of the lengths that there are.
 */
function planned(language: LanguageModel, config: FineTuneConfig, data?: FineTuneData) {
  scheduleOf(config);
  const attention = attentionOf(config);
  const model = createModel(extendedConfig(language.config, config));
  const lora = loraOf(config, model.config);
  const trainable = trainableNames(model, config.method, lora);
  const { batchSize, accumulate, method, recompute } = config;
  const [length = config.context, ...otherLengths] = data ? keptLengths(data, config) : [];
  const plan = planRun(model, { length, otherLengths, batchSize, accumulate, attention, method, lora, recompute });
  return { attention, model, lora, trainable, plan };
}

/** The lengths of the batches whose programs are kept at once, where that takes most memory. */
const keptLengths = ({ train }: FineTuneData, { batchSize, accumulate, steps }: FineTuneConfig): number[] =>
  batchKinds(train, batchSize)
    .slice(0, Math.min(programsAtOnce, steps * accumulate))
    .map(({ length }) => length);

/** @throws {PlanDoesNotFitError} {FineTuneSettingsError} where a run with these settings could not begin, whatever its data. */
export function requireFeasible(language: LanguageModel, config: FineTuneConfig): void {
  requireFit(planned(language, config).plan);
}

function prepare(
  language: LanguageModel,
  data: FineTuneData,
  config: FineTuneConfig,
  { force }: FineTuneOptions,
): Prepared {
  requireTrainable(data.findings);
  const { attention, model, lora, trainable, plan } = planned(language, config, data);
  if (!force) requireFit(plan);
  const { beta1, beta2, weightDecay, clip, method, recompute } = config;
  const settings: StepSettings = {
    model,
    attention,
    lora: method === "full" ? undefined : lora,
    headTrained: trainable.head,
    optimizer: adamw({ beta1, beta2, weightDecay }),
    clip: clip > 0 ? clip : undefined,
    recompute,
  };
  return { settings, trainable, plan };
}

/** What a run keeps of the base model: its weights themselves lie in the engine alone. */
interface Base {
  readonly state: Resident<TuningTree>;
  /** What the causality check found, where leaking is allowed. */
  readonly leak: string | undefined;
  readonly fingerprint: BaseFingerprint;
}

/** Reads the weights, checks the attention by them and puts them into the engine. @throws {LeakError} */
async function loadBase(
  language: LanguageModel,
  { settings, trainable }: Prepared,
  config: FineTuneConfig,
  engine: Engine,
): Promise<Base> {
  const weights = await language.readWeights();
  const leak = await findLeak(settings, weights, config, engine);
  const { model, lora, optimizer } = settings;
  const fingerprint = await fingerprintOf({
    config: language.config,
    shapes: language.model.shapes,
    readWeight: (name) => Promise.resolve(weights[name] as HostTensor),
  });
  const inParts = config.accumulate > 1;
  const initial = initialTree(model, weights, { lora, trainable, optimizer, seed: config.seed, inParts });
  const state = await createResident<TuningTree>(initial, { engine });
  return { state, leak, fingerprint }; // no function: it would keep alive all that this one's functions see, the weights as read
}

/** What the causality check found, where leaking is allowed. @throws {LeakError} where it is not. */
async function findLeak(
  { model, attention }: StepSettings,
  weights: Readonly<Record<string, HostTensor>>,
  { context, allowLeak }: FineTuneConfig,
  engine: Engine,
): Promise<string | undefined> {
  const report = await checkCausality({ model, weights, attend: attention, context, engine });
  if (report.causal) return undefined;
  const found = leakText(report);
  if (!allowLeak) throw new LeakError(attention.kind, found);
  return found;
}

interface Run extends Prepared, Base {
  readonly language: LanguageModel;
  readonly data: FineTuneData;
  readonly config: FineTuneConfig;
}

async function* runOn(
  folder: RunFolder,
  run: Run,
  { resume, signal, command, judge: judgeResult }: FineTuneOptions,
): AsyncGenerator<RunEvent> {
  const { settings, state, data, config } = run;
  const stepper = createStepper(state, settings);
  const judge = createHeldOutJudge(state, settings, data.heldOut);
  try {
    const noise = (tokens: number) => noiseSizes(settings, tokens);
    const tokens = new TokenBatches(data.train, { batchSize: config.batchSize, seed: config.seed });
    const checkpoints = join(folder.path, "checkpoints");
    const { checkpointEvery } = config;
    const training = train({
      state: keptState(state),
      program: (batch) => stepper.stepOf(batch),
      batches: new StepBatches(tokens, { accumulate: config.accumulate, seed: config.seed, noise }),
      learningRate: scheduleOf(config),
      totalSteps: config.steps,
      logEvery: 1, // a step that tells nothing would be another program, with memory of its own
      checkpoints: {
        directory: checkpoints,
        resume,
        keep: 1,
        ...(checkpointEvery === undefined ? { everySeconds: checkpointSeconds } : { everySteps: checkpointEvery }),
      },
      signal,
      ...(data.heldOut.length > 0 && {
        evaluation: {
          every: config.evaluateEvery,
          run: (_step: number, stop: AbortSignal | undefined) => judge.judge(stop),
        },
      }),
    });

    const description = `${run.language.name} to ${config.context} tokens, ${config.method}`;
    const started = { type: "started", command, total: config.steps, unit: "step", description } as const;
    const goesOn = resume && (await checkpointNames(checkpoints)).length > 0;
    if (!goesOn) {
      await folder.rewind(-1); // of a session that ended before its first checkpoint
      yield { ...started, time: now() };
      yield* begin(folder, run, judge, signal); // before the first update, which training.next() makes
    }
    let event = await training.next();
    if (!event.done && event.value.type === "resumed") {
      await folder.rewind(event.value.step);
      yield { ...started, time: now() };
    }

    let metrics: Readonly<Record<string, number>> = {};
    let finished: (TrainingEvent & { type: "finished" }) | undefined;
    for (; !event.done; event = await training.next()) {
      if (event.value.type === "finished") finished = event.value;
      if (event.value.type === "evaluation") metrics = event.value.metrics;
      yield* asRunEvents(event.value);
    }
    if (finished?.reason === "cancelled") {
      yield { type: "finished", time: now(), outcome: "cancelled", metrics };
      return;
    }
    await saveLearned(folder.path, run);
    await stepper.dispose(); // what its programs keep is the judge's to use
    const judged = judgeResult && (yield* judgeResult(folder.path));
    yield { type: "finished", time: now(), outcome: "completed", metrics: { ...withPerplexity(metrics), ...judged } };
    await rm(checkpoints, { recursive: true, force: true });
  } finally {
    await stepper.dispose();
  }
}

/** What is told before the first update: the plan, the data, and how good the model is so far. */
async function* begin(
  folder: RunFolder,
  { settings, trainable, plan, leak, data, config, language }: Run,
  judge: HeldOutJudge,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent> {
  await writeFileAtomic(join(folder.path, planFile), `${JSON.stringify(plan, undefined, 2)}\n`);
  yield message("info", describeContext(settings.model.config).text);
  if (settings.model.config.contextLength < config.context) {
    yield message(
      "warning",
      `the model is made for ${settings.model.config.contextLength} tokens, fewer than the context of ${config.context}`,
    );
  }
  yield message("info", trainableText(trainable, config.method, language.model));
  yield message("info", planText(plan, config));
  for (const { level, text } of scheduleNotes(config, data.train.count, language.model)) yield message(level, text);
  yield leak === undefined
    ? message("info", "the attention is causal: late tokens were changed, and nothing earlier moved")
    : message("warning", `the attention leaks, which was allowed: ${leak}`);
  for (const finding of data.findings) yield message(finding.level === "note" ? "info" : "warning", finding.message);
  if (data.heldOut.length === 0) return;
  yield { type: "evaluation", step: 0, split: "valid", metrics: await judge.judge(signal), time: now() };
}

function withPerplexity(metrics: Readonly<Record<string, number>>): Record<string, number> {
  const loss = metrics[metricNames.full];
  return { ...metrics, ...(loss !== undefined && { perplexity: Math.exp(loss) }) };
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
    default:
      return;
  }
}

/** @throws {ResumeError} when the folder's run is complete, or was trained on other data. */
async function checkSameData(directory: string, dataHash: string): Promise<void> {
  const { record } = await readRun(directory);
  if (record?.outcome === "completed")
    throw new ResumeError(`${directory} holds a run that is complete; nothing is left to resume`);
  if (record?.dataHash !== undefined && record.dataHash !== dataHash)
    throw new ResumeError(`${directory}: the data changed since the run began; start a new run in another folder`);
}
