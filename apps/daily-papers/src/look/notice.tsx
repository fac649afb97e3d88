/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { renderPage } from "./layout.tsx";

export interface Notice {
  readonly status: ContentfulStatusCode;
  /** What happened, as a headline. */
  readonly title: string;
  /** One sentence: why, if known. */
  readonly text: string;
  /** One way on. */
  readonly way?: { readonly href: string; readonly label: string };
}

/** A page for empty, forbidden, missing and broken things: one sentence and one way on. */
export function renderNotice(c: Context, notice: Notice) {
  const way = notice.way ?? { href: "/", label: "Today’s papers" };
  return renderPage(
    c,
    { title: notice.title, status: notice.status },
    <section class="notice">
      {notice.status >= 400 && <p class="notice-status">{notice.status}</p>}
      <h1>{notice.title}</h1>
      <p>{notice.text}</p>
      <p>
        <a href={way.href}>{way.label}</a>
      </p>
    </section>,
  );
}

export function renderNotFound(c: Context, what = "page") {
  return renderNotice(c, {
    status: 404,
    title: `There is no such ${what}`,
    text: "The address may be mistyped, or what it named may never have been here.",
  });
}
