import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { AppEnv } from "../app-env.ts";
import { siteUrl } from "../http/site-url.ts";

/** What our tokens look like; anything else need not be looked for. */
const tokenForm = /^[\w-]{32}$/;
const oneDaySeconds = 86_400;
/** A session ends this long after it began, whatever happens. */
export const sessionDays = 180;
/** A session that nobody uses ends sooner. */
export const idleDays = 30;

/** Whether readers reach the site by https, so that its cookies may demand it. */
function isSecure(c: Context<AppEnv>): boolean {
  return siteUrl(c).startsWith("https:");
}

/** `__Host-` makes browsers refuse the cookie from other hosts of the domain and without https. */
const nameOf = (c: Context<AppEnv>, name: string) => (isSecure(c) ? `__Host-${name}` : name);

/** Whether the request may belong to a session, as far as the names of its cookies tell. */
export function mayBeSignedIn(cookies: string | undefined): boolean {
  return cookies !== undefined && /(?:^|;)\s*(?:__Host-)?offprint=/.test(cookies);
}

/** The token of the request's session, if it has the form of one. */
export function sessionToken(c: Context<AppEnv>): string | undefined {
  return tokenOf(c, "offprint");
}

export function setSessionCookie(c: Context<AppEnv>, token: string): void {
  setToken(c, "offprint", token, sessionDays * oneDaySeconds);
}

export function clearSessionCookie(c: Context<AppEnv>): void {
  deleteCookie(c, nameOf(c, "offprint"), { path: "/", secure: isSecure(c) });
}

/** What binds a sign-in link to the browser that asked for it. */
export function askingBrowser(c: Context<AppEnv>): string | undefined {
  return tokenOf(c, "offprint-asked");
}

export function setAskingBrowser(c: Context<AppEnv>, nonce: string, seconds: number): void {
  setToken(c, "offprint-asked", nonce, seconds);
}

export function isToken(text: string | undefined): text is string {
  return text !== undefined && tokenForm.test(text);
}

function tokenOf(c: Context<AppEnv>, name: string): string | undefined {
  const token = getCookie(c, nameOf(c, name));
  return isToken(token) ? token : undefined;
}

function setToken(c: Context<AppEnv>, name: string, token: string, maxAge: number): void {
  setCookie(c, nameOf(c, name), token, { path: "/", httpOnly: true, sameSite: "Lax", secure: isSecure(c), maxAge });
}
