/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Context } from "hono";
import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { assetPaths } from "./assets.ts";
import { can, readerOf } from "../people/reader.ts";
import { themeOf, themes } from "./theme.ts";

export interface PageProps {
  /** Title of the browser's tab, before the name of the site. */
  readonly title: string;
  readonly description?: string;
  /** Seconds after which the page loads itself again: only ever at the reader's wish. */
  readonly refreshEvery?: number | undefined;
  readonly status?: ContentfulStatusCode;
  /** Feeds of what the page shows, by their addresses; the daily papers' where it says nothing. */
  readonly feeds?: readonly FeedLink[];
}

interface FeedLink {
  readonly title: string;
  /** Address of the feed's Atom form. */
  readonly href: string;
}

const dailyFeed: FeedLink = { title: "Daily Papers", href: "/feeds/daily.atom" };

/** Answers with a whole page around `content`. */
export function renderPage(c: Context, props: PageProps, content: Child) {
  return c.html(html`<!doctype html>${<Page c={c} {...props} content={content} />}`, props.status ?? 200);
}

const themeNames = { auto: "Auto", light: "Light", dark: "Dark" };

function Page({ c, content, ...props }: PageProps & { c: Context; content: Child }) {
  const theme = themeOf(c);
  return (
    <html lang="en" {...(theme === "auto" ? {} : { "data-theme": theme })}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${props.title} · Offprint`}</title>
        {props.description !== undefined && <meta name="description" content={props.description} />}
        {props.refreshEvery !== undefined && <meta http-equiv="refresh" content={String(props.refreshEvery)} />}
        <link rel="preload" href={assetPaths.font} as="font" type="font/woff2" crossorigin="anonymous" />
        <link rel="stylesheet" href={assetPaths.style} />
        <link rel="icon" href={assetPaths.icon} type="image/svg+xml" />
        {(props.feeds ?? [dailyFeed]).map(({ title, href }) => (
          <link rel="alternate" type="application/atom+xml" title={title} href={href} />
        ))}
        <script src={assetPaths.script} type="module"></script>
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header class="site-header">
          <a class="site-name" href="/">
            <img src={assetPaths.icon} alt="" width="20" height="20" />
            Offprint
          </a>
          <nav aria-label="Site">
            <a href="/" {...current(c, "/")}>
              Papers
            </a>
            <a href="/runs" {...current(c, "/runs")}>
              Runs
            </a>
            <ReaderLinks c={c} />
          </nav>
          {c.req.path !== "/search" && <SearchField />}
        </header>
        <main id="content" tabindex={-1}>
          {content}
        </main>
        <footer class="site-footer">
          <p>Offprint, a page of papers that run. Thank you to arXiv for use of its open access interoperability.</p>
          <nav aria-label="More of this site">
            <a href="/feeds">Feeds</a>
            <a href="/subscribe">Mail</a>
            <a href="/api">For programs</a>
            <a href="/moderation">Moderation log</a>
          </nav>
          <form method="post" action="/theme">
            <input type="hidden" name="from" value={c.req.path} />
            <fieldset class="theme">
              <legend>Colours</legend>
              {themes.map((name) => (
                <button name="theme" value={name} aria-pressed={name === theme ? "true" : "false"}>
                  {themeNames[name]}
                </button>
              ))}
            </fieldset>
          </form>
        </footer>
      </body>
    </html>
  );
}

/** The way in, or to what only this reader has. */
function ReaderLinks({ c }: { c: Context }) {
  const reader = readerOf(c);
  if (reader === undefined) {
    const next = c.req.method === "GET" && !c.req.path.startsWith("/sign-in") ? c.req.path : "/";
    return (
      <a href={next === "/" ? "/sign-in" : `/sign-in?${new URLSearchParams({ next })}`} {...current(c, "/sign-in")}>
        Sign in
      </a>
    );
  }
  const own = `/people/${reader.name}`;
  return (
    <>
      <a href="/for-you" {...current(c, "/for-you")}>
        For you
      </a>
      <a href="/submit" {...current(c, "/submit")}>
        Submit
      </a>
      {can(reader, "moderate") && (
        <a href="/moderation/queue" {...current(c, "/moderation/queue")}>
          Review
        </a>
      )}
      {can(reader, "administer") && (
        <a href="/admin" {...current(c, "/admin")}>
          Admin
        </a>
      )}
      <a href={own} class="own-name" {...current(c, own)}>
        {reader.name}
      </a>
    </>
  );
}

function SearchField() {
  return (
    <form class="site-search" action="/search" role="search">
      <label class="unseen" for="site-search">
        Search papers
      </label>
      <input id="site-search" type="search" name="q" placeholder="Search papers" maxlength={250} autocomplete="off" />
      <button class="unseen-until-focus">Search</button>
    </form>
  );
}

function current(c: Context, path: string): { "aria-current"?: "page" } {
  return c.req.path === path ? { "aria-current": "page" } : {};
}
