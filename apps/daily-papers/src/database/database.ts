import { hostname } from "node:os";
import { join } from "node:path";
import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { createPgConfig } from "@electric-sql/pglite/node-postgres";
import { Kysely, PostgresDialect } from "kysely";
import { Client, Pool, types } from "pg";
import { DailyPapersError } from "../errors.ts";
import type { Database } from "./schema.ts";

/** Another server works on the PostgreSQL database; runs belong to one server's data folder. */
export class DatabaseInUseError extends DailyPapersError {
  override readonly name = "DatabaseInUseError";
  readonly code = "DATABASE_IN_USE";
  constructor(holder: string) {
    super(`the database of DATABASE_URL is in use by ${holder}; stop that server first, or name another database`);
  }
}

/** The database cannot be opened at all. */
export class DatabaseUnusableError extends DailyPapersError {
  override readonly name = "DatabaseUnusableError";
  readonly code = "DATABASE_UNUSABLE";
}

export interface OpenDatabase {
  readonly db: Kysely<Database>;
  /** Waits for the queries under way, then lets go of files and connections. */
  readonly close: () => Promise<void>;
}

// Days stay text, in the whole process: a calendar day has no time zone, and a Date would give it one.
types.setTypeParser(types.builtins.DATE, (day: string) => day);

/**
 * The embedded database in `folder`. The caller must hold the folder's lock: PGlite does not refuse a second process.
 * @throws {DatabaseUnusableError} when the files are damaged.
 */
export async function openEmbeddedDatabase(dataFolder: string): Promise<OpenDatabase> {
  const folder = join(dataFolder, "database");
  try {
    return usePglite(await createPglite({ dataDir: folder }));
  } catch (cause) {
    throw new DatabaseUnusableError(
      `the embedded database in ${folder} cannot be opened (${describe(cause)}); ` +
        "put a backup in its place, or move the folder away to begin with an empty one",
      { cause },
    );
  }
}

/** An embedded database with the extensions that our migrations ask for. */
export function createPglite(options: PGliteOptions): Promise<PGlite> {
  return PGlite.create({ ...options, extensions: { pg_trgm } });
}

/** A database over an open PGlite, through the same driver as a real server. */
export function usePglite(pglite: PGlite): OpenDatabase {
  // PGlite has one connection; a second client would wait in it for ever.
  const { db } = usePool(new Pool(Object.assign(createPgConfig(pglite), { max: 1 })));
  return {
    db,
    async close() {
      await db.destroy();
      await pglite.close();
    },
  };
}

/** Any number will do, as long as every server asks for the same one. */
const serverLock = 7_204_240;
/** What PostgreSQL shows of a connection: 63 bytes at most. */
const applicationName = `offprint daily-papers, process ${process.pid} on ${hostname()}`.slice(0, 63);
const connectionTimeoutMillis = 10_000;
const leastVersion = 15;

/**
 * A PostgreSQL database, version 15 or newer, with this process as its only server until closed.
 * @throws {DatabaseInUseError} naming the server that has it already.
 * @throws {DatabaseUnusableError} when it cannot be reached or is older.
 */
export async function openPostgres(url: string): Promise<OpenDatabase> {
  const guard = new Client({ connectionString: url, application_name: applicationName, connectionTimeoutMillis });
  guard.on("error", () => undefined);
  await guard.connect().catch((cause: unknown) => {
    throw new DatabaseUnusableError(`the database of DATABASE_URL cannot be reached: ${describe(cause)}`, { cause });
  });
  const { rows } = await guard.query<{ version: number; free: boolean }>(
    "select current_setting('server_version_num')::int as version, pg_try_advisory_lock($1) as free",
    [serverLock],
  );
  const version = Math.floor((rows[0]?.version ?? 0) / 10_000);
  if (version < leastVersion) {
    await guard.end();
    throw new DatabaseUnusableError(
      `PostgreSQL ${leastVersion} or newer is wanted; DATABASE_URL names version ${version}`,
    );
  }
  if (rows[0]?.free !== true) {
    const holder = await guard.query<{ name: string }>(
      `select application_name as name from pg_stat_activity join pg_locks using (pid)
       where locktype = 'advisory' and objid = $1 and granted limit 1`,
      [serverLock],
    );
    await guard.end();
    throw new DatabaseInUseError(holder.rows[0]?.name || "another server");
  }
  const { db, close } = usePostgres(url);
  return {
    db,
    async close() {
      await close();
      await guard.end();
    },
  };
}

/** A PostgreSQL database, whoever else uses it. */
export function usePostgres(url: string): OpenDatabase {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis,
    max: 10,
  });
  // Without a listener, a connection that breaks while idle would end the process; the next query reports it instead.
  pool.on("error", () => undefined);
  return usePool(pool);
}

function usePool(pool: Pool): OpenDatabase {
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  return { db, close: () => db.destroy() };
}

/** The first line of what went wrong; a connection tried on several addresses has only parts that say something. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join("; ");
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
