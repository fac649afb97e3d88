import { sql, type Kysely, type Transaction } from "kysely";
import { z } from "zod";
import { migrate, readMigrations } from "../database/migrate.ts";
import type { Database } from "../database/schema.ts";
import { DailyPapersError, errorCode } from "../errors.ts";

/** A backup that cannot be put into the database. */
export class RestoreRefusedError extends DailyPapersError {
  override readonly name = "RestoreRefusedError";
  readonly code = "RESTORE_REFUSED";
}

const headSchema = z.object({
  offprintBackup: z.literal(1),
  at: z.iso.datetime(),
  migrations: z.array(z.string()),
});
const rowsSchema = z.object({ table: z.string(), rows: z.array(z.unknown()) });
const endSchema = z.object({ end: z.literal(true), rows: z.int() });

const rowsAtOnce = 200;
/** Made by the migrations themselves, or of no worth tomorrow. */
const leftOut = new Set(["migration", "rate_window"]);

/**
 * Everything in the database as lines of JSON, of one moment: head, rows table by table, and an end that says how many
 * they are. The same for both kinds of database, so that a backup of one can be put into the other. It holds addresses
 * and keys; keep it as you keep the database.
 */
export async function* writeBackup(db: Kysely<Database>, now: Date): AsyncGenerator<string> {
  const trx = await db.startTransaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute();
  try {
    const { rows: applied } = await sql<{ name: string }>`select name from migration order by name`.execute(trx);
    const head: z.infer<typeof headSchema> = {
      offprintBackup: 1,
      at: now.toISOString(),
      migrations: applied.map(({ name }) => name),
    };
    yield `${JSON.stringify(head)}\n`;
    let count = 0;
    for (const { table, columns, parent } of await readTables(trx)) {
      const order = parent === undefined ? sql`` : sql`order by ${sql.ref(parent)} nulls first`;
      const names = sql.join(columns.map((column) => sql.ref(column)));
      // The database writes the JSON: what a driver makes of times and numbers would lose digits.
      await sql`declare backup_rows no scroll cursor for
        select to_jsonb(stored)::text as row from (select ${names} from ${sql.table(table)} ${order}) as stored`.execute(
        trx,
      );
      for (;;) {
        const { rows } = await sql<{ row: string }>`fetch ${sql.lit(rowsAtOnce)} from backup_rows`.execute(trx);
        if (rows.length === 0) break;
        count += rows.length;
        yield `{"table":${JSON.stringify(table)},"rows":[${rows.map(({ row }) => row).join(",")}]}\n`;
      }
      await sql`close backup_rows`.execute(trx);
    }
    yield `${JSON.stringify({ end: true, rows: count })}\n`;
    await trx.commit().execute();
  } finally {
    if (!trx.isCommitted && !trx.isRolledBack) await trx.rollback().execute();
  }
}

/**
 * Puts a backup into a database that holds nothing yet, all of it or nothing, and brings it to this version's schema.
 * @returns how many rows there are.
 * @throws {RestoreRefusedError} when the backup is cut off or of a newer version, or the database is not empty.
 */
export async function restoreBackup(db: Kysely<Database>, lines: AsyncIterable<string>): Promise<number> {
  const iterator = lines[Symbol.asyncIterator]();
  const head = headSchema.safeParse(valueOf(await nextLine(iterator)));
  if (!head.success)
    throw new RestoreRefusedError("the file is no backup of this site; its first line says nothing of one");
  const known = await readMigrations();
  const unknown = head.data.migrations.find((name) => !known.some((migration) => migration.name === name));
  if (unknown !== undefined) {
    throw new RestoreRefusedError(
      `the backup has migration ${unknown}, which this version does not know; take a newer version`,
    );
  }
  await migrate(
    db,
    known.filter(({ name }) => head.data.migrations.includes(name)),
  );
  const count = await db.transaction().execute(async (trx) => {
    const tables = new Map((await readTables(trx)).map((table) => [table.table, table]));
    await refuseFull(trx, [...tables.keys()]);
    let rows = 0;
    for (;;) {
      const line = await nextLine(iterator);
      const value = valueOf(line);
      const end = endSchema.safeParse(value);
      if (end.success) {
        if (end.data.rows !== rows) throw new RestoreRefusedError("the backup lacks rows that its end counts");
        break;
      }
      const batch = rowsSchema.safeParse(value);
      if (!batch.success) throw new RestoreRefusedError("the backup is cut off, or was changed; nothing was restored");
      const table = tables.get(batch.data.table);
      if (table === undefined)
        throw new RestoreRefusedError(`the backup has a table ${batch.data.table} that is unknown here`);
      await insertRows(trx, table, line);
      rows += batch.data.rows.length;
    }
    for (const table of tables.values()) await continueIdentity(trx, table);
    return rows;
  });
  await migrate(db);
  return count;
}

