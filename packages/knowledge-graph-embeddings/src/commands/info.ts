import { defineCommand, formatCount, formatTable, type Command } from "@offprint/experiment";
import { z } from "zod";
import type { Dataset } from "../data/dataset.ts";
import { loadDataset } from "../data/load-dataset.ts";
import { checkSplit, type SplitReport } from "../data/split-checks.ts";
import { datasetStatistics, type DatasetStatistics } from "../data/statistics.ts";
import { jsonSwitch, percent, printJson } from "./show.ts";

const config = z.strictObject({
  dataset: z
    .string()
    .min(1)
    .meta({ placeholder: "DATASET", description: "Folder or file of triples, or a name such as wordnet." }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe("Of the split that is made where parts are missing."),
  skipBadLines: z.boolean().default(false).describe("Count and list malformed lines instead of failing."),
  json: jsonSwitch,
});

/** `offprint kge info`: what a graph holds, and what its split gives away. */
export const infoCommand: Command<typeof config> = defineCommand({
  name: "kge info",
  summary: "Describe a graph: sizes, degrees, kinds of relations, leaks of its split.",
  config,
  arguments: ["dataset"],
  examples: [
    { explains: "The graph that comes with the package.", config: { dataset: "wordnet" } },
    { explains: "Your own.", config: { dataset: "my-triples" } },
  ],
  async run({ dataset: name, seed, skipBadLines, json }, { stdout }) {
    const dataset = await loadDataset(name, { splitSeed: seed, skipBadLines });
    const statistics = datasetStatistics(dataset);
    const split = checkSplit(dataset);
    if (json) {
      const { hash, sources, notes, badLines } = dataset;
      printJson(stdout, { name: dataset.name, hash, sources, notes, badLines, statistics, split });
    } else {
      stdout.write(infoText(dataset, statistics, split));
    }
  },
});

/** Relations that the table shows; the JSON has all. */
const shownRelations = 40;

function infoText({ name, hash, notes, badLines }: Dataset, statistics: DatasetStatistics, split: SplitReport): string {
  const { degrees, perRelation } = statistics;
  const count = formatCount;
  const relations = perRelation
    .toSorted((a, b) => b.train - a.train)
    .slice(0, shownRelations)
    .map((row) => [
      row.relation,
      row.train,
      row.valid,
      row.test,
      row.category ?? "",
      row.category ? row.tailsPerHead.toFixed(2) : "",
      row.category ? row.headsPerTail.toFixed(2) : "",
    ]);
  const more = perRelation.length - shownRelations;
  const leaks = (["valid", "test"] as const).map((part) => {
    const { triples, inTrain, inverse, symmetric, duplicateRelation, leaked, triplesWithUnseenEntity } = split[part];
    return [part, triples, inTrain, inverse, symmetric, duplicateRelation, leaked, triplesWithUnseenEntity];
  });
  const pairs = [
    ...split.inverseRelations.map(
      ({ first, second, overlap }) => `${first} and ${second} are inverse in ${percent(overlap)} of their pairs.`,
    ),
    ...split.duplicateRelations.map(
      ({ first, second, overlap }) => `${first} and ${second} are the same in ${percent(overlap)} of their pairs.`,
    ),
    ...split.symmetricRelations.map(
      ({ relation, share }) => `${relation} is symmetric in ${percent(share)} of its triples.`,
    ),
    ...(split.testInValid > 0 ? [`${count(split.testInValid)} triples of test are in valid.`] : []),
    ...(split.selfLoops > 0 ? [`${count(split.selfLoops)} triples lead from an entity to itself.`] : []),
  ];
  const bad = badLines.lines.map(({ file, line, reason }) => `${file}:${line}: ${reason}`);
  return [
    `${name}: ${count(statistics.entities)} entities, ${count(statistics.relations)} relations; ` +
      `${count(statistics.train)} triples to train, ${count(statistics.valid)} to validate, ${count(statistics.test)} to test`,
    `Triples of an entity in train: ${degrees.min} to ${count(degrees.max)}, median ${degrees.median}, mean ${degrees.mean.toFixed(1)}; ` +
      `${count(degrees.zero)} entities have none.`,
    `SHA-256 of the content: ${hash}`,
    ...notes,
    ...(badLines.count > 0 ? [`${count(badLines.count)} malformed lines left out:`, ...bad] : []),
    "",
    formatTable(["relation", "train", "valid", "test", "kind", "tails a head", "heads a tail"], relations) +
      (more > 0 ? `and ${count(more)} relations more; --json has them all\n` : ""),
    "What can be read off train without learning, in triples:",
    formatTable(
      ["part", "triples", "in train", "inverse", "symmetric", "duplicate", "any of these", "unseen entity"],
      leaks,
    ),
    ...pairs.slice(0, shownRelations),
    "",
  ].join("\n");
}
