import { sql, type Kysely, type Transaction } from "kysely";
import type { Database, Role } from "../database/schema.ts";
import { errorCode } from "../errors.ts";
import { newId } from "../secrets.ts";
import { personPath, provisionalName } from "./account.ts";

/** PostgreSQL's code for a second row where only one may be. */
const uniqueViolation = "23505";

export interface SignedIn {
  readonly accountId: string;
  /** Whether the account was made just now, with a name that its reader has not chosen. */
  readonly isNew: boolean;
}

/** The account of an address that was just proved, made if there is none; the admin's address makes an admin. */
export async function accountOf(
  trx: Transaction<Database>,
  { email, adminEmail, now }: { email: string; adminEmail: string | undefined; now: Date },
): Promise<SignedIn> {
  const isAdmin = email.toLowerCase() === adminEmail;
  for (;;) {
    const known = await trx
      .selectFrom("account")
      .select(["id", "role"])
      .where(sql`lower(email)`, "=", email.toLowerCase())
      .executeTakeFirst();
    if (known !== undefined) {
      if (isAdmin && known.role !== "admin") await setRole(trx, known.id, "admin");
      return { accountId: known.id, isNew: false };
    }
    const made = await trx
      .insertInto("account")
      .values({ id: newId(), name: provisionalName(), email, role: isAdmin ? "admin" : "reader", created_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    // Otherwise the same address was signed in elsewhere meanwhile, or the name was taken: look again.
    if (made !== undefined) return { accountId: made.id, isNew: true };
  }
}

/** Gives a role. The sessions of the account end: what a stolen one may do must not grow. */
export async function setRole(trx: Transaction<Database>, accountId: string, role: Role): Promise<void> {
  await trx.updateTable("account").set({ role }).where("id", "=", accountId).execute();
  await trx.deleteFrom("session").where("account_id", "=", accountId).execute();
}

/** Gives an account another name, unless somebody has it. The public log follows, so that its links stay whole. */
export async function changeName(
  db: Kysely<Database>,
  { accountId, name }: { accountId: string; name: string },
): Promise<"changed" | "taken"> {
  try {
    await db.transaction().execute(async (trx) => {
      const before = await trx
        .selectFrom("account")
        .select("name")
        .where("id", "=", accountId)
        .forUpdate()
        .executeTakeFirstOrThrow();
      await trx.updateTable("account").set({ name }).where("id", "=", accountId).execute();
      await renameInLog(trx, before.name, { actor: name, subject: personPath(name) });
    });
    return "changed";
  } catch (error) {
    if (errorCode(error) === uniqueViolation) return "taken";
    throw error;
  }
}

/** Writes the public log's entries by and about a person under another name. */
export async function renameInLog(
  trx: Transaction<Database>,
  name: string,
  { actor, subject }: { actor: string; subject: string },
): Promise<void> {
  await trx.updateTable("moderation").set({ actor }).where("actor", "=", name).execute();
  await trx.updateTable("moderation").set({ subject }).where("subject", "=", personPath(name)).execute();
}

/** What the owner of an account sees of it, and moderators of others'. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly bannedAt: Date | undefined;
  readonly banReason: string | undefined;
}

export async function findAccount(
  db: Kysely<Database>,
  by: { readonly id: string } | { readonly name: string },
): Promise<Account | undefined> {
  const all = db.selectFrom("account").select(["id", "name", "email", "role", "created_at", "banned_at", "ban_reason"]);
  const row = await (
    "id" in by ? all.where("id", "=", by.id) : all.where(sql`lower(name)`, "=", by.name.toLowerCase())
  ).executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    createdAt: row.created_at,
    bannedAt: row.banned_at ?? undefined,
    banReason: row.ban_reason ?? undefined,
  };
}
