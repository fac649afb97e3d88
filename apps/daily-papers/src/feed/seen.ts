import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { AppEnv } from "../app-env.ts";

const cookieName = "seen";
const oneYearSeconds = 31_536_000;
/** What counts as new for one of whom nothing is known. */
const firstMs = 7 * 86_400_000;

/** Up to when this reader has seen the feed: as the account says, or the browser's cookie. */
export async function seenUntil(c: Context<AppEnv>): Promise<Date> {
  const { db, reader, now } = c.var;
  const fallback = new Date(now().getTime() - firstMs);
  const here = readTime(getCookie(c, cookieName));
  if (reader === undefined) return here ?? fallback;
  const account = await db.selectFrom("account").select("seen_feed_at").where("id", "=", reader.id).executeTakeFirst();
  // Before the account knows, the browser does: one reads for a while before one signs in.
  return account?.seen_feed_at ?? here ?? fallback;
}

/** Remembers up to when this reader has seen the feed; never earlier than before, and never the future. */
export async function rememberSeen(c: Context<AppEnv>, until: Date): Promise<void> {
  const { db, reader, now } = c.var;
  const time = new Date(Math.min(until.getTime(), now().getTime()));
  if (reader === undefined) {
    const before = readTime(getCookie(c, cookieName));
    setCookie(c, cookieName, (before !== undefined && before > time ? before : time).toISOString(), {
      path: "/",
      maxAge: oneYearSeconds,
      httpOnly: true,
      sameSite: "Lax",
    });
    return;
  }
  await db
    .updateTable("account")
    .set((eb) => ({ seen_feed_at: eb.fn<Date>("greatest", ["seen_feed_at", eb.val(time)]) }))
    .where("id", "=", reader.id)
    .execute();
}

export function readTime(text: string | undefined): Date | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}T[\d:.]{5,12}Z$/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
