import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../app-env.ts";
import { can, NotAllowedError, SignInNeededError, type Power, type Reader } from "./reader.ts";
import { clearSessionCookie, sessionToken } from "./session-cookie.ts";
import { findSession } from "./session.queries.ts";

/** Sets `c.var.reader` and `c.var.session` by the cookie of the request; a cookie of an ended session is taken back. */
export const readSession: MiddlewareHandler<AppEnv> = async (c, next) => {
  const token = sessionToken(c);
  const found = token === undefined ? undefined : await findSession(c.var.db, token, c.var.now());
  c.set("reader", found?.reader);
  c.set("session", found?.session);
  await next();
  if (found !== undefined && !c.res.headers.has("Cache-Control"))
    c.res.headers.set("Cache-Control", "private, no-cache");
  if (token !== undefined && found === undefined && !c.res.headers.has("Set-Cookie")) clearSessionCookie(c);
};

/**
 * Who asks.
 * @throws {SignInNeededError} which the app answers with the way to the sign-in page, and back afterwards.
 */
export function requireReader(c: Context<AppEnv>): Reader {
  if (c.var.reader === undefined) throw new SignInNeededError();
  return c.var.reader;
}

/**
 * Who asks, where something is to be written for others.
 * @throws {SignInNeededError}
 * @throws {NotAllowedError} for a banned reader.
 */
export function requireWriter(c: Context<AppEnv>): Reader {
  const reader = requireReader(c);
  if (reader.banned) {
    throw new NotAllowedError(
      "Your account may not write here. The moderation log says why; reading goes on as before.",
    );
  }
  return reader;
}

/**
 * Who asks, where a power is needed.
 * @throws {SignInNeededError}
 * @throws {NotAllowedError} for readers without it.
 */
export function requirePower(c: Context<AppEnv>, power: Power): Reader {
  const reader = requireReader(c);
  if (!can(reader, power)) {
    throw new NotAllowedError(power === "moderate" ? "This page is for moderators." : "This page is for the admin.");
  }
  return reader;
}
