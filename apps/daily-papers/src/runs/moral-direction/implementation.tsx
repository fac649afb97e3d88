/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ownMaterial } from "@offprint/moral-direction/material";
import { writeAmount } from "../../look/numbers.ts";
import type { FormValues, Implementation, ResultFile } from "../implementation.ts";
import { foldersIn, listModels } from "../long-context/sources.ts";
import type { RunConfig } from "../run.ts";
import { fitCommandLine, fitWords } from "./command-line.ts";
import { Controls } from "./controls.tsx";
import { Explanation } from "./explanation.tsx";
import { GuidedPart, GuidedWriting } from "./guided.tsx";
import type { GuidedWriter } from "./guided-writer.ts";
import { Rater } from "./rater.ts";
import { rate, RatingPart } from "./rating.tsx";
import { fitFiles, FitNumbers, FitPictures, readFitReport, VerbPicture } from "./result.tsx";
import { defaultValues, readSettings, settingsSchema, verbsIn } from "./settings.ts";

const defaults = defaultValues(ownMaterial.verbs);

export interface MoralDirectionOptions {
  /** Lets a model write with and without guidance. */
  readonly write: GuidedWriter;
  /** Folder of model folders; absent: `models` in the data folder. */
  readonly modelsFolder?: string | undefined;
}

/** The paper's implementation: `offprint moral fit`, and what a direction can rate and guide. */
export function moralDirection({ write, modelsFolder }: MoralDirectionOptions): Implementation {
  const rater = new Rater();
  const writing = new GuidedWriting(write);
  const guide = async (sent: FormValues | undefined, dataFolder: string, direction?: string) => {
    const folders = foldersIn(dataFolder, modelsFolder);
    return writing.answer(sent, { models: await listModels(folders), folders, ...(direction && { direction }) });
  };
  return {
    name: "moral-direction",
    defaults,
    readForm: async (values) => readSettings(values, defaults),
    title: () => "A moral direction",
    summary(config) {
      const { good, bad, questions } = settingsOf(config);
      return `${verbsIn(good).length} good and ${verbsIn(bad).length} bad verbs, ${writeAmount(questions, "question")}`;
    },
    words: (config) => fitWords(settingsOf(config)),
    commandLine: (config) => fitCommandLine(settingsOf(config)),
    controls: async ({ values, problems }) => <Controls form={{ values, problems }} />,
    estimate: async () => "About 10 seconds and 400 MiB of memory.",
    headline(metrics) {
      const auc = metrics["auc"];
      return auc === undefined ? undefined : { name: "Good from bad (AUC)", value: auc.toFixed(3) };
    },
    pictures: () => [],
    portrait: async (folder) => <VerbPicture folder={folder} />,

    async explanation({ query, sent }, { path, dataFolder }) {
      const [rating, guided] = await Promise.all([rate(rater, query), guide(sent, dataFolder)]);
      return <Explanation paperPath={path} rating={rating} guided={guided} />;
    },

    async result(run, folder, { query, sent }) {
      const direction = join(folder, fitFiles.direction);
      const [report, rating, guided] = await Promise.all([
        readFitReport(folder),
        rate(rater, query, direction),
        guide(sent, join(folder, "..", ".."), direction),
      ]);
      return (
        <>
          <FitNumbers report={report} />
          <FitPictures folder={folder} />
          <RatingPart rating={rating} action={`/runs/${run.id}`} />
          <GuidedPart answer={guided} action={`/runs/${run.id}`} />
        </>
      );
    },
    async files(_, folder): Promise<ResultFile[]> {
      const { size } = await stat(join(folder, fitFiles.direction));
      return [{ name: fitFiles.direction, bytes: size }];
    },
    close: () => rater.close(),
  };
}

/** Settings that this module wrote into the database, read back. */
function settingsOf(config: RunConfig) {
  return settingsSchema.parse(config);
}
