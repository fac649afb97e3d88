import {
  commandLine,
  defineCommand,
  formatNumber,
  formatTable,
  progressReporter,
  UsageError,
  type Command,
  type CommandContext,
} from "@offprint/experiment";
import { z } from "zod";
import { readToxicityModel, scoresOf2020, writeToxicityModel } from "../toxicity/artefact.ts";
import { defaultFeatures } from "../toxicity/features.ts";
import { describeKnownError } from "../toxicity/known-error.ts";
import type { Estimate, ToxicityAgreement } from "../toxicity/measure.ts";
import { openToxicityMeasure } from "../toxicity/open-measure.ts";
import { readExcluded, readSamples, realToxicityFields } from "../toxicity/read-samples.ts";
import { trainToxicity } from "../toxicity/train.ts";

const config = z.strictObject({
  action: z.enum(["train", "rate"]).meta({
    placeholder: "train|rate",
    description: "train makes a model of --data; rate tells what --toxicity thinks of --text.",
  }),
  data: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "FILE", description: "Texts with scores from 0 to 1: JSON lines or .csv, each also as .gz." }),
  textField: z
    .array(z.string().min(1))
    .min(1)
    .default([...realToxicityFields.textFields])
    .describe("Where texts stand in a row; a point leads into an object."),
  scoreField: z
    .array(z.string().min(1))
    .min(1)
    .default([...realToxicityFields.scoreFields])
    .describe("Where their scores stand, in the same order."),
  exclude: z.array(z.string().min(1)).default([]).meta({
    placeholder: "FILE",
    description: "Rows that hold a text of these files are left out, as the prompts.jsonl of an evaluation.",
  }),
  words: z.int().min(0).max(5).default(defaultFeatures.words).describe("Words in a row that count together, at most."),
  characters: z
    .array(z.int().min(1).max(8))
    .length(2)
    .default([...defaultFeatures.characters])
    .describe("Characters in a row within a word: from, to."),
  bits: z.int().min(8).max(24).default(defaultFeatures.bits).describe("Places for features: 2 to this, twice."),
  penalty: z.number().positive().default(0.6).describe("Weight of the ridge: larger is smoother."),
  folds: z.int().min(2).max(20).default(5).describe("Parts of the cross-validation."),
  seed: z.int().min(0).default(0).describe("For the parts and the intervals."),
  scores: z.string().min(1).default(scoresOf2020).describe("What the scores are; told wherever the model is used."),
  out: z.string().min(1).optional().meta({ placeholder: "DIR", description: "Folder of the trained model." }),
  toxicity: z.string().min(1).optional().meta({
    placeholder: "SOURCE",
    description: "To rate with: a trained model's folder, a classifier with ONNX export, or a service's address.",
  }),
  toxicityLabel: z.string().min(1).optional().describe("Which label of a classifier says that a text is toxic."),
  text: z.array(z.string()).default([]).describe("Texts to rate."),
  json: z.boolean().default(false).describe("One JSON document on stdout, for programs."),
});

type Config = z.output<typeof config>;

/** `offprint moral toxicity train|rate`. */
export const toxicityCommand: Command<typeof config> = defineCommand({
  name: "moral toxicity",
  summary: "Train an offline measure of toxicity on rated texts, or rate texts with one.",
  config,
  arguments: ["action"],
  examples: [
    {
      explains: "On RealToxicityPrompts, prompts and continuations.",
      config: { action: "train", data: ["prompts.jsonl.gz"], out: "toxicity" },
    },
    {
      explains: "On a table of comments.",
      config: {
        action: "train",
        data: ["comments.csv"],
        textField: ["comment"],
        scoreField: ["toxic"],
        out: "toxicity",
      },
    },
    { explains: "Rate a text.", config: { action: "rate", toxicity: "toxicity", text: ["Have a nice day."] } },
  ],
  async run(settings, context) {
    await (settings.action === "train" ? train(settings, context) : rate(settings, context));
  },
});

