import { hostname } from "node:os";
import { join } from "node:path";
import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { createPgConfig } from "@electric-sql/pglite/node-postgres";
import { Kysely, PostgresDialect } from "kysely";
import { Client, Pool, types } from "pg";
import { DailyPapersError } from "../errors.ts";
import type { Database } from "./schema.ts";

/** The database cannot be opened at all. */
export class DatabaseUnusableError extends DailyPapersError {
  override readonly name = "DatabaseUnusableError";
  readonly code = "DATABASE_UNUSABLE";
}

/** The embedded database broke down while it was open, e.g. because the disk is full: it will never answer again. */
export class DatabaseBrokenError extends DailyPapersError {
  override readonly name = "DatabaseBrokenError";
  readonly code = "DATABASE_BROKEN";
  constructor(cause: unknown) {
    super(
      `the embedded database broke down (${describe(cause)}); what was acknowledged is kept. ` +
        "See that the disk has space, and start the server again",
      { cause },
    );
  }
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
 * @param onBroken told when it will never answer again; the process must end.
 * @throws {DatabaseUnusableError} when the files are damaged.
 */
export async function openEmbeddedDatabase(
  dataFolder: string,
  onBroken?: (error: DatabaseBrokenError) => void,
): Promise<OpenDatabase> {
  const folder = join(dataFolder, "database");
  try {
    return usePglite(await createPglite({ dataDir: folder }), onBroken);
  } catch (cause) {
    throw new DatabaseUnusableError(
      `the embedded database in ${folder} cannot be opened (${describe(cause)}); ` +
        "see that the disk has space, put a backup in its place, or move the folder away to begin with an empty one",
      { cause },
    );
  }
}

/** An embedded database with the extensions that our migrations ask for. */
export function createPglite(options: PGliteOptions): Promise<PGlite> {
  return PGlite.create({ ...options, extensions: { pg_trgm } });
}

/** A database over an open PGlite, through the same driver as a real server. */
export function usePglite(pglite: PGlite, onBroken?: (error: DatabaseBrokenError) => void): OpenDatabase {
  // PGlite has one connection; a second client would wait in it for ever.
  const { db } = usePool(new Pool(Object.assign(createPgConfig(pglite), { max: 1 })), (error) => {
    // A server would start its processes anew after this; here there is nobody to, and all queries wait for ever.
    if (error instanceof Error && "severity" in error && error.severity === "PANIC") {
      onBroken?.(new DatabaseBrokenError(error));
    }
  });
  return {
    db,
    async close() {
      await db.destroy();
      await pglite.close();
    },
  };
}

/** What PostgreSQL shows of a connection: 63 bytes at most. */
export const applicationName = `offprint daily-papers, process ${process.pid} on ${hostname()}`.slice(0, 63);
const connectionTimeoutMillis = 10_000;
const leastVersion = 15;

/**
 * A PostgreSQL database, version 15 or newer; several processes of the site may have it open.
 * @throws {DatabaseUnusableError} when it cannot be reached or is older.
 */
export async function openPostgres(url: string): Promise<OpenDatabase> {
  const client = new Client({ connectionString: url, application_name: applicationName, connectionTimeoutMillis });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number }>(
      "select current_setting('server_version_num')::int as version",
    );
    const version = Math.floor((rows[0]?.version ?? 0) / 10_000);
    if (version < leastVersion) {
      throw new DatabaseUnusableError(
        `PostgreSQL ${leastVersion} or newer is wanted; DATABASE_URL names version ${version}`,
      );
    }
  } catch (cause) {
    if (cause instanceof DatabaseUnusableError) throw cause;
    throw new DatabaseUnusableError(`the database of DATABASE_URL cannot be reached: ${describe(cause)}`, { cause });
  } finally {
    await client.end().catch(() => undefined);
  }
  return usePostgres(url);
}

/** A PostgreSQL database, unchecked. */
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

function usePool(pool: Pool, onError?: (error: unknown) => void): OpenDatabase {
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    log: (event) => {
      if (event.level === "error") onError?.(event.error);
    },
  });
  return { db, close: () => db.destroy() };
}

/** The first line of what went wrong; a connection tried on several addresses has only parts that say something. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join("; ");
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