interface TableFacts {
  readonly table: string;
  /** Those that are stored, not made from others. */
  readonly columns: readonly string[];
  /** The column that names another row of the same table. */
  readonly parent: string | undefined;
  readonly identity: string | undefined;
}

/** All tables, each after those that it refers to. */
async function readTables(db: Kysely<Database>): Promise<TableFacts[]> {
  const { rows: columns } = await sql<{ table: string; column: string; identity: boolean }>`
    select table_name as table, column_name as column, is_identity = 'YES' as identity
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema = current_schema() and table_type = 'BASE TABLE' and is_generated = 'NEVER'
    order by table_name, ordinal_position`.execute(db);
  const { rows: references } = await sql<{ from: string; to: string; column: string }>`
    select source.relname as "from", target.relname as "to", attname as "column"
    from pg_constraint
    join pg_class as source on source.oid = conrelid
    join pg_class as target on target.oid = confrelid
    join pg_attribute on attrelid = conrelid and attnum = conkey[1]
    where contype = 'f' and connamespace = current_schema()::regnamespace`.execute(db);
  const names = [...new Set(columns.map(({ table }) => table))].filter((name) => !leftOut.has(name));
  const sorted: string[] = [];
  const add = (name: string): void => {
    if (sorted.includes(name) || !names.includes(name)) return;
    for (const { from, to } of references) if (from === name && to !== name) add(to);
    sorted.push(name);
  };
  for (const name of names) add(name);
  return sorted.map((table) => ({
    table,
    columns: columns.flatMap((entry) => (entry.table === table ? [entry.column] : [])),
    parent: references.find(({ from, to }) => from === table && to === table)?.column,
    identity: columns.find((entry) => entry.table === table && entry.identity)?.column,
  }));
}

async function refuseFull(trx: Transaction<Database>, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(trx);
    if (rows.length > 0) {
      throw new RestoreRefusedError(`table ${table} is not empty; restore into a new data folder or a new database`);
    }
  }
}

async function insertRows(trx: Transaction<Database>, { table, columns }: TableFacts, line: string): Promise<void> {
  const names = sql.join(columns.map((column) => sql.ref(column)));
  try {
    await sql`insert into ${sql.table(table)} (${names}) overriding system value
      select ${names} from jsonb_populate_recordset(null::${sql.table(table)}, ${line}::jsonb -> 'rows')`.execute(trx);
  } catch (cause) {
    // Classes of SQLSTATE: data that cannot be, and rows that do not fit together.
    if (!/^2[23]/.test(errorCode(cause) ?? "")) throw cause;
    throw new RestoreRefusedError(`the backup was changed: rows of ${table} do not fit; nothing was restored`, {
      cause,
    });
  }
}

/** Numbers that the database gives go on after the restored ones. */
async function continueIdentity(trx: Transaction<Database>, { table, identity }: TableFacts): Promise<void> {
  if (identity === undefined) return;
  await sql`select setval(pg_get_serial_sequence(${table}, ${identity}),
    coalesce((select max(${sql.ref(identity)}) from ${sql.table(table)}), 0) + 1, false)`.execute(trx);
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  return done === true ? "" : value;
}

/** The value of a line; undefined when it is none. */
function valueOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
