import { readConfig } from "./config.ts";
import { DailyPapersError } from "./errors.ts";

/** One line for what people can mend; all there is for what only a developer can. */
function describe(error: unknown): string {
  if (error instanceof DailyPapersError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function fail(error: unknown): never {
  process.stderr.write(`offprint: ${describe(error)}\n`);
  process.exit(1);
}

try {
  const config = readConfig();
  if (config.databaseUrl === undefined) {
    process.stderr.write(`Opening the embedded database in ${config.dataFolder}; it is not safe against power loss.\n`);
  }
  // Only now: a setting that cannot be used is told at once, without loading a database.
  const { startServer } = await import("./server.ts");
  const { jsonLog, plainLog } = await import("./operations/log.ts");
  const write = (text: string) => void process.stderr.write(text);
  const log = process.stderr.isTTY ? plainLog(write) : jsonLog({ write });
  const server = await startServer({
    config,
    log,
    onError: log.error,
    onLost: fail,
  });
  process.stdout.write(`Daily Papers is ready: ${server.url}\n`);

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130);
    stopping = true;
    log.info(`Stopping after ${signal}; the run at work keeps its checkpoint.`);
    server.close().then(() => process.exit(0), fail);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
} catch (error) {
  fail(error);
}
