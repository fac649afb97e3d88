import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";

/** Where a source goes on, as its last success left it; empty at first. */
export async function readSourceState(db: Kysely<Database>, name: string): Promise<Readonly<Record<string, unknown>>> {
  const row = await db.selectFrom("source").select("state").where("name", "=", name).executeTakeFirst();
  return row?.state ?? {};
}

/** Notes a success, and where to go on; in the transaction that keeps what the source told. */
export async function noteSuccess(
  db: Kysely<Database>,
  name: string,
  { now, state }: { now: Date; state?: Readonly<Record<string, unknown>> },
): Promise<void> {
  const values = { succeeded_at: now, error: null, ...(state === undefined ? {} : { state: JSON.stringify(state) }) };
  await db
    .insertInto("source")
    .values({ name, ...values })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(values))
    .execute();
}

/** Notes what went wrong; where to go on stays. */
export async function noteFailure(db: Kysely<Database>, name: string, { now, error }: { now: Date; error: unknown }) {
  const values = { failed_at: now, error: (error instanceof Error ? error.message : String(error)).slice(0, 500) };
  await db
    .insertInto("source")
    .values({ name, ...values })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(values))
    .execute();
}

/** How a source does: for the admin's page. */
export interface SourceReport {
  readonly name: string;
  readonly state: Readonly<Record<string, unknown>>;
  readonly succeededAt: Date | undefined;
  readonly failedAt: Date | undefined;
  /** What went wrong last, if nothing has gone well since. */
  readonly error: string | undefined;
  /** When it may be asked again, where that is in the future. */
  readonly waitsUntil: Date | undefined;
}

/** All sources that were ever asked. */
export async function listSources(db: Kysely<Database>): Promise<SourceReport[]> {
  const rows = await db
    .selectFrom("source")
    .leftJoin("pace", (join) =>
      join.onRef("pace.service", "=", "source.name").on("pace.next_at", ">", sql<Date>`clock_timestamp()`),
    )
    .selectAll("source")
    .select("pace.next_at")
    .orderBy("name")
    .execute();
  return rows.map((row) => ({
    name: row.name,
    state: row.state,
    succeededAt: row.succeeded_at ?? undefined,
    failedAt: row.failed_at ?? undefined,
    error: row.error ?? undefined,
    waitsUntil: row.next_at ?? undefined,
  }));
}
