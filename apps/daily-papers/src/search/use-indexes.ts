import { sql, type Kysely, type Transaction } from "kysely";
import type { Database } from "../database/schema.ts";

/**
 * Queries that go by an index wherever there is one. The planner takes a text's match for as cheap as that of a number
 * and would rather unpack the words of every paper; the embedded database has no statistics to know better.
 */
export function useIndexes<Result>(
  db: Kysely<Database>,
  work: (trx: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute(async (trx) => {
    await sql`select set_config('enable_seqscan', 'off', true)`.execute(trx);
    return work(trx);
  });
}
