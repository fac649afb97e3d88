import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { openToAll } from "../api/api.routes.ts";
import {
  listByIds,
  listFeatured,
  listFound,
  listPapers,
  type ArrivalCursor,
  type Arrivals,
  type PaperFilter,
} from "../api/paper-list.queries.ts";
import { feedVersion } from "../feed/feed.queries.ts";
import { answerFresh } from "../http/etag.ts";
import { siteUrl } from "../http/site-url.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { addressFields } from "../look/form.ts";
import { renderNotFound } from "../look/notice.tsx";
import { paperPath, parseArxivId } from "../papers/arxiv-id.ts";
import {
  filtersOf,
  isSearch,
  readSearchFields,
  searchPath,
  writeSearchFields,
  type SearchFields,
} from "../search/search-fields.ts";
import { searchPapers } from "../search/search.queries.ts";
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
  readonly next?: ArrivalCursor | undefined;
}

/** Feeds of every view, in three forms each. Cookies are not looked at: a feed is the same for everybody. */
export const feedsRoutes = new Hono<AppEnv>()
  .use("/feeds/*", openToAll)
  .on(["GET", "HEAD"], "/feeds/*", rateLimit({ name: "feeds", points: 500, seconds: 300, by: "address" }))
  .get("/feeds/search/:file", (c) => {
    const fields = readSearchFields(addressFields(c));
    return answerFeed(c, c.req.param("file"), (name) =>
      name === "papers" && isSearch(fields)
        ? searchView(c, fields, { name: nameOfSearch(fields), title: `Papers: ${writeSearchFields(fields)}` })
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
          page: searchPath({ ...noSearch, category: keyword }, 1),
        },
      ),
    ),
  )
  .get("/feeds/category/:file", (c) =>
    answerFeed(c, c.req.param("file"), (category) =>
      searchView(c, { ...noSearch, category }, { name: `category/${category}`, title: `Papers of ${category}` }),
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
      return searchView(c, { ...noSearch, runs: true }, { name, title: "Papers that run here" });
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

async function papersView(c: Context<AppEnv>, filter: PaperFilter, name: ViewName): Promise<View> {
  return arrivalsView(c, await listFeatured(c.var.db, filter, pageAsked(c)), name);
}

/** What the page of the search finds, but by the time of coming in: a reader of feeds wants what is new. */
async function searchView(c: Context<AppEnv>, fields: SearchFields, name: Omit<ViewName, "page">): Promise<View> {
  const { db, implementations } = c.var;
  const page = searchPath(fields, 1);
  const named = parseArxivId(fields.q)?.id;
  if (named !== undefined)
    return arrivalsView(c, { papers: await listByIds(db, [named]), next: undefined }, { ...name, page });
  const filters = filtersOf(fields, implementations.names);
  // Misspelt words are followed as what the page takes them for.
  const text = fields.q === "" ? "" : (await searchPapers(db, fields.q, filters)).text;
  return arrivalsView(c, await listFound(db, { text, filters }, pageAsked(c)), { ...name, page });
}

function arrivalsView(c: Context<AppEnv>, { papers, next }: Arrivals, { name, title, page }: ViewName): View {
  const site = siteUrl(c);
  return {
    id: tagUri(site, `feed/${encodeURI(name)}`),
    title,
    description: "Each paper once, dated by the time that it came into the feed; votes do not bring it back.",
    page,
    entries: papers.map((paper) => paperEntry(site, paper)),
    next,
  };
}

function pageAsked(c: Context<AppEnv>) {
  return { after: parseCursor(c.req.query("after") ?? ""), limit: entriesOfPage };
}

const noSearch: SearchFields = { q: "", from: "", to: "", category: "", runs: false };

/** A search's name for ever: its text, and its filters where it has some. */
function nameOfSearch(fields: SearchFields): string {
  const filters = new URLSearchParams(searchPath({ ...fields, q: "" }, 1).split("?")[1]);
  filters.delete("q");
  return `search/${fields.q}${filters.size === 0 ? "" : `?${filters}`}`;
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
  // A paper may come in before another and be told of after it, so that the newest entry alone does not say what changed.
  const { changedAt } = await feedVersion(c.var.db);
  const changes = [changedAt.getTime(), feed.updated?.getTime() ?? 0];
  return answerFresh(c, { parts: [body], changedAt: new Date(Math.max(...changes)), publicSeconds: keptSeconds }, () =>
    c.body(body, 200, { "Content-Type": `${feedTypes[format]}; charset=utf-8` }),
  );
}

function isFormat(text: string | undefined): text is FeedFormat {
  return text !== undefined && text in feedTypes;
}

function nextQuery(asked: URLSearchParams, next: ArrivalCursor): string {
  const fields = new URLSearchParams(asked);
  fields.set("after", `${next.arrivedAt.toISOString()},${next.id}`);
  return fields.toString();
}

/** Where an older page begins; one that cannot be read is the first page. */
function parseCursor(text: string): ArrivalCursor | undefined {
  const [, time = "", id = ""] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z),(.{1,40})$/.exec(text) ?? [];
  const arrivedAt = new Date(time);
  if (Number.isNaN(arrivedAt.getTime()) || parseArxivId(id) === undefined) return undefined;
  return { arrivedAt, id };
}
