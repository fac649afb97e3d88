import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { Config } from "../config.ts";
import type { Database } from "../database/schema.ts";
import { jobHandler, type JobHandlers } from "../jobs/job-handler.ts";
import { enqueueJob, GiveUpError } from "../jobs/jobs.ts";
import type { RegularJob } from "../jobs/schedule.ts";
import { runInBackground } from "./background-command.ts";
import { changedTriples, writeGraph } from "./graph-folder.ts";
import { leastPapers, mostPapers, readGraph, triplesOf } from "./graph.ts";
import { currentGeneration, newGeneration, recommendationsFolder } from "./model-folder.ts";
import { lacksNeighbours, saveNeighbours, type PaperNeighbours } from "./neighbour.queries.ts";
import { readNeighbours, writeLines } from "./paper-lines.ts";
import { RecommendationError } from "./recommendation-error.ts";
import { trainingWords } from "./training-settings.ts";

/** The graph is learned at night, where enough changed; new papers get their neighbours within the hour. */
export const recommendationSchedule: readonly RegularJob[] = [
  { name: "learn-graph", every: { dayAt: { hour: 3 } } },
  { name: "find-neighbours", every: { minutes: 60 } },
];

const minute = 60_000;
const trainingLimitMs = 60 * minute;
const searchLimitMs = 15 * minute;
/** Papers whose neighbours are written in one statement: other queries come between two of them. */
const batchSize = 100;
/** What has to change before the graph is learned anew: so many triples, and this share of them. */
const leastChange = 50;
const leastChangedShare = 0.02;

type Settings = Pick<Config, "dataFolder" | "command">;

/** Learns the graph, and finds what is near each paper, each in a process of its own. */
export function recommendationHandlers(config: Settings, now: () => Date = () => new Date()): JobHandlers {
  return {
    "learn-graph": jobHandler({
      schema: z.object({}),
      async handle(_payload, { db, signal }) {
        const learned = await givingUp(learnGraph(db, config, signal));
        if (learned)
          await enqueueJob(db, { name: "find-neighbours", payload: { all: true }, dedupeKey: "all", now: now() });
      },
    }),
    "find-neighbours": jobHandler({
      schema: z.object({ all: z.boolean().default(false) }),
      async handle({ all }, { db, signal }) {
        await givingUp(findNeighbours(db, config, { all, signal, now }));
      },
    }),
  };
}

/**
 * Trains NFE-1 on the graph as it is now, unless little changed since the last time. The last model stays in use until a
 * new one is complete.
 * @returns whether there is a new model.
 */
export async function learnGraph(
  db: Kysely<Database>,
  { dataFolder, command }: Settings,
  signal: AbortSignal,
): Promise<boolean> {
  const graph = await readGraph(db);
  const triples = triplesOf(graph);
  if (graph.papers.length < leastPapers || triples.length < leastChange) return false;
  const last = await currentGeneration(dataFolder);
  const changed = last === undefined ? triples.length : await changedTriples(last.graph, triples);
  if (changed < Math.max(leastChange, leastChangedShare * triples.length)) return false;
  signal.throwIfAborted();
  const next = await newGeneration(dataFolder);
  await writeGraph(next.graph, triples);
  await runInBackground({
    command,
    words: trainingWords({ dataset: next.graph, out: next.model, triples: triples.length }),
    folder: dataFolder,
    signal,
    limitMs: trainingLimitMs,
  });
  await next.use();
  return true;
}

/** Finds and keeps what is near each of the newest papers; without `all`, only when some of them have nothing yet. */
export async function findNeighbours(
  db: Kysely<Database>,
  { dataFolder, command }: Settings,
  { all, signal, now }: { all: boolean; signal: AbortSignal; now: () => Date },
): Promise<boolean> {
  if (!all && !(await lacksNeighbours(db, mostPapers))) return false;
  const { papers } = await readGraph(db);
  if (papers.length < leastPapers) return false;
  const model = (await currentGeneration(dataFolder))?.model;
  await mkdir(recommendationsFolder(dataFolder), { recursive: true });
  const folder = await mkdtemp(join(recommendationsFolder(dataFolder), "search-"));
  try {
    const [source, out] = [join(folder, "papers.jsonl"), join(folder, "neighbours.jsonl")];
    await writeLines(source, papers);
    await runInBackground({
      command,
      words: [
        "papers",
        "neighbours",
        "--papers",
        source,
        "--out",
        out,
        ...(model === undefined ? [] : ["--model", model]),
      ],
      folder: dataFolder,
      signal,
      limitMs: searchLimitMs,
    });
    let batch: PaperNeighbours[] = [];
    for await (const found of readNeighbours(out)) {
      batch.push(found);
      if (batch.length < batchSize) continue;
      signal.throwIfAborted();
      await saveNeighbours(db, batch, now());
      batch = [];
    }
    await saveNeighbours(db, batch, now());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return true;
}

/** What failed once fails again: the next regular time is soon enough. */
async function givingUp<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RecommendationError) throw new GiveUpError(error.message, { cause: error });
    throw error;
  }
}
