import { sql, type Kysely } from "kysely";
import type { Database } from "./schema.ts";

/**
 * Lets the database clear up after many changes and look at what the tables hold, so that it plans searches well. A
 * PostgreSQL server does so by itself in time; the embedded database never does.
 */
export async function refreshStatistics(db: Kysely<Database>): Promise<void> {
  await sql`vacuum (analyze) paper`.execute(db);
  await sql`vacuum (analyze) featured_paper`.execute(db);
  await sql`vacuum (analyze) search_word`.execute(db);
}
