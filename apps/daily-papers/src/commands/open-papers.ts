import { readConfig } from "../config.ts";
import { openEmbeddedDatabase, usePostgres, type OpenDatabase } from "../database/database.ts";
import { lockFolder } from "../database/folder-lock.ts";
import { migrate } from "../database/migrate.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The site's database, brought to this version's schema; as `openUnmigrated`.
 * @throws {DataFolderInUseError} naming the server that has the folder.
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
 * @throws {DataFolderInUseError} naming the server that has the folder.
 */
export async function openUnmigrated(env: Environment, onLost: () => void): Promise<OpenDatabase> {
  const config = readConfig(env);
  if (config.databaseUrl !== undefined) return usePostgres(config.databaseUrl);
  const lock = await lockFolder(config.dataFolder, onLost);
  try {
    const { db, close } = await openEmbeddedDatabase(config.dataFolder);
    return { db, close: () => close().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}
