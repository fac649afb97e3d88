import { createApp } from "./app.tsx";
import { startBackground } from "./background.ts";
import type { Config } from "./config.ts";
import { openEmbeddedDatabase, openPostgres } from "./database/database.ts";
import { Turn } from "./database/turn.ts";
import { lockFolder } from "./database/folder-lock.ts";
import { migrate } from "./database/migrate.ts";
import { seed } from "./database/seed.ts";
import { databaseWindows, memoryWindows } from "./limits/windows.ts";
import type { Log } from "./operations/log.ts";
import { Operations } from "./operations/operations.ts";
import type { Traffic } from "./operations/traffic.ts";
import { directionRater } from "./moderation/direction-rater.ts";
import { Implementations } from "./runs/implementations.ts";
import { knowledgeGraphEmbeddings } from "./runs/knowledge-graph/implementation.tsx";
import { loadModel as loadFromFolder } from "./runs/knowledge-graph/load-model.ts";
import type { TrainedModel } from "./runs/knowledge-graph/trained-model.ts";
import { longContextLora } from "./runs/long-context/implementation.tsx";
import { processWriter, type Writer } from "./runs/long-context/writer.ts";
import { guidedProcessWriter, type GuidedWriter } from "./runs/moral-direction/guided-writer.ts";
import { moralDirection } from "./runs/moral-direction/implementation.tsx";
import { RunStreams } from "./runs/run.stream.tsx";
import { RunWorker } from "./runs/run.worker.ts";

/** Any number will do, as long as every process asks for the same one: who has it works off the queue of runs. */
const runsLock = 7_204_240;
/** How often runs are looked for that other processes put into the queue. */
const lookEveryMs = 1_000;
/** How many readers may watch runs at a time. */
const mostWatching = 100;

const folderTaken = new Error("another server has taken the data folder");

export interface SiteOptions {
  readonly config: Config;
  /** Told about what went wrong where no reader waits for an answer, or where the answer was "Something broke here". */
  readonly onError: (error: unknown) => void;
  /** Called when the data folder was taken from us or its database broke down; the process must end at once. */
  readonly onLost: (error: Error) => void;
  /** Loads a run's trained model from its folder; tests give their own. */
  readonly loadModel?: (folder: string) => Promise<TrainedModel>;
  /** Lets a language model go on with a text; tests give their own. */
  readonly write?: Writer;
  /** Lets a language model write with and without guidance; tests give their own. */
  readonly writeGuided?: GuidedWriter;
  /** Where lines about requests go; nowhere when left out. */
  readonly log?: Log;
  /** Milliseconds that a run's process may take to stop. */
  readonly graceMs?: number;
}

export interface Site {
  /** Answers a request; knows no port. */
  readonly request: ReturnType<typeof createApp>["request"];
  readonly fetch: ReturnType<typeof createApp>["fetch"];
  /** The requests under way, for whoever has the port. */
  readonly traffic: Traffic;
  /** Stops the run at work, which keeps its checkpoint, and lets go of the database and the data folder. */
  readonly close: () => Promise<void>;
}

/**
 * The whole site but its port: takes the data folder, opens and migrates the database, seeds it when it is empty, and
 * begins to work off the queue of runs.
 * @throws {DailyPapersError} when the folder or the database is in use, or of another version.
 */
export async function openSite(options: SiteOptions): Promise<Site> {
  const { config, onError, onLost, loadModel, write, writeGuided, graceMs } = options;
  // With PostgreSQL, several processes share the folder: only the one whose turn it is starts runs in it.
  const lock =
    config.databaseUrl === undefined ? await lockFolder(config.dataFolder, () => onLost(folderTaken)) : undefined;
  try {
    const { db, close } = await (config.databaseUrl === undefined
      ? openEmbeddedDatabase(config.dataFolder, onLost)
      : openPostgres(config.databaseUrl));
    try {
      await migrate(db);
      await seed(db);
      const implementations = new Implementations([
        knowledgeGraphEmbeddings(loadModel ?? loadFromFolder),
        longContextLora({ write: write ?? processWriter(config.command), modelsFolder: config.modelsFolder }),
        moralDirection({
          write: writeGuided ?? guidedProcessWriter(config.command),
          modelsFolder: config.modelsFolder,
        }),
      ]);
      const worker = new RunWorker({
        db,
        dataFolder: config.dataFolder,
        command: config.command,
        wordsOf: (run) => implementations.of(run).words(run.config, config.dataFolder),
        onError,
        lookEveryMs: config.databaseUrl === undefined ? undefined : lookEveryMs,
        ...(graceMs === undefined ? {} : { graceMs }),
      });
      const streams = new RunStreams(db, worker, implementations, mostWatching);
      const windows = config.databaseUrl === undefined ? memoryWindows() : databaseWindows(db);
      const rater = config.rateTexts ? directionRater(config.rateThreshold) : undefined;
      const operations = new Operations(options.log);
      const app = createApp({
        services: { db, config, implementations, worker, streams, windows, operations, rateText: rater?.rateText },
        onError,
      });
      const turn = await beginRuns(worker, options);
      const background =
        config.role === "web"
          ? undefined
          : startBackground({
              db,
              config,
              implementations,
              onError,
              rateText: rater?.rateText,
              metrics: operations.metrics,
            });
      return {
        request: app.request,
        fetch: app.fetch,
        traffic: operations.traffic,
        async close() {
          await background?.stop();
          await turn?.end();
          await worker.stop();
          await implementations.close();
          await rater?.close();
          await close();
          lock?.release();
        },
      };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Works off the queue of runs: at once where this process is the only one, else when it is its turn. */
async function beginRuns(worker: RunWorker, { config, onError }: SiteOptions): Promise<Turn | undefined> {
  if (config.role === "web") return undefined;
  if (config.databaseUrl === undefined) {
    await worker.start();
    return undefined;
  }
  return new Turn({
    url: config.databaseUrl,
    lock: runsLock,
    onTurn: () => worker.start(),
    onLost: () => worker.stop(),
    onError,
  });
}
