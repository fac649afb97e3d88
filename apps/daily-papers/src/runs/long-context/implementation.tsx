/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { formatCount, formatNumber } from "@offprint/experiment";
import type { Implementation, Picture, ResultFile } from "../implementation.ts";
import type { RunProgress } from "../run.progress.ts";
import type { RunConfig } from "../run.ts";
import { writeAmount } from "../../look/numbers.ts";
import { finetuneCommandLine, finetuneWords } from "./command-line.ts";
import { ContinuationPart, SideBySide } from "./continuation.tsx";
import { Controls } from "./controls.tsx";
import { estimateRun } from "./estimate.ts";
import { readEvaluation } from "./evaluation.ts";
import { Explanation } from "./explanation.tsx";
import { attentionTitles } from "./mask-choice.ts";
import { Files, Numbers, Passkeys } from "./result.tsx";
import { defaultValues, readSettings, settingsSchema } from "./settings.ts";
import { foldersIn, listModels, listTexts, modelArgument, sourceTitle } from "./sources.ts";
import type { Writer } from "./writer.ts";

/** Where a run's folder keeps what was learned: an adapter, or a whole model where all weights were trained. */
const learned = { adapter: "adapter", model: "model" } as const;

export interface LongContextOptions {
  /** Lets a model go on with a text. */
  readonly write: Writer;
  /** Folder of model folders; absent: `models` in the data folder. */
  readonly modelsFolder?: string | undefined;
}

/** The paper's implementation: `offprint longlora finetune`, and what the model it leaves can do. */
export function longContextLora({ write, modelsFolder }: LongContextOptions): Implementation {
  const sideBySide = new SideBySide(write);
  return {
    name: "long-context-lora",
    defaults: defaultValues,

    async readForm(values, dataFolder) {
      const reading = readSettings(values);
      if (!reading.ok) return reading;
      const folders = foldersIn(dataFolder, modelsFolder);
      const [models, texts] = await Promise.all([listModels(folders), listTexts(folders)]);
      const problems = {
        ...(models.some(({ name }) => name === reading.config["model"]) ? {} : { model: "Choose one of the models." }),
        ...(texts.some(({ name }) => name === reading.config["text"]) ? {} : { text: "Choose one of the texts." }),
      };
      return Object.keys(problems).length === 0 ? reading : { ok: false, problems };
    },

    title(config) {
      const { model, context } = settingsOf(config);
      return `${sourceTitle(model)}, to ${formatCount(context)} tokens`;
    },
    summary(config) {
      const { attention, group, method, steps } = settingsOf(config);
      const kind = `${attentionTitles[attention]} attention${attention === "full" ? "" : `, groups of ${formatCount(group)}`}`;
      return `${kind}, ${method}, ${writeAmount(steps, "step")}`;
    },
    words: (config, dataFolder) => finetuneWords(settingsOf(config), foldersIn(dataFolder, modelsFolder)),
    commandLine: (config) => finetuneCommandLine(settingsOf(config)),

    async controls({ values, problems, dataFolder }) {
      const folders = foldersIn(dataFolder, modelsFolder);
      const [models, texts] = await Promise.all([listModels(folders), listTexts(folders)]);
      return <Controls form={{ values, problems }} models={models} texts={texts} />;
    },
    estimate: (config, dataFolder) => estimateRun(settingsOf(config), foldersIn(dataFolder, modelsFolder)),

    headline(metrics) {
      const perplexity = metrics["perplexity"];
      return perplexity === undefined ? undefined : { name: "Perplexity", value: formatNumber(perplexity) };
    },
    pictures: (progress) => [trainingPicture(progress), judgedPicture(progress)],

    explanation: async ({ query }) => <Explanation query={query} />,

    async result(run, folder, { sent }) {
      const { model, method } = settingsOf(run.config);
      const before = { model: modelArgument(model, foldersIn(join(folder, "..", ".."), modelsFolder)) };
      const after =
        method === "full"
          ? { model: join(folder, learned.model) }
          : { ...before, adapter: join(folder, learned.adapter) };
      const [evaluation, continuation, files] = await Promise.all([
        readEvaluation(folder),
        sideBySide.answer(sent, { before, after }),
        learnedFiles(folder),
      ]);
      return (
        <>
          {evaluation.perplexity !== undefined && <Numbers perplexity={evaluation.perplexity} />}
          {evaluation.passkey !== undefined && <Passkeys passkey={evaluation.passkey} />}
          <ContinuationPart run={run} continuation={continuation} />
          <Files run={run} files={files} />
        </>
      );
    },
    files: (_, folder) => learnedFiles(folder),
    close: async () => undefined,
  };
}

function trainingPicture({ losses }: RunProgress): Picture {
  return {
    title: "Training loss",
    x: { label: "step" },
    y: { label: "training loss", unit: "nats a token" },
    series: [{ name: "loss", points: losses }],
  };
}

/** The gap between the two says whether what was learned under the training's attention holds under full attention. */
function judgedPicture(progress: RunProgress): Picture {
  return {
    title: "Loss on text that is not trained on",
    x: { label: "step" },
    y: { label: "loss on held-out text", unit: "nats a token" },
    series: [
      { name: "full attention", points: progress.curve("full-attention loss", "valid") },
      { name: "as in training", points: progress.curve("training-attention loss", "valid") },
    ],
  };
}

async function learnedFiles(folder: string): Promise<ResultFile[]> {
  const found = await Promise.all(
    Object.values(learned).map(async (part) => {
      const names: string[] = await readdir(join(folder, part)).catch(() => []);
      return names.toSorted().map((name) => `${part}/${name}`);
    }),
  );
  const files = await Promise.all(found.flat().map(async (name) => ({ name, file: await stat(join(folder, name)) })));
  return files.flatMap(({ name, file }) => (file.isFile() ? [{ name, bytes: file.size }] : []));
}

/** Settings that this module wrote into the database, read back. */
function settingsOf(config: RunConfig) {
  return settingsSchema.parse(config);
}
