import type { Kysely } from "kysely";
import type { Database, Role } from "../database/schema.ts";
import { newId } from "../secrets.ts";

/** Adds an account of long standing to a database; gives its id. */
export async function addAccount(
  db: Kysely<Database>,
  name: string,
  { role = "reader", createdAt = new Date("2020-01-01T00:00:00Z") }: { role?: Role; createdAt?: Date } = {},
): Promise<string> {
  const id = newId();
  await db
    .insertInto("account")
    .values({ id, name, email: `${name}@example.org`, role, created_at: createdAt })
    .execute();
  return id;
}
