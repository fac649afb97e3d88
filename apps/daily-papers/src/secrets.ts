import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { Database } from "./database/schema.ts";

/** 256 bits, as long as the hash that they key. */
const secretBytes = 32;
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A new id: 62 bits of chance in 12 characters that are safe in an address. It names; it does not prove. */
export function newId(): string {
  return Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** What only its receiver has, and what we keep of it. */
export interface NewToken {
  /** 192 bits of chance, safe in an address. */
  readonly token: string;
  /** What is stored: SHA-256 of the token. */
  readonly hash: string;
}

/** A token to be used once, such as that of a link in a mail. */
export function newToken(): NewToken {
  const token = randomBytes(24).toString("base64url");
  return { token, hash: hashToken(token) };
}

/** What is stored of a token, in hexadecimal. The token is chance alone: a plain hash cannot be guessed backwards. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Whether two texts are the same, in a time that does not tell how much of them is. */
export function isSameSecret(left: string, right: string): boolean {
  return timingSafeEqual(createHash("sha256").update(left).digest(), createHash("sha256").update(right).digest());
}

/**
 * 32 bytes that this installation made once under a name and keeps; the same for all its processes.
 * Inside a transaction, give the transaction: the embedded database has one connection.
 */
export async function secretOf(db: Kysely<Database>, name: string): Promise<Buffer> {
  const kept = await readSecret(db, name);
  if (kept !== undefined) return kept;
  const value = randomBytes(secretBytes).toString("base64url");
  await db
    .insertInto("secret")
    .values({ name, value, created_at: new Date() })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  // Whoever came first has won.
  const won = await readSecret(db, name);
  if (won === undefined) throw new Error(`internal: the secret ${name} was written and is not there`);
  return won;
}

async function readSecret(db: Kysely<Database>, name: string): Promise<Buffer | undefined> {
  const row = await db.selectFrom("secret").select("value").where("name", "=", name).executeTakeFirst();
  return row === undefined ? undefined : Buffer.from(row.value, "base64url");
}

/** A keyed hash of a text in hexadecimal: tells whether it is known, and only to who has the key. */
export function keyedHash(key: Buffer, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

/** The keys of one purpose, by id; the newest signs and all of them verify. */
export interface SigningKeys {
  /** What the tokens are for: a token of one purpose is worth nothing for another. */
  readonly purpose: string;
  readonly newest: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

/** The keys that sign tokens of a purpose (`[a-z-]+`); the first is made when there is none. */
export async function signingKeys(db: Kysely<Database>, purpose: string): Promise<SigningKeys> {
  const prefix = `${purpose}/`;
  const read = () =>
    db.selectFrom("secret").select(["name", "value"]).where("name", "like", `${prefix}%`).orderBy("name").execute();
  let rows = await read();
  if (rows.length === 0) {
    await secretOf(db, `${prefix}001`);
    rows = await read();
  }
  const keys = new Map(rows.map(({ name, value }) => [name.slice(prefix.length), Buffer.from(value, "base64url")]));
  return { purpose, newest: [...keys.keys()].at(-1) ?? "", keys };
}

/** Makes a new key that signs from now on; what the older ones signed stays good. */
export async function addSigningKey(db: Kysely<Database>, purpose: string): Promise<void> {
  const { newest } = await signingKeys(db, purpose);
  await secretOf(db, `${purpose}/${String(Number(newest) + 1).padStart(3, "0")}`);
}

/** Ends what a key signed, where it may be known to others. The last key is not taken away without a new one. */
export async function removeSigningKey(db: Kysely<Database>, purpose: string, id: string): Promise<void> {
  await addSigningKey(db, purpose);
  await sql`delete from secret where name = ${`${purpose}/${id}`}`.execute(db);
}

/**
 * A token that carries `content` and proves that we wrote it: `v1.key.content.mac`, safe in an address.
 * It never runs out; put a time into the content where it shall.
 */
export function signToken({ purpose, newest, keys }: SigningKeys, content: string): string {
  const key = keys.get(newest);
  if (key === undefined) throw new Error(`internal: no key to sign ${purpose} with`);
  const encoded = Buffer.from(content).toString("base64url");
  return `v1.${newest}.${encoded}.${macOf(key, purpose, newest, encoded).toString("base64url")}`;
}

/** What a token of ours carries; undefined for any other, whatever is wrong with it. */
export function verifyToken({ purpose, keys }: SigningKeys, token: string): string | undefined {
  const [, id, encoded, mac] = /^v1\.([0-9]{3,9})\.([A-Za-z0-9_-]{1,200})\.([A-Za-z0-9_-]{43})$/.exec(token) ?? [];
  const key = keys.get(id ?? "");
  if (id === undefined || encoded === undefined || mac === undefined || key === undefined) return undefined;
  const wanted = macOf(key, purpose, id, encoded);
  return timingSafeEqual(wanted, Buffer.from(mac, "base64url"))
    ? Buffer.from(encoded, "base64url").toString()
    : undefined;
}

function macOf(key: Buffer, purpose: string, id: string, encoded: string): Buffer {
  return createHmac("sha256", key).update(`v1|${purpose}|${id}|${encoded}`).digest();
}
