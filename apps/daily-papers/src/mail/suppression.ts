import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { keyedHash, secretOf } from "../secrets.ts";
import { foldAddress } from "./address.ts";

/** Why nothing more is sent to an address. */
export type SuppressionReason = "bounce" | "complaint";

/** The key never changes, so a process reads it once a database. */
const keys = new WeakMap<object, Promise<Buffer>>();

/** What is kept of an address for good: a keyed hash, which says whether, not who. */
async function addressHash(db: Kysely<Database>, address: string): Promise<string> {
  let key = keys.get(db);
  if (key === undefined) {
    key = secretOf(db, "addresses");
    keys.set(db, key);
    key.catch(() => keys.delete(db));
  }
  return keyedHash(await key, foldAddress(address));
}

/** Why nothing more is sent to an address; undefined when mails may go there. */
export async function suppressionOf(db: Kysely<Database>, address: string): Promise<SuppressionReason | undefined> {
  const row = await db
    .selectFrom("suppression")
    .select("reason")
    .where("email_hash", "=", await addressHash(db, address))
    .executeTakeFirst();
  return row === undefined ? undefined : row.reason === "complaint" ? "complaint" : "bounce";
}

/** Sends nothing more to an address, and ends its subscription. */
export async function suppress(
  db: Kysely<Database>,
  { address, reason, now }: { address: string; reason: SuppressionReason; now: Date },
): Promise<void> {
  await db
    .insertInto("suppression")
    .values({ email_hash: await addressHash(db, address), reason, created_at: now })
    .onConflict((conflict) => conflict.column("email_hash").doUpdateSet({ reason }))
    .execute();
  await db
    .updateTable("subscriber")
    .set({ state: "ended", ended_at: now, ended_reason: reason, next_issue_at: null, confirm_hash: null })
    .where((eb) => eb(eb.fn("lower", ["email"]), "=", foldAddress(address)))
    .where("state", "<>", "ended")
    .execute();
}

/** Lets mails go to an address again. @returns whether it was suppressed. */
export async function unsuppress(db: Kysely<Database>, address: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("suppression")
    .where("email_hash", "=", await addressHash(db, address))
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
