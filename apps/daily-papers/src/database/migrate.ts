import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { sql, type Kysely } from "kysely";
import { DailyPapersError } from "../errors.ts";

const migrationsFolder = new URL("./migrations/", import.meta.url);
/** Any number will do, as long as every server asks for the same one: it keeps two of them from migrating at once. */
const migrationLock = 7_204_241;

/** The database was made by other migrations than the ones that this server has. */
export class MigrationError extends DailyPapersError {
  override readonly name = "MigrationError";
  readonly code = "MIGRATION_MISMATCH";
  readonly migration: string;
  constructor(migration: string, message: string) {
    super(message);
    this.migration = migration;
  }
}

export interface Migration {
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

/**
 * Brings the database to the newest schema: each file of `migrations/` once, in the order of their names, all in one
 * transaction.
 * @returns names of the migrations that were applied now.
 * @throws {MigrationError} when an applied file has changed since, or the database knows a migration that is not here.
 */
export async function migrate<DB>(db: Kysely<DB>, migrations?: readonly Migration[]): Promise<string[]> {
  const known = migrations ?? (await readMigrations());
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${migrationLock})`.execute(trx);
    await sql`create table if not exists migration (
      name text primary key, checksum text not null, applied_at timestamptz not null default now()
    )`.execute(trx);
    const applied = await sql<{ name: string; checksum: string }>`select name, checksum from migration`.execute(trx);
    const checksums = new Map(applied.rows.map((row) => [row.name, row.checksum]));
    refuseOthers(checksums, known);

    const missing = known.filter((migration) => !checksums.has(migration.name));
    for (const { name, text, checksum } of missing) {
      await sql.raw(text).execute(trx);
      await sql`insert into migration (name, checksum) values (${name}, ${checksum})`.execute(trx);
    }
    return missing.map((migration) => migration.name);
  });
}

function refuseOthers(applied: ReadonlyMap<string, string>, known: readonly Migration[]): void {
  const checksums = new Map(known.map((migration) => [migration.name, migration.checksum]));
  for (const [name, checksum] of applied) {
    const ours = checksums.get(name);
    if (ours === undefined) {
      throw new MigrationError(
        name,
        `the database has migration ${name}, which this version does not know; start the newer version that made it`,
      );
    }
    if (ours !== checksum) {
      throw new MigrationError(
        name,
        `migration ${name} was changed after it was applied; restore the file and write the change as a new migration`,
      );
    }
  }
}

/** The migrations of this version, in their order. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(migrationsFolder)).filter((name) => name.endsWith(".sql")).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = (await readFile(new URL(name, migrationsFolder), "utf8")).replaceAll("\r\n", "\n");
      return { name, text, checksum: createHash("sha256").update(text).digest("hex") };
    }),
  );
}
