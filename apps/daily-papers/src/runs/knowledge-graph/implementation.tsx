/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatBytes, formatDuration } from "@offprint/experiment";
import { writeShare } from "../../look/numbers.ts";
import type { Implementation } from "../implementation.ts";
import type { RunConfig } from "../run.ts";
import { trainCommandLine, trainWords } from "./command-line.ts";
import { Controls } from "./controls.tsx";
import { datasetTitle, listDatasets } from "./datasets.ts";
import { estimateRun } from "./estimate.ts";
import { LoadedModels } from "./loaded-models.ts";
import { mostAnswers, readQuestion, Result, type Answer, type Question } from "./result.tsx";
import { defaultValues, modelTitles, readSettings, settingsSchema } from "./settings.ts";
import type { TrainedModel } from "./trained-model.ts";

const mostSuggestions = 12;

/** The paper's implementation: `offprint kge train`, and what can be asked of the model it leaves. */
export function knowledgeGraphEmbeddings(load: (folder: string) => Promise<TrainedModel>): Implementation {
  const models = new LoadedModels(load);
  return {
    name: "knowledge-graph-embeddings",
    defaults: defaultValues,

    async readForm(values, dataFolder) {
      const reading = readSettings(values);
      if (!reading.ok) return reading;
      const datasets = await listDatasets(dataFolder);
      if (datasets.some(({ name }) => name === reading.config["dataset"])) return reading;
      return { ok: false, problems: { dataset: "Choose one of the graphs." } };
    },

    title(config) {
      const { model, dataset } = settingsOf(config);
      return `${modelTitles[model]} on ${datasetTitle(dataset)}`;
    },
    summary(config) {
      const { dimension, epochs } = settingsOf(config);
      return `${dimension} dimensions, ${epochs === 1 ? "1 epoch" : `${epochs} epochs`}`;
    },
    words: (config, dataFolder) => trainWords(settingsOf(config), dataFolder),
    commandLine: (config) => trainCommandLine(settingsOf(config)),

    async controls({ values, problems, dataFolder }) {
      return <Controls values={values} problems={problems} datasets={await listDatasets(dataFolder)} />;
    },
    async estimate(config) {
      const estimate = estimateRun(settingsOf(config));
      if (estimate === undefined) return "No estimate for this graph: its size is known once it has been read.";
      return `About ${formatDuration(estimate.seconds)} and ${formatBytes(estimate.bytes)} of memory on this machine.`;
    },

    headline(metrics) {
      const mrr = metrics["mrr"];
      return mrr === undefined ? undefined : { name: "MRR", value: writeShare(mrr) };
    },
    pictures: (progress) => [
      {
        title: "Training loss",
        x: { label: "step" },
        y: { label: "training loss" },
        series: [{ name: "loss", points: progress.losses }],
      },
      {
        title: "Validation",
        x: { label: "step" },
        y: { label: "validation, filtered ranking" },
        series: [
          { name: "MRR", points: progress.curve("mrr", "valid") },
          { name: "Hits@10", points: progress.curve("hits@10", "valid") },
        ],
      },
    ],

    async result(run, folder, query) {
      const question = readQuestion(query);
      try {
        const model = await models.get(folder);
        const answer = question === undefined ? undefined : await answerOf(model, question);
        const rules = await model.rules();
        return <Result run={run} model={model} trouble={undefined} question={question} answer={answer} rules={rules} />;
      } catch (error) {
        const trouble = `The trained model cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
        return (
          <Result run={run} model={undefined} trouble={trouble} question={question} answer={undefined} rules={[]} />
        );
      }
    },
    async suggest(folder, text) {
      const model = await models.get(folder);
      return model.suggest(text, mostSuggestions).map((term) => term.label);
    },
  };
}

/** Settings that this module wrote into the database, read back. */
function settingsOf(config: RunConfig) {
  return settingsSchema.parse(config);
}

async function answerOf(model: TrainedModel, { words, relation, given }: Question): Promise<Answer> {
  const found = model.findEntity(words);
  if (!("entity" in found) || !model.relations.some(({ label }) => label === relation)) {
    return { type: "unknown", nearest: "nearest" in found ? found.nearest : [] };
  }
  const { entity } = found;
  const predictions = await model.predict({ [given]: entity.label, relation, top: mostAnswers });
  return { type: "ranked", entity, predictions };
}
