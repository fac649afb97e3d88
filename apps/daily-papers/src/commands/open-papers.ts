import { readConfig } from "../config.ts";
import { openEmbeddedDatabase, usePostgres, type OpenDatabase } from "../database/database.ts";
import { lockFolder } from "../database/folder-lock.ts";
import { migrate } from "../database/migrate.ts";

/**
 * The site's database, for a command. PostgreSQL is shared with servers that run; the embedded one is not, so that the
 * data folder is locked as a server locks it.
 * @throws {DataFolderInUseError} naming the server that has the folder.
 */
export async function openPapers(
  env: Readonly<Record<string, string | undefined>>,
  onLost: () => void,
): Promise<OpenDatabase> {
  const config = readConfig(env);
  if (config.databaseUrl !== undefined) {
    const database = usePostgres(config.databaseUrl);
    await migrate(database.db);
    return database;
  }
  const lock = await lockFolder(config.dataFolder, onLost);
  try {
    const { db, close } = await openEmbeddedDatabase(config.dataFolder);
    await migrate(db);
    return { db, close: () => close().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}
