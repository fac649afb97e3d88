import { defineCommand, formatTable, type Command } from "@offprint/experiment";
import { z } from "zod";
import { loadTrained } from "../artefact.ts";
import type { LearnedRules, RelationRules } from "../inference/learned-rules.ts";
import { Predictor } from "../inference/predictor.ts";
import { called, jsonSwitch, percent, printJson, trainedFolder } from "./show.ts";

const config = z.strictObject({
  directory: trainedFolder,
  maxRelations: z.int().min(1).default(50).describe("Relations looked at, those with most facts."),
  factsPerRule: z.int().min(1).default(40).describe("Facts tried for one rule."),
  maxQueries: z
    .int()
    .min(1)
    .optional()
    .describe("Questions put to the model in all; absent: 20,000, fewer on more than 5,000 entities."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe("Which facts are drawn."),
  json: jsonSwitch,
});

/** `offprint kge rules`: which rules the relations follow under a model. */
export const rulesCommand: Command<typeof config> = defineCommand({
  name: "kge rules",
  summary: "Ask a model which of its relations are symmetric, one-way, inverse or composed.",
  config,
  arguments: ["directory"],
  examples: [{ explains: "With the evidence, for programs.", config: { directory: "runs/wordnet", json: true } }],
  async run({ directory, json, ...options }, { stdout, signal }) {
    await using predictor = await Predictor.create(await loadTrained(directory));
    const rules = await predictor.learnedRules({ ...options, signal });
    if (json) printJson(stdout, rules);
    else stdout.write(rulesText(rules));
  },
});

function rulesText({ relations, sampling }: LearnedRules): string {
  const directions = formatTable(
    ["relation", "facts", "for the model", "MRR", "MRR backwards", "both ways in train"],
    relations.map(({ relation, facts, own, symmetric: { verdict, score, data } }) => [
      called(relation),
      facts,
      verdict,
      own.mrr.toFixed(3),
      score.mrr.toFixed(3),
      percent(data.confidence),
    ]),
  );
  const found = relations.flatMap(conclusions);
  const rules = formatTable(["rule", "for the model", "MRR", "in train", "of premises"], found);
  const rest = found.length === 0 ? "No inverse and no composition found.\n" : rules;
  return `${directions}\n${rest}\n${sampling.text}\n`;
}

function conclusions({ relation, inverseOf, compositions }: RelationRules): (string | number)[][] {
  const row = (
    rule: string,
    { verdict, score, data }: RelationRules["inverseOf"][number] | RelationRules["compositions"][number],
  ) => [rule, verdict, score.mrr.toFixed(3), percent(data.confidence), data.premises];
  return [
    ...inverseOf.map((rule) => row(`${relation.label} backwards ⇒ ${rule.relation.label}`, rule)),
    ...compositions.map((rule) => row(`${rule.first.label}, then ${rule.second.label} ⇒ ${relation.label}`, rule)),
  ];
}
