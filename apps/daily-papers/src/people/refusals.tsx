/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Context } from "hono";
import { renderNotice } from "../look/notice.tsx";
import { ownPath } from "../look/own-path.ts";
import type { NotAllowedError } from "./reader.ts";

/** Shows the way to the sign-in page, and from there back to the page that the reader was on. */
export function renderSignInNeeded(c: Context) {
  const way = `/sign-in?${new URLSearchParams({ next: pageOf(c) })}`;
  if (wantsJson(c)) return c.json({ error: "sign-in needed", way }, 401);
  return c.redirect(way, 303);
}

/** Says that this reader may not do it. */
export function renderNotAllowed(c: Context, error: NotAllowedError) {
  if (wantsJson(c)) return c.json({ error: error.message }, 403);
  return renderNotice(c, { status: 403, title: "That is not open to you", text: error.message });
}

/** Whether the page's script asks, which reads no pages. */
export function wantsJson(c: Context): boolean {
  return c.req.header("accept")?.startsWith("application/json") === true;
}

/** The page that a request came from: a form's answer is no page to come back to. */
function pageOf(c: Context): string {
  if (c.req.method === "GET") return ownPath(c.req.url.slice(new URL(c.req.url).origin.length), "/");
  const referer = c.req.header("referer");
  if (referer === undefined || !URL.canParse(referer) || new URL(referer).host !== c.req.header("host")) return "/";
  const { pathname, search } = new URL(referer);
  return ownPath(pathname + search, "/");
}
