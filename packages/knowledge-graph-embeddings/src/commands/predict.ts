import { defineCommand, formatCount, formatTable, UsageError, type Command } from "@offprint/experiment";
import { z } from "zod";
import { loadTrained } from "../artefact.ts";
import type { Predictions } from "../inference/predict.ts";
import { predict } from "../inference/predictor.ts";
import { called, jsonSwitch, percent, printJson, trainedFolder } from "./show.ts";

const config = z.strictObject({
  directory: trainedFolder,
  head: z.string().min(1).optional().describe("Entity that the answers are tails of; either this or --tail."),
  tail: z.string().min(1).optional().describe("Entity that the answers are heads of."),
  relation: z.string().min(1).describe("Label of the relation, or its name."),
  top: z.int().min(1).max(1_000_000).default(10).describe("Answers wanted."),
  includeKnown: z.boolean().default(false).describe("Keep answers that are facts of the graph already."),
  json: jsonSwitch,
});

/** `offprint kge predict`: ranked answers with score, probability and spread. */
export const predictCommand: Command<typeof config> = defineCommand({
  name: "kge predict",
  summary: "Rank the entities that answer (head, relation, ?) or (?, relation, tail).",
  config,
  arguments: ["directory"],
  examples: [
    {
      explains: "What is a dog a kind of?",
      config: { directory: "runs/wordnet", head: "dog.n.01", relation: "hypernym" },
    },
    {
      explains: "The other way round, known facts included.",
      config: { directory: "runs/wordnet", tail: "dog.n.01", relation: "hypernym", includeKnown: true },
    },
  ],
  async run({ directory, json, ...query }, { stdout }) {
    if ((query.head === undefined) === (query.tail === undefined)) {
      throw new UsageError(
        `offprint kge predict: wanted either --head or --tail; ${query.head === undefined ? "neither" : "both"} came`,
      );
    }
    const predictions = await predict(await loadTrained(directory), query);
    if (json) printJson(stdout, predictions);
    else stdout.write(predictionText(predictions));
  },
});

function predictionText({ query, answers, knownLeftOut, candidates, meaning }: Predictions): string {
  const [given, relation] = [called(query.given), query.relation.name];
  const question = query.asks === "tail" ? `${given} — ${relation} → ?` : `? — ${relation} → ${given}`;
  const [first] = answers;
  const hasProbability = first?.probability !== undefined;
  const hasSpread = first?.spread !== undefined;
  const hasKnown = answers.some(({ known }) => known);
  const columns = [
    "",
    "answer",
    "score",
    ...(hasProbability ? ["probability"] : []),
    ...(hasSpread ? ["spread", "larger than"] : []),
    ...(hasKnown ? ["known"] : []),
  ];
  const rows = answers.map(({ place, entity, name, score, probability, spread, split }) => [
    place,
    called({ label: entity, name }),
    score.toFixed(3),
    ...(probability === undefined ? [] : [percent(probability)]),
    ...(spread ? [spread.relative.toFixed(3), percent(spread.moreUncertainThan)] : []),
    ...(hasKnown ? [split ?? ""] : []),
  ]);
  const ranked = `${formatCount(candidates)} entities ranked${knownLeftOut > 0 ? `, ${formatCount(knownLeftOut)} known answers left out` : ""}.`;
  const notes = Object.entries(meaning).map(([what, text]) => `${what}: ${text}`);
  return `${question}\n\n${formatTable(columns, rows)}\n${[ranked, ...notes].join("\n")}\n`;
}
