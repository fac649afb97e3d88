import { defineCommand, formatTable, printable, UsageError, writeFileAtomic, type Command } from "@offprint/experiment";
import { z } from "zod";
import { rankedPhrases } from "../figures/ranked-phrases.ts";
import { cosineBias } from "../scoring/cosine-bias.ts";
import { scorer, type Score } from "../scoring/scorer.ts";
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
  phrases: z
    .array(z.string())
    .optional()
    .meta({ placeholder: "PHRASE", description: 'Actions in the infinitive, "help a stranger".' }),
  file: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE", description: "Phrases or texts, one a line; - reads stdin." }),
  form: formField,
  question: z
    .string()
    .min(1)
    .optional()
    .describe('The one question of --form question, with {action} in it; absent: the first, "Is it ok to {action}".'),
  direction: directionField,
  encoder: encoderField,
  window: windowField,
  windowTokens: windowTokensField,
  baseline: z
    .boolean()
    .default(false)
    .describe("Show the cosine baseline beside each score, the Moral Choice Machine."),
  svg: z.string().min(1).optional().meta({ placeholder: "FILE", description: "Chart of the phrases on the axis." }),
  threads: threadsField,
  json: jsonSwitch,
});

/** `offprint moral score`: where phrases lie on a moral direction. */
export const scoreCommand: Command<typeof config> = defineCommand({
  name: "moral score",
  summary: `Rate phrases on a moral direction. ${limits}.`,
  arguments: ["phrases"],
  config,
  examples: [
    {
      explains: "Two phrases, offline, with the direction that comes along.",
      config: { phrases: ["kill time", "kill people"] },
    },
    { explains: "A long text, sentence by sentence.", config: { file: "letter.txt", window: "sentence" } },
  ],
  async run(settings, context) {
    const phrases = [...(settings.phrases ?? []), ...(settings.file === undefined ? [] : await linesOf(settings.file))];
    if (phrases.length === 0)
      throw new UsageError('nothing to rate: write phrases, offprint moral score "help a stranger", or name a --file');
    if (settings.question !== undefined && !settings.question.includes("{action}"))
      throw new UsageError(`--question ${JSON.stringify(settings.question)} has no {action} in it`);
    if (settings.question !== undefined && (settings.form ?? "question") !== "question")
      throw new UsageError(`--question goes with --form question, not with --form ${settings.form}`);
    await using opened = await openDirection(settings, context);
    const { direction, encoder } = opened;
    const { question, windowTokens } = settings;
    const form = settings.form ?? (question === undefined ? undefined : "question");
    const window = settings.window === "tokens" ? { tokens: windowTokens } : settings.window;
    const scores = await scorer(encoder, direction, { form, question, window }).score(phrases);
    const biases = settings.baseline ? await cosineBias(encoder, direction.templates, phrases) : undefined;
    if (settings.svg !== undefined) {
      const points = scores.map(({ text, ...rest }) => ({ name: text, ...rest }));
      await writeFileAtomic(settings.svg, await rankedPhrases({ id: "phrases", form: "file", phrases: points }));
    }
    if (settings.json) {
      const listed = scores.map(({ text, ...rest }, index) => ({
        phrase: text,
        ...rest,
        ...(biases && { cosine: biases[index] }),
      }));
      printJson(context, listed);
    } else {
      context.stdout.write(scoreText(scores, biases));
    }
  },
});

function scoreText(scores: readonly Score[], biases: readonly number[] | undefined): string {
  const windowed = scores.some(({ least }) => least !== undefined);
  const rows = scores.map(({ text, score, interval, least }, index) => [
    signed(score),
    interval ? `${signed(interval[0])} to ${signed(interval[1])}` : "unknown",
    ...(windowed ? [signed(least ?? score)] : []),
    ...(biases ? [signed(biases[index]!)] : []),
    text.length > 60 ? `${text.slice(0, 59)}…` : text,
  ]);
  const columns = ["score", "95 % interval", ...(windowed ? ["least"] : []), ...(biases ? ["cosine"] : []), "phrase"];
  const cautions = [...new Set(scores.flatMap((score) => score.cautions))].map((caution) => {
    const concerned = scores.filter((score) => score.cautions.includes(caution));
    return `- ${caution}: ${namesOf(concerned.map(({ text }) => text))}`;
  });
  return [
    formatTable(columns, rows),
    cautions.length > 0 ? `\nCautions\n${cautions.join("\n")}\n` : "",
    `\n${limits}.\n`,
  ].join("");
}

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

function namesOf(phrases: readonly string[]): string {
  const shown = phrases.slice(0, 5).map((phrase) => printable(phrase.length > 40 ? `${phrase.slice(0, 39)}…` : phrase));
  return shown.join(", ") + (phrases.length > shown.length ? ` and ${phrases.length - shown.length} more` : "");
}
