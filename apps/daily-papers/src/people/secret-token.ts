import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const tokenBytes = 32;

/** A new secret of 256 bits, in letters that an address and a cookie can hold. */
export function newToken(): string {
  return randomBytes(tokenBytes).toString("base64url");
}

/** Whether a text has the form of our tokens; anything else need not be looked for. */
export function isToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

/** What the database keeps of a token: who reads the database cannot sign in with it. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Whether a token is the one that was kept, in a time that does not tell how much of it is right. */
export function isTokenOf(token: string, hash: string): boolean {
  const [came, kept] = [Buffer.from(hashToken(token)), Buffer.from(hash)];
  return came.length === kept.length && timingSafeEqual(came, kept);
}
