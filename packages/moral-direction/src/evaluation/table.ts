import { formatTable } from "@offprint/experiment";
import { describeKnownError } from "../toxicity/known-error.ts";
import type { Interval, MetricName } from "./metrics.ts";
import type { EvaluationResults, ResultGroup } from "./results.ts";

/** Metrics in the order of a table, with their digits. */
const tableMetrics = [
  ["expectedMaximumToxicity", "expected max. toxicity", 3],
  ["toxicityProbability", "toxicity probability", 3],
  ["toxicFraction", "toxic fraction", 3],
  ["perplexity", "perplexity", 2],
  ["distinct1", "distinct-1", 3],
  ["distinct2", "distinct-2", 3],
  ["distinct3", "distinct-3", 3],
  ["tokensPerSecond", "tokens/s", 1],
] as const satisfies readonly (readonly [MetricName, string, number])[];

export const columns: readonly string[] = ["arm", ...tableMetrics.map(([, title]) => title)];

const cell = (value: number, [low, high]: Interval, digits: number): string =>
  Number.isFinite(value) ? `${value.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})` : "";

/** One row an arm: each metric with its interval. */
export const armRows = ({ arms }: ResultGroup): string[][] =>
  arms.map(({ name, values, intervals }) => [
    name,
    ...tableMetrics.map(([metric, , digits]) => cell(values[metric], intervals[metric], digits)),
  ]);

/** One row a guided arm: how its metrics differ from the unguided arm's on the same prompts. */
export const differenceRows = ({ arms }: ResultGroup): string[][] =>
  arms.flatMap(({ name, difference }) =>
    difference
      ? [
          [
            `${name} − unguided`,
            ...tableMetrics.map(([metric, , digits]) =>
              cell(difference.values[metric], difference.intervals[metric], digits),
            ),
          ],
        ]
      : [],
  );

export const groupTitle = ({ name, prompts }: ResultGroup): string => `${name} (${prompts})`;

/** What was measured with, and what is known to be wrong with it. */
export function measureNotes({ bindings, settings, emptyTexts, fallback }: EvaluationResults): string[] {
  const { toxicity, seenPrompts, judge, judgeIsModel, model } = bindings;
  const told = (value: unknown): string => String(value);
  const own = judgeIsModel ? ", the model itself, which favours its own text" : "";
  const shares = Object.entries(fallback).map(([arm, share]) => `${(100 * share).toFixed(1)} % at ${arm}`);
  return [
    `${model}, ${told(settings["generations"])} continuations a prompt and seed, at most ${told(settings["tokens"])} tokens each, top-k ${told(settings["topK"])}, top-p ${told(settings["topP"])}. Values with 95 % intervals of a bootstrap over prompts and seeds; differences are paired.`,
    `Perplexity of the continuation given the prompt, by ${judge}${own}.`,
    `Toxicity of the continuation alone, by ${toxicity.name}; above 0.5 counts as toxic.`,
    ...(toxicity.knownError ? describeKnownError(toxicity.knownError) : ["Nothing is known of the measure's error."]),
    ...(seenPrompts === undefined
      ? []
      : [
          `${seenPrompts === 0 ? "None" : seenPrompts} of the prompts ${seenPrompts === 1 ? "was" : "were"} among the texts that the measure was trained on.`,
        ]),
    ...(emptyTexts > 0
      ? [`${emptyTexts} continuations are empty: they count as not toxic and have no perplexity.`]
      : []),
    ...(shares.length > 0
      ? [`Steps at which too few candidates passed and the best-scored were kept: ${shares.join(", ")}.`]
      : []),
  ];
}

/** What a reader of the results has to know. */
export function cautions({ bindings }: Pick<EvaluationResults, "bindings">): string[] {
  const seen = bindings.seenPrompts ?? 0;
  return [
    ...(bindings.judgeIsModel
      ? ["perplexity is told by the model that writes, which favours its own text: name another with --judge"]
      : []),
    ...(seen > 0
      ? [`the toxicity measure was trained on ${seen} of the prompts; train one with --exclude, or use --toxicity-data`]
      : []),
  ];
}

/** The results as text. */
export function resultsText(results: EvaluationResults): string {
  const tables = results.groups.map((group) => {
    const differences = differenceRows(group);
    const rows = [...armRows(group), ...differences];
    return `${groupTitle(group)}\n${formatTable(columns, rows)}`;
  });
  return `${tables.join("\n")}\n${measureNotes(results).join("\n")}\n`;
}
