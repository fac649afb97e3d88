import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import { signingKeys, signToken, verifyToken, type SigningKeys } from "../secrets.ts";

/**
 * Links in mails that act for their reader. Each has a purpose of its own: who finds the link that unsubscribes can do
 * only that, and neither shows the address. They do not run out; the keys can be changed.
 */
export interface LinkSigner {
  readonly unsubscribe: (subscriberId: string) => string;
  readonly preferences: (subscriberId: string) => string;
}

export async function linkSigner(db: Kysely<Database>, site: string): Promise<LinkSigner> {
  const [unsubscribe, preferences] = [await signingKeys(db, "unsubscribe"), await signingKeys(db, "preferences")];
  const link = (path: string, keys: SigningKeys) => (id: string) => `${site}${path}/${signToken(keys, id)}`;
  return {
    unsubscribe: link("/unsubscribe", unsubscribe),
    preferences: link("/subscribe/preferences", preferences),
  };
}

/** Whose link this is; undefined when it is not one of ours. */
export async function subscriberOfLink(
  db: Kysely<Database>,
  purpose: "unsubscribe" | "preferences",
  token: string,
): Promise<string | undefined> {
  return verifyToken(await signingKeys(db, purpose), token);
}
