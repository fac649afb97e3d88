import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";

/** `auto` follows the system. */
export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const cookieName = "theme";
const oneYearSeconds = 31_536_000;

export function isTheme(text: unknown): text is Theme {
  return themes.some((theme) => theme === text);
}

/** The reader's choice of light or dark, from the cookie. */
export function themeOf(c: Context): Theme {
  const theme = getCookie(c, cookieName);
  return isTheme(theme) ? theme : "auto";
}

export function rememberTheme(c: Context, theme: Theme): void {
  setCookie(c, cookieName, theme, { path: "/", maxAge: oneYearSeconds, httpOnly: true, sameSite: "Lax" });
}
