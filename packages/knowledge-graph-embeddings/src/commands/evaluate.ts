import { defineCommand, formatCount, formatTable, type Command, type Output } from "@offprint/experiment";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { loadTrained } from "../artefact.ts";
import { splitNames } from "../data/dataset.ts";
import { relationCategories } from "../data/statistics.ts";
import type { EvaluationReport } from "../evaluation/report.ts";
import { createScorer } from "../scorer.ts";
import { createJudge } from "../training/judge.ts";
import { jsonSwitch, percent, printJson, trainedFolder } from "./show.ts";

const config = z.strictObject({
  directory: trainedFolder,
  split: z.enum(splitNames).default("test").describe("Part of the graph to judge by."),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe("Of the bootstrap intervals."),
  threads: z.int().min(1).max(1024).optional().describe("Threads of one operation; absent: one a core."),
  provider: z.enum(["cpu", "cuda", "webgpu"]).default("cpu").describe("What computes."),
  json: jsonSwitch,
});

/** `offprint kge evaluate`: filtered full ranking of a split. */
export const evaluateCommand: Command<typeof config> = defineCommand({
  name: "kge evaluate",
  summary: "Rank the true answers of a split among all entities.",
  config,
  arguments: ["directory"],
  examples: [
    { explains: "The usual figures.", config: { directory: "runs/wordnet" } },
    { explains: "Everything, for programs.", config: { directory: "runs/wordnet", split: "valid", json: true } },
  ],
  async run({ directory, split, seed, threads, provider, json }, { stdout, stderr, signal }) {
    const trained = await loadTrained(directory);
    using engine = await openEngine({ provider, ...(threads && { threads }) });
    const scorer = await createScorer(trained.model, trained.embeddings, { gamma: trained.config.gamma, engine });
    try {
      const judge = createJudge({ ...trained, ...trained.splits }, scorer);
      const categories = relationCategories(trained.splits.train, trained.relations.size);
      const report = await judge.report(trained.splits[split], {
        seed,
        signal,
        relationCategories: categories.map((category) => category ?? "not in train"),
        ...(stderr.isTTY && { onProgress: progressTo(stderr) }),
      });
      if (json)
        printJson(stdout, {
          directory,
          model: trained.config.model,
          dataset: trained.config.dataset,
          split,
          ...report,
        });
      else stdout.write(reportText(`${trained.model.title} on ${split} of ${trained.config.dataset}`, report));
    } finally {
      await scorer.dispose();
    }
  },
});

const progressTo = (stderr: Output) => (done: number, total: number) => {
  stderr.write(`\r${formatCount(done)} of ${formatCount(total)} queries ranked${done === total ? "\n" : ""}`);
};

/** Relations that the table shows; the JSON has all. */
const shownRelations = 20;

function reportText(title: string, report: EvaluationReport): string {
  const { intervals, adjusted, chance, ranks } = report;
  const share = (value: number | null): string => (value === null ? "" : value.toFixed(4));
  const rank = (value: number): string => value.toFixed(value < 1000 ? 2 : 0);
  const interval = (ends: readonly [number, number] | undefined, form: (value: number) => string): string =>
    ends ? `${form(ends[0])} to ${form(ends[1])}` : "";
  const headline = formatTable(
    ["metric", "value", `${percent(intervals?.level ?? 0.95)} interval`, "by chance", "adjusted for chance"],
    [
      ["MRR", share(report.mrr), interval(intervals?.mrr, share), share(chance.mrr), share(adjusted.mrr)],
      ["mean rank", rank(report.mr), interval(intervals?.mr, rank), rank(chance.mr), share(report.amri)],
      ...Object.keys(report.hits).map((k) => [
        `Hits@${k}`,
        share(report.hits[k]!),
        interval(intervals?.hits[k], share),
        share(chance.hits[k]!),
        share(adjusted.hits[k]!),
      ]),
    ],
  );
  const groups = [
    ...Object.entries(report.bySide).map(([side, group]) => [`asked for the ${side}`, group] as const),
    ...Object.entries(report.perCategory ?? {}).map(([category, group]) => [`relations ${category}`, group] as const),
    ...Object.entries(report.bySeen ?? {}).map(([seen, group]) => [`entities ${seen} in train`, group] as const),
    ...report.perRelation
      .toSorted((a, b) => b.queries - a.queries || a.relation - b.relation)
      .slice(0, shownRelations)
      .map((group) => [group.label ?? `relation ${group.relation}`, group] as const),
  ];
  const table = formatTable(
    ["queries of", "number", "MRR", "mean rank", "Hits@10"],
    groups.map(([name, group]) => [
      name,
      group.queries,
      share(group.mrr),
      rank(group.mr),
      share(group.hits["10"] ?? null),
    ]),
  );
  const more = report.perRelation.length - shownRelations;
  const ties = `${percent(report.tied)} of the answers tie: MRR ${share(ranks.optimistic.mrr)} if ties are broken in their favour, ${share(ranks.pessimistic.mrr)} if against them.`;
  const protocol = Object.entries(report.protocol).map(([what, text]) => `${what}: ${text}`);
  return [
    `${title}: ${formatCount(report.triples)} triples, ${formatCount(report.queries)} queries, ${formatCount(report.entities)} entities\n`,
    headline,
    `${table}${more > 0 ? `and ${formatCount(more)} relations more; --json has them all\n` : ""}`,
    `${[ties, ...protocol].join("\n")}\n`,
  ].join("\n");
}
