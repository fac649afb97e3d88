import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { openToAll } from "../api/api.routes.ts";
import {
  listByIds,
  listFeatured,
  listPapers,
  type FeaturedCursor,
  type PaperFilter,
} from "../api/paper-list.queries.ts";
import { answerFresh } from "../http/etag.ts";
import { siteUrl } from "../http/site-url.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { renderNotFound } from "../look/notice.tsx";
import { paperPath, parseArxivId } from "../papers/arxiv-id.ts";
import { writeAtom } from "./atom.ts";
import { commentEntry, newestDate, paperEntry, roundupEntry, tagUri } from "./feed-entries.ts";
import { feedTypes, type FeedDocument, type FeedEntry, type FeedFormat } from "./feed-document.ts";
import { newestComments, newestRoundups } from "./feeds.queries.ts";
import { writeJsonFeed } from "./json-feed.ts";
import { writeRss } from "./rss.ts";

const entriesOfPage = 50;
const keptSeconds = 300;
const writers = { atom: writeAtom, rss: writeRss, json: writeJsonFeed };

/** What is in a feed, and the page that shows the same. */
interface View {
  /** What the feed is called for ever. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Path of the page. */
  readonly page: string;
  readonly entries: readonly FeedEntry[];
  readonly next?: FeaturedCursor | undefined;
}

/** Feeds of every view, in three forms each. Cookies are not looked at: a feed is the same for everybody. */
export const feedsRoutes = new Hono<AppEnv>()
  .use("/feeds/*", openToAll)
  .on(["GET", "HEAD"], "/feeds/*", rateLimit({ name: "feeds", points: 500, seconds: 300, by: "address" }))
  .get("/feeds/search/:file", async (c) => {
    const text = (c.req.query("q") ?? "").slice(0, 250).replaceAll("\0", "").trim();
    if (text === "") return renderNotFound(c, "feed");
    return answerFeed(c, c.req.param("file"), (name) =>
      name === "papers"
        ? papersView(
            c,
            { text },
            { name: `search/${text}`, title: `Papers on “${text}”`, page: `/search?${query({ q: text })}` },
          )
        : undefined,
    );
  })
  .get("/feeds/keyword/:file", (c) =>
    answerFeed(c, c.req.param("file"), (keyword) =>
      papersView(
        c,
        { keyword },
        {
          name: `keyword/${keyword.toLowerCase()}`,
          title: `Papers on ${keyword}`,
          page: `/search?${query({ q: keyword })}`,
        },
      ),
    ),
  )
  .get("/feeds/category/:file", (c) =>
    answerFeed(c, c.req.param("file"), (category) =>
      papersView(
        c,
        { category },
        { name: `category/${category}`, title: `Papers of ${category}`, page: `/search?${query({ category })}` },
      ),
    ),
  )
  .get("/feeds/submitter/:file", (c) =>
    answerFeed(c, c.req.param("file"), (submitter) =>
      papersView(
        c,
        { submitter },
        {
          name: `submitter/${submitter.toLowerCase()}`,
          title: `Papers that ${submitter} brought`,
          page: `/people/${encodeURIComponent(submitter)}`,
        },
      ),
    ),
  )
  .get("/feeds/comments/:file", (c) => answerFeed(c, c.req.param("file"), (id) => commentsView(c, id)))
  .get("/feeds/:file", (c) => answerFeed(c, c.req.param("file"), (name) => namedView(c, name)));

function namedView(c: Context<AppEnv>, name: string): Promise<View> | undefined {
  switch (name) {
    case "daily":
      return papersView(c, {}, { name, title: "Daily Papers", page: "/" });
    case "runnable":
      return papersView(
        c,
        { implementations: c.var.implementations.names },
        { name, title: "Papers that run here", page: "/" },
      );
    case "trending":
      return trendingView(c);
    case "weekly":
      return roundupView(c, "week");
    case "monthly":
      return roundupView(c, "month");
    default:
      return undefined;
  }
}

interface ViewName {
  readonly name: string;
  readonly title: string;
  readonly page: string;
}

