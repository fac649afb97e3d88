import { sql, type Kysely, type Transaction } from "kysely";
import type { Database } from "../database/schema.ts";
import type { Letter } from "../mail/letter.tsx";
import { queueMail } from "../mail/queue-mail.ts";
import { hashToken, isSameSecret } from "../secrets.ts";

/** A link that was sent can be used this long, and once. */
export const linkMinutes = 15;
/** More mails than this are not sent to one address within an hour, whoever asks for them. */
const mostLinksAnHour = 5;

const oneMinute = 60_000;

export interface LinkRequest {
  readonly email: string;
  /** What the link holds. */
  readonly token: string;
  /** What the browser that asks keeps, so that it is known again. */
  readonly nonce: string;
  readonly letter: Letter;
  readonly now: Date;
}

/** Remembers a link and queues its mail, together; nothing happens when the address had its share of mails. */
export async function sendLink(
  db: Kysely<Database>,
  { email, token, nonce, letter, now }: LinkRequest,
): Promise<"sent" | "too-many"> {
  const address = email.toLowerCase();
  return db.transaction().execute(async (trx) => {
    // Of two requests for one address the second counts the first.
    await sql`select pg_advisory_xact_lock(hashtextextended(${address}, 7204243))`.execute(trx);
    const { count } = await trx
      .selectFrom("sign_in")
      .select(sql<number>`count(*)::integer`.as("count"))
      .where(sql`lower(email)`, "=", address)
      .where("created_at", ">", new Date(now.getTime() - 60 * oneMinute))
      .executeTakeFirstOrThrow();
    if (count >= mostLinksAnHour) return "too-many";
    await trx
      .insertInto("sign_in")
      .values({
        token_hash: hashToken(token),
        email,
        nonce_hash: hashToken(nonce),
        created_at: now,
        expires_at: new Date(now.getTime() + linkMinutes * oneMinute),
      })
      .execute();
    await queueMail(trx, { kind: "sign-in", recipient: email, subject: "Your link to sign in", ...letter, now });
    return "sent";
  });
}

/** A link that can still be used. */
export interface OpenLink {
  readonly email: string;
  /** Name of the account that it signs in to, if there is one. */
  readonly name: string | undefined;
  /** Whether this is the browser that asked for it. */
  readonly sameBrowser: boolean;
}

/** What a link would do; looking at it does not use it up, because mail scanners look at every link. */
export async function findLink(
  db: Kysely<Database>,
  { token, nonce, now }: { token: string; nonce: string | undefined; now: Date },
): Promise<OpenLink | undefined> {
  const row = await db
    .selectFrom("sign_in")
    .leftJoin("account", (join) => join.on(sql`lower(account.email)`, "=", sql`lower(sign_in.email)`))
    .select(["sign_in.token_hash", "sign_in.email", "sign_in.nonce_hash", "account.name"])
    .where("sign_in.token_hash", "=", hashToken(token))
    .where("sign_in.used_at", "is", null)
    .where("sign_in.expires_at", ">", now)
    .executeTakeFirst();
  if (row === undefined || !isSameSecret(hashToken(token), row.token_hash)) return undefined;
  return {
    email: row.email,
    name: row.name ?? undefined,
    sameBrowser: nonce !== undefined && isSameSecret(hashToken(nonce), row.nonce_hash),
  };
}

/** Uses a link up, and with it every other of its address. The address that it proves; undefined when it is used up. */
export async function useLink(trx: Transaction<Database>, token: string, now: Date): Promise<string | undefined> {
  const used = await trx
    .updateTable("sign_in")
    .set({ used_at: now })
    .where("token_hash", "=", hashToken(token))
    .where("used_at", "is", null)
    .where("expires_at", ">", now)
    .returning("email")
    .executeTakeFirst();
  if (used === undefined) return undefined;
  await trx
    .updateTable("sign_in")
    .set({ used_at: now })
    .where(sql`lower(email)`, "=", used.email.toLowerCase())
    .where("used_at", "is", null)
    .execute();
  return used.email;
}
