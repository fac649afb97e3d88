import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import type { BounceReport } from "./dsn.ts";
import type { Mail } from "./mail.queries.ts";
import { suppress } from "./suppression.ts";

/** So many issues in a row that nobody took end a subscription; so do fewer that lie this far apart. */
const mostReturned = 5;
const returnedDays = 14;

/** Nobody has this address: nothing more is sent to it. */
export async function noteHardBounce(db: Kysely<Database>, address: string, now: Date): Promise<void> {
  await db.transaction().execute((trx) => suppress(trx, { address, reason: "bounce", now }));
}

/** A reader called our mail spam: nothing more is sent but the links that they ask for to sign in. */
export async function noteComplaint(db: Kysely<Database>, address: string, now: Date): Promise<void> {
  await db.transaction().execute((trx) => suppress(trx, { address, reason: "complaint", now }));
}

const words: Readonly<Record<BounceReport["type"], string>> = {
  bounce: "it came back: nobody has this address",
  returned: "it came back",
  complaint: "its reader called it spam",
};

/** A mail that a server had taken came back, or its reader complained: the admin sees it, and it may end a subscription. */
export async function noteReturned(
  db: Kysely<Database>,
  mail: Mail,
  { type, now }: { type: BounceReport["type"]; now: Date },
): Promise<void> {
  await db
    .updateTable("mail")
    .set({ state: "failed", error: words[type] })
    .where("id", "=", mail.id)
    .where("state", "in", ["sent", "unsure"])
    .execute();
  if (type === "returned") await noteUndelivered(db, mail, now);
}

/**
 * An issue was not delivered in the end; after several in a row, the address is as good as gone. Only issues up to this
 * one are looked at: later ones may still come back, so that it says nothing that a server took them.
 */
export async function noteUndelivered(
  db: Kysely<Database>,
  { subscriberId, recipient, createdAt }: Pick<Mail, "subscriberId" | "recipient" | "createdAt">,
  now: Date,
): Promise<void> {
  if (subscriberId === undefined) return;
  const issues = await db
    .selectFrom("mail")
    .select(["state", "created_at"])
    .where("subscriber_id", "=", subscriberId)
    .where("recipient", "=", recipient)
    .where("created_at", "<=", createdAt)
    .where("attempts", ">", 0)
    .orderBy("created_at", "desc")
    .limit(mostReturned)
    .execute();
  const arrived = issues.findIndex(({ state }) => state !== "failed");
  const returned = arrived === -1 ? issues : issues.slice(0, arrived);
  const first = returned.at(-1)?.created_at ?? createdAt;
  const days = (createdAt.getTime() - first.getTime()) / 86_400_000;
  if (returned.length >= mostReturned || days >= returnedDays) await noteHardBounce(db, recipient, now);
}