async function papersView(c: Context<AppEnv>, filter: PaperFilter, { name, title, page }: ViewName): Promise<View> {
  const site = siteUrl(c);
  const { papers, next } = await listFeatured(c.var.db, filter, {
    after: parseCursor(c.req.query("after") ?? ""),
    limit: entriesOfPage,
  });
  return {
    id: tagUri(site, `feed/${encodeURI(name)}`),
    title,
    description: "Each paper once, dated by the time that it came into the feed; votes do not bring it back.",
    page,
    entries: papers.map((paper) => paperEntry(site, paper)),
    next,
  };
}

async function trendingView(c: Context<AppEnv>): Promise<View> {
  const site = siteUrl(c);
  const papers = await listPapers(c.var.db, {}, { order: "trending", limit: entriesOfPage, offset: 0 });
  return {
    id: tagUri(site, "feed/trending"),
    title: "Trending papers",
    description: "The hottest papers. One that enters keeps the date on which it was featured.",
    page: "/trending",
    entries: papers.map((paper) => paperEntry(site, paper)),
  };
}

async function roundupView(c: Context<AppEnv>, kind: "week" | "month"): Promise<View> {
  const site = siteUrl(c);
  const roundups = await newestRoundups(c.var.db, kind, { now: c.var.now(), most: 12, papers: 20 });
  return {
    id: tagUri(site, `feed/${kind}ly`),
    title: kind === "week" ? "The week’s papers" : "The month’s papers",
    description: `One entry a ${kind}, when it is over: its papers, the most voted for first.`,
    page: `/${kind}`,
    entries: roundups.map((roundup) => roundupEntry(site, { kind, ...roundup })),
  };
}

async function commentsView(c: Context<AppEnv>, text: string): Promise<View | undefined> {
  const site = siteUrl(c);
  const id = parseArxivId(text)?.id;
  const [paper] = id === undefined ? [] : await listByIds(c.var.db, [id]);
  if (paper === undefined) return undefined;
  const comments = await newestComments(c.var.db, paper.id, entriesOfPage);
  return {
    id: tagUri(site, `feed/comments/${paper.id}`),
    title: `Comments on ${paper.title}`,
    description: "What readers say about the paper.",
    page: paperPath(paper.id),
    entries: comments.map((comment) => commentEntry(site, paper, comment)),
  };
}

/** Writes the view in the form that the file's name ends with. */
async function answerFeed(
  c: Context<AppEnv>,
  file: string,
  viewOf: (name: string) => Promise<View | undefined> | undefined,
): Promise<Response> {
  const [, name, format] = /^([^\0]{1,100})\.(atom|rss|json)$/.exec(file) ?? [];
  const view = name === undefined ? undefined : await viewOf(name);
  if (view === undefined || !isFormat(format)) return renderNotFound(c, "feed");
  const site = siteUrl(c);
  const { pathname, search, searchParams } = new URL(c.req.url);
  const feed: FeedDocument = {
    ...view,
    page: `${site}${view.page}`,
    self: `${site}${pathname}${search}`,
    next: view.next === undefined ? undefined : `${site}${pathname}?${nextQuery(searchParams, view.next)}`,
    updated: newestDate(view.entries),
  };
  const body = writers[format](feed);
  return answerFresh(c, { parts: [body], changedAt: feed.updated, publicSeconds: keptSeconds }, () =>
    c.body(body, 200, { "Content-Type": `${feedTypes[format]}; charset=utf-8` }),
  );
}

function isFormat(text: string | undefined): text is FeedFormat {
  return text !== undefined && text in feedTypes;
}

function nextQuery(asked: URLSearchParams, next: FeaturedCursor): string {
  const fields = new URLSearchParams(asked);
  fields.set("after", `${next.featuredAt.toISOString()},${next.id}`);
  return fields.toString();
}

/** Where an older page begins; one that cannot be read is the first page. */
function parseCursor(text: string): FeaturedCursor | undefined {
  const [, time = "", id = ""] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z),(.{1,40})$/.exec(text) ?? [];
  const featuredAt = new Date(time);
  if (Number.isNaN(featuredAt.getTime()) || parseArxivId(id) === undefined) return undefined;
  return { featuredAt, id };
}

function query(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString();
}
