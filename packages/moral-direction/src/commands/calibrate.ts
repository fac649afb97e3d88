import { defineCommand, lineChart, UsageError, writeFileAtomic, type Command } from "@offprint/experiment";
import { z } from "zod";
import { readLabelledTexts, type LabelledText } from "../data/labelled-texts.ts";
import { calibrate, type Calibration } from "../scoring/calibrate.ts";
import { scorer } from "../scoring/scorer.ts";
import type { Rate } from "../statistics/roc.ts";
import {
  directionField,
  encoderField,
  formField,
  jsonSwitch,
  limits,
  linesOf,
  openDirection,
  printJson,
  threadsField,
  windowField,
  windowTokensField,
} from "./shared.ts";

const config = z.strictObject({
  clean: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE", description: "Texts to let pass, one a line; together with --toxic." }),
  toxic: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE", description: "Texts to remove, one a line; together with --clean." }),
  data: z.string().min(1).optional().meta({
    placeholder: "FILE",
    description: "Labelled texts in one file: CSV or JSON lines with text and label, or RealToxicityPrompts; also .gz.",
  }),
  falsePositiveRate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Share of clean texts that may be lost; absent: the best difference of the two rates (Youden)."),
  texts: z.int().min(40).optional().describe("Use at most so many texts, evenly spread; absent: all."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe("Of the split into the half to choose on and the half to judge on."),
  form: formField.describe("Text to embed, as it will be used; absent: phrase, which guidance scores."),
  direction: directionField,
  encoder: encoderField,
  window: windowField,
  windowTokens: windowTokensField,
  svg: z.string().min(1).optional().meta({ placeholder: "FILE", description: "Chart of the ROC curve." }),
  threads: threadsField,
  json: jsonSwitch,
});

/** `offprint moral calibrate`: a threshold from data, instead of −0.5, 0 or 0.5. */
export const calibrateCommand: Command<typeof config> = defineCommand({
  name: "moral calibrate",
  summary: `Choose a threshold for an encoder and a form of text from labelled texts. ${limits}.`,
  config,
  examples: [
    {
      explains: "Lose at most a tenth of the clean texts.",
      config: { data: "comments.csv", falsePositiveRate: 0.1, form: "phrase" },
    },
  ],
  async run(settings, context) {
    const texts = await labelledTexts(settings);
    await using opened = await openDirection(settings, context);
    const { direction, encoder } = opened;
    const window = settings.window === "tokens" ? { tokens: settings.windowTokens } : settings.window;
    const form = settings.form ?? "phrase";
    const { falsePositiveRate } = settings;
    const found = await calibrate(scorer(encoder, direction, { form, window }), spreadOver(texts, settings.texts), {
      objective: falsePositiveRate === undefined ? "youden" : { falsePositiveRate },
      seed: settings.seed,
      encoder: encoder.id,
      form,
    });
    if (settings.svg !== undefined) await writeFileAtomic(settings.svg, await rocChart(found));
    if (settings.json) printJson(context, found);
    else context.stdout.write(calibrationText(found));
  },
});

async function labelledTexts({ clean, toxic, data }: z.output<typeof config>): Promise<LabelledText[]> {
  if (data !== undefined && clean === undefined && toxic === undefined) return readLabelledTexts(data);
  if (data !== undefined || clean === undefined || toxic === undefined)
    throw new UsageError("name either one --data FILE of labelled texts, or both --clean FILE and --toxic FILE");
  return [
    ...(await linesOf(clean)).map((text) => ({ text, toxic: false })),
    ...(await linesOf(toxic)).map((text) => ({ text, toxic: true })),
  ];
}

function spreadOver<T>(all: readonly T[], most = all.length): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)]!);
}

const rocChart = ({ judged, encoder, form }: Calibration): Promise<string> =>
  lineChart({
    id: "roc",
    form: "file",
    title: `Texts removed by a threshold: ${encoder}, ${form}`,
    x: { label: "share of clean texts removed" },
    y: { label: "share of toxic texts removed" },
    series: [
      { name: "score", points: judged.roc.map(({ falsePositive: x, truePositive: y }) => ({ x, y })) },
      { name: "chance", points: [0, 1].map((x) => ({ x, y: x })) },
    ],
  });

function calibrationText({ encoder, form, threshold, judged, chosenOn }: Calibration): string {
  const rate = ({ share, interval, n }: Rate) =>
    `${share.toFixed(3)} (95 % ${interval.map((end) => end.toFixed(3)).join(" to ")}, ${n} texts)`;
  return [
    `threshold ${threshold.toFixed(4)} for ${encoder}, form ${form}; chosen on ${chosenOn.n} texts, judged on others:`,
    `clean texts removed  ${rate(judged.falsePositive)}`,
    `toxic texts removed  ${rate(judged.truePositive)}`,
    `area under the ROC   ${rate(judged.auc)}`,
    "",
    `It holds for this encoder, this form and texts like these. ${limits}.`,
    "",
  ].join("\n");
}
