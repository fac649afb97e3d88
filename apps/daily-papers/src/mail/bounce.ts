import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import type { Mail } from "./mail.queries.ts";
import { suppress } from "./suppression.ts";

/** So many issues in a row that no server took end a subscription. */
const mostSoftBounces = 5;

/** Nobody has this address: nothing more is sent to it. */
export async function noteHardBounce(db: Kysely<Database>, address: string, now: Date): Promise<void> {
  await db.transaction().execute((trx) => suppress(trx, { address, reason: "bounce", now }));
}

/** A reader called our mail spam: nothing more is sent but the links that they ask for to sign in. */
export async function noteComplaint(db: Kysely<Database>, address: string, now: Date): Promise<void> {
  await db.transaction().execute((trx) => suppress(trx, { address, reason: "complaint", now }));
}

/** A mail arrived: what was not taken before is forgotten. */
export async function noteSent(db: Kysely<Database>, { subscriberId }: Pick<Mail, "subscriberId">): Promise<void> {
  if (subscriberId === undefined) return;
  await db
    .updateTable("subscriber")
    .set({ soft_bounces: 0 })
    .where("id", "=", subscriberId)
    .where("soft_bounces", ">", 0)
    .execute();
}

/** An issue was given up because no server took it in time; after several in a row, the address is as good as gone. */
export async function noteSoftBounce(
  db: Kysely<Database>,
  { subscriberId, recipient }: Pick<Mail, "subscriberId" | "recipient">,
  now: Date,
): Promise<void> {
  if (subscriberId === undefined) return;
  const row = await db
    .updateTable("subscriber")
    .set({ soft_bounces: sql`soft_bounces + 1` })
    .where("id", "=", subscriberId)
    .where(sql<string>`lower(email)`, "=", recipient.toLowerCase())
    .returning("soft_bounces")
    .executeTakeFirst();
  if ((row?.soft_bounces ?? 0) >= mostSoftBounces) await noteHardBounce(db, recipient, now);
}
