import { readConfig } from "../config.ts";
import { openEmbeddedDatabase, usePostgres, type OpenDatabase } from "../database/database.ts";
import { DataFolderInUseError, lockFolder } from "../database/folder-lock.ts";
import { DailyPapersError } from "../errors.ts";
import { migrate } from "../database/migrate.ts";

/** A server has the embedded database, which is one process's at a time. */
export class ServerHasDatabaseError extends DailyPapersError {
  override readonly name = "ServerHasDatabaseError";
  readonly code = "SERVER_HAS_DATABASE";
  constructor({ folder, pid, cause }: DataFolderInUseError) {
    super(
      `process ${pid} has the embedded database in ${folder}: stop that server (Ctrl-C, or kill ${pid}), call this again, ` +
        "and start the server again. A backup can be had from a server that runs, at /admin; and with PostgreSQL " +
        "(DATABASE_URL) commands and servers work beside each other",
      { cause },
    );
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The site's database, brought to this version's schema; as `openUnmigrated`.
 * @throws {ServerHasDatabaseError} naming the server that has the folder.
 */
export async function openPapers(env: Environment, onLost: () => void): Promise<OpenDatabase> {
  const database = await openUnmigrated(env, onLost);
  try {
    await migrate(database.db);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * The site's database as it is, for a command. PostgreSQL is shared with servers that run; the embedded one is not, so that the
 * data folder is locked as a server locks it.
 * @throws {ServerHasDatabaseError} naming the server that has the folder.
 */
export async function openUnmigrated(env: Environment, onLost: () => void): Promise<OpenDatabase> {
  const config = readConfig(env);
  if (config.databaseUrl !== undefined) return usePostgres(config.databaseUrl);
  const lock = await lockFolder(config.dataFolder, onLost).catch((error: unknown) => {
    throw error instanceof DataFolderInUseError ? new ServerHasDatabaseError(error) : error;
  });
  try {
    const { db, close } = await openEmbeddedDatabase(config.dataFolder);
    return { db, close: () => close().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}