async function train(settings: Config, { stdout, stderr, env, signal }: CommandContext): Promise<void> {
  const { data, textField, scoreField, out, words, characters, bits, penalty, folds, seed, json } = settings;
  if (data.length === 0 || out === undefined) throw new UsageError("train needs --data FILE and --out DIR");
  const fields = { textFields: textField, scoreFields: scoreField };
  const read = await readSamples(data, fields, await readExcluded(settings.exclude, textField));
  for (const warning of read.warnings) stderr.write(`${warning}\n`);
  const reporter = progressReporter(stderr, env);
  const time = () => new Date().toISOString();
  const description = `Toxicity of ${read.samples.length} texts`;
  const total = folds + 1;
  reporter.report({
    type: "started",
    time: time(),
    command: commandLine(toxicityCommand, settings),
    total,
    unit: "model",
    description,
  });
  const trained = await trainToxicity(read.samples, {
    features: { words, characters: [characters[0]!, characters[1]!], bits },
    penalty,
    folds,
    seed,
    signal,
    onProgress: (step) => reporter.report({ type: "step", time: time(), step, total }),
  }).finally(() => reporter.close());
  await writeToxicityModel(out, trained, {
    name: `n-grams of ${data.map((file) => file.split("/").at(-1)).join(", ")}`,
    scores: settings.scores,
    texts: read.samples.map(({ text }) => text),
  });
  const { id, knownError } = await readToxicityModel(out);
  const { crossValidation } = trained;
  const { unscored, excluded } = read;
  const calibration = trained.weights.calibration.kind;
  if (json) {
    const result = {
      id,
      out,
      texts: read.samples.length,
      unscored,
      excluded,
      calibration,
      knownError,
      crossValidation,
    };
    stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const rows = [...Object.entries(crossValidation.fields), ["all", crossValidation.all] as const];
  const columns = [
    "held-out texts",
    "count",
    "AUC (> 0.5)",
    "r",
    "mean error",
    "calibration error",
    "> 0.5: scores",
    "rates",
  ];
  const left = excluded > 0 ? `; ${excluded} rows were left out by --exclude` : "";
  const text = [
    formatTable(
      columns,
      rows.map(([name, one]) => [name, ...agreementCells(one)]),
    ),
    `Cross-validated in ${folds} folds, duplicates together; 95 % intervals. Calibration: ${calibration}.`,
    `${read.samples.length} texts with a score, ${unscored} without${left}.`,
    ...describeKnownError(knownError).slice(1),
    `The model is in ${out}`,
    "",
  ];
  stdout.write(text.join("\n"));
}

async function rate(settings: Config, { stdout, stderr, signal }: CommandContext): Promise<void> {
  const { toxicity, toxicityLabel, text, json } = settings;
  if (toxicity === undefined || text.length === 0) throw new UsageError("rate needs --toxicity SOURCE and --text TEXT");
  const measure = await openToxicityMeasure(toxicity, { label: toxicityLabel });
  const rates = await measure.rate(text, signal);
  const results = text.map((one, i) => ({ text: one, toxicity: rates[i]! }));
  if (json) {
    stdout.write(`${JSON.stringify({ measure: measure.id, knownError: measure.knownError, results })}\n`);
    return;
  }
  stdout.write(
    formatTable(
      ["toxicity", "text"],
      results.map((one) => [one.toxicity.toFixed(3), one.text]),
    ),
  );
  if (measure.knownError) stderr.write(`${describeKnownError(measure.knownError).join("\n")}\n`);
}

const agreementCells = ({ texts, auc, r, mae, ece, share }: ToxicityAgreement): (string | number)[] => [
  texts,
  estimateText(auc),
  estimateText(r),
  estimateText(mae),
  estimateText(ece),
  share.scores.toFixed(3),
  share.rates.toFixed(3),
];

const estimateText = (one: Estimate | null): string =>
  one === null ? "" : `${formatNumber(one.value)} (${one.interval.map((value) => value.toFixed(3)).join("–")})`;
