/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatBytes, formatDuration } from "@offprint/experiment";
import { writeShare } from "../../look/numbers.ts";
import type { Child } from "hono/jsx";
import type { FormValues, Implementation, Picture } from "../implementation.ts";
import type { Point } from "../run.progress.ts";
import type { Run, RunConfig } from "../run.ts";
import { trainCommandLine, trainWords } from "./command-line.ts";
import { Controls } from "./controls.tsx";
import { datasetTitle, listDatasets } from "./datasets.ts";
import { estimateRun } from "./estimate.ts";
import { LoadedModels } from "./loaded-models.ts";
import { readEvaluation } from "./evaluation.ts";
import { Ask, Numbers, Rules, RulesTable } from "./result.tsx";
import { defaultValues, modelTitles, readSettings, settingsSchema } from "./settings.ts";
import type { Question, TrainedModel } from "./trained-model.ts";

const mostSuggestions = 12;
const mostAnswers = 10;

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
      return <Controls form={{ values, problems }} datasets={await listDatasets(dataFolder)} />;
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
      lossPicture(progress.losses),
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

    async result(run, folder, { query }) {
      const [evaluation, asked] = await Promise.all([readEvaluation(folder), askPart(run, folder, query)]);
      return (
        <>
          {evaluation !== undefined && <Numbers evaluation={evaluation} />}
          {asked}
        </>
      );
    },
    suggest: (folder, text) =>
      models.use(folder, async (model) =>
        model.suggest(text, mostSuggestions).map(({ label, name, description }) => ({
          value: label,
          text: description === undefined ? name : `${name}: ${description}`,
        })),
      ),
    parts: {
      rules: async (folder) => <RulesTable learned={await models.use(folder, (model) => model.rules())} />,
    },
    close: () => models.close(),
  };

  async function askPart(run: Run, folder: string, query: FormValues): Promise<Child> {
    try {
      return await models.use(folder, async (model) => {
        const question = readQuestion(query, model);
        const reply = question === undefined ? undefined : await model.ask(question, mostAnswers);
        const learned = query["rules"] === "on" ? await model.rules() : undefined;
        return (
          <>
            <Ask run={run} relations={model.relations} question={question} reply={reply} />
            <Rules run={run} learned={learned} />
          </>
        );
      });
    } catch (error) {
      return (
        <p class="problems">
          The trained model cannot be asked: {error instanceof Error ? error.message : String(error)}
        </p>
      );
    }
  }
}

/** A loss that falls by orders of magnitude is drawn by its logarithm: else its beginning hides the rest. */
function lossPicture(points: readonly Point[]): Picture {
  const values = points.map(({ y }) => y);
  const isSteep = Math.min(...values) > 0 && Math.max(...values) > 30 * Math.min(...values);
  return {
    title: "Training loss",
    x: { label: "step" },
    y: { label: isSteep ? "log₁₀ of the training loss" : "training loss" },
    series: [{ name: "loss", points: isSteep ? points.map(({ x, y }) => ({ x, y: Math.log10(y) })) : points }],
  };
}

/** What the address asks, or undefined when it asks nothing that the model can be asked. */
function readQuestion(query: FormValues, model: TrainedModel): Question | undefined {
  const words = (query["words"] ?? "").trim();
  const relation = query["relation"] ?? "";
  if (words === "" || !model.relations.some(({ label }) => label === relation)) return undefined;
  return { find: query["find"] === "head" ? "head" : "tail", words, relation };
}

/** Settings that this module wrote into the database, read back. */
function settingsOf(config: RunConfig) {
  return settingsSchema.parse(config);
}
