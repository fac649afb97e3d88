import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { AppEnv } from "../app-env.ts";
import { answerFresh } from "../http/etag.ts";
import { siteUrl } from "../http/site-url.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { parseArxivId } from "../papers/arxiv-id.ts";
import { dailyPapersQuery, paperParams, papersQuery, parseCursor, searchQuery, writeCursor } from "./api.schema.ts";
import { listByIds, listPapers, listPublished, type ListedPaper, type PaperFilter } from "./paper-list.queries.ts";
import { paperItemSchema, paperSchema, problemSchema } from "./paper.schema.ts";
import { daysOfMonth, daysOfWeek } from "./periods.ts";
import { presentItem, presentPaper } from "./present-paper.ts";
import { fieldProblem, problem } from "./problem.ts";
import { searchListed } from "./search-listed.ts";

/** Seconds that an answer may be kept; as the feeds. */
const keptSeconds = 60;

/** As the Hub has it for those who do not sign in. */
const apiLimit = rateLimit({
  name: "api",
  points: 500,
  seconds: 300,
  by: "address",
  refuse: (c, seconds) => problem(c, 429, `The limit of this address is reached; ask again in ${seconds} s.`),
});

/** Any page of the web may read what everybody may read. Nothing here looks at cookies. */
export const openToAll = cors({
  origin: "*",
  allowMethods: ["GET", "HEAD", "OPTIONS"],
  exposeHeaders: ["ETag", "Last-Modified", "Link", "RateLimit", "RateLimit-Policy", "Retry-After"],
  maxAge: 86_400,
});

const problemAnswer = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});
const usual = {
  304: { description: "Not changed since the answer whose `ETag` was sent in `If-None-Match`." },
  400: problemAnswer("A parameter could not be read; `errors` names it."),
  429: problemAnswer("Too many requests; `Retry-After` says when to come back."),
};
const listAnswer = {
  200: { description: "Papers.", content: { "application/json": { schema: z.array(paperItemSchema) } } },
  ...usual,
};
const oneAnswer = {
  200: { description: "The paper.", content: { "application/json": { schema: paperSchema } } },
  ...usual,
  404: problemAnswer("No such paper is known here."),
};

const dailyPapers = createRoute({
  method: "get",
  path: "/api/daily_papers",
  operationId: "listDailyPapers",
  summary: "Papers of the feed: of a day, a week, a month or a submitter, or all, page by page",
  request: { query: dailyPapersQuery },
  responses: listAnswer,
});
const papers = createRoute({
  method: "get",
  path: "/api/papers",
  operationId: "listPapers",
  summary: "All papers, newest publication first; the `Link` header leads to the next page",
  request: { query: papersQuery },
  responses: listAnswer,
});
const search = createRoute({
  method: "get",
  path: "/api/papers/search",
  operationId: "searchPapers",
  summary: "Papers that words, a phrase, an author or an id find, best first",
  request: { query: searchQuery },
  responses: listAnswer,
});
const onePaper = createRoute({
  method: "get",
  path: "/api/papers/{id}",
  operationId: "getPaper",
  summary: "One paper",
  request: { params: paperParams },
  responses: oneAnswer,
});

const apiDescription =
  "Everything that the pages show of papers, for programs. The addresses and answers are those of the Hugging Face Hub’s " +
  "API, so that its clients work here; the part “offprint” of an answer is ours. Nobody signs in, nothing is written, and " +
  "no answer holds an address or a token of a reader.";

/** Nothing can be changed through the API. */
const onlyReading: MiddlewareHandler = async (c, next) => {
  if (c.req.method === "GET" || c.req.method === "HEAD") {
    await next();
    return undefined;
  }
  c.header("Allow", "GET, HEAD, OPTIONS");
  return problem(c, 405, "The API is for reading.");
};

/** The site for programs, in the shapes of the Hugging Face Hub's API. */
export const apiRoutes = new OpenAPIHono<AppEnv>({
  defaultHook: (result, c) => (result.success ? undefined : fieldProblem(c, result.error)),
});

apiRoutes.use("/api/*", openToAll, onlyReading);
apiRoutes.use("/openapi.json", openToAll);
apiRoutes.use("/papers/:file{[^/]+\\.md}", openToAll);
apiRoutes.on(["GET", "HEAD"], "/api/daily_papers", apiLimit);
apiRoutes.on(["GET", "HEAD"], "/api/papers/*", apiLimit);

apiRoutes.openapi(dailyPapers, async (c) => {
  const { p, limit, sort, date, week, month, submitter } = c.req.valid("query");
  const days = daysOf({ date, week, month });
  const filter: PaperFilter = {
    ...(days === undefined ? {} : { days }),
    ...(submitter === undefined ? {} : { submitter }),
  };
  const order = sort === "trending" ? "trending" : "featured";
  return answerList(c, await listPapers(c.var.db, filter, { order, limit, offset: p * limit }));
});

apiRoutes.openapi(papers, async (c) => {
  const { cursor, limit } = c.req.valid("query");
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const { papers: found, next } = await listPublished(c.var.db, { after, limit });
  if (next !== undefined) {
    const query = new URLSearchParams({ cursor: writeCursor(next), limit: String(limit) });
    c.header("Link", `<${siteUrl(c)}/api/papers?${query.toString()}>; rel="next"`);
  }
  return answerList(c, found);
});

apiRoutes.openapi(search, async (c) => {
  const { q, limit } = c.req.valid("query");
  return answerList(c, await searchListed(c.var.db, q, limit));
});

apiRoutes.openapi(onePaper, (c) => answerPaper(c, c.req.valid("param").id));
// Ids of before April 2007 hold a slash, which not every program encodes.
apiRoutes.get("/api/papers/:archive/:number", (c) =>
  answerPaper(c, `${c.req.param("archive")}/${c.req.param("number")}`),
);

apiRoutes.get("/openapi.json", apiLimit, (c) => answerJson(c, describeApi(siteUrl(c))));

for (const { path, operationId, summary, type, id } of [
  {
    path: "/api/dump.jsonl.gz",
    operationId: "dumpPapers",
    summary: "All papers, one JSON object a line, zipped, without anything of readers",
    type: "application/gzip",
    id: false,
  },
  {
    path: "/api/questions.jsonl",
    operationId: "listQuestions",
    summary: "Questions under papers whose askers accepted an answer, as `offprint longlora finetune --sft` takes them",
    type: "application/jsonl",
    id: false,
  },
  {
    path: "/papers/{id}.md",
    operationId: "readPaper",
    summary: "One paper as Markdown",
    type: "text/markdown",
    id: true,
  },
] as const) {
  apiRoutes.openAPIRegistry.registerPath({
    method: "get",
    path,
    operationId,
    summary,
    ...(id ? { request: { params: paperParams } } : {}),
    responses: {
      200: { description: "The whole.", content: { [type]: { schema: { type: "string" } } } },
      ...(id
        ? {
            304: usual[304],
            404: {
              description: "No such paper is known here.",
              content: { "text/plain": { schema: { type: "string" } } },
            },
          }
        : { 304: usual[304], 429: usual[429] }),
    },
  });
}

/** The OpenAPI document of the site at this address. */
export function describeApi(site: string) {
  return apiRoutes.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Offprint Daily Papers", version: "1", description: apiDescription, license: { name: "MIT" } },
    servers: [{ url: site }],
  });
}

async function answerPaper(c: Context<AppEnv>, text: string): Promise<Response> {
  const id = parseArxivId(text)?.id;
  const [paper] = id === undefined ? [] : await listByIds(c.var.db, [id]);
  if (paper === undefined) return problem(c, 404, "No paper with this arXiv id is known here.");
  return answerJson(c, presentPaper(paper));
}

function answerList(c: Context<AppEnv>, list: readonly ListedPaper[]): Promise<Response> {
  const presenting = {
    site: siteUrl(c),
    runsHere: (name: string | undefined) => c.var.implementations.find(name) !== undefined,
  };
  return answerJson(
    c,
    list.map((paper) => presentItem(paper, presenting)),
  );
}

function answerJson(c: Context<AppEnv>, value: unknown): Promise<Response> {
  const body = JSON.stringify(value);
  return answerFresh(c, { parts: [body], publicSeconds: keptSeconds }, () =>
    c.body(body, 200, { "Content-Type": "application/json" }),
  );
}

interface AskedDays {
  readonly date: string | undefined;
  readonly week: string | undefined;
  readonly month: string | undefined;
}

/** The days that are in all the periods asked for. */
function daysOf({ date, week, month }: AskedDays): { from: string; to: string } | undefined {
  const periods = [
    date === undefined ? undefined : { from: date, to: date },
    week === undefined ? undefined : daysOfWeek(week),
    month === undefined ? undefined : daysOfMonth(month),
  ].filter((period) => period !== undefined);
  const [first, ...others] = periods;
  if (first === undefined) return undefined;
  return others.reduce(
    (both, { from, to }) => ({ from: both.from > from ? both.from : from, to: both.to < to ? both.to : to }),
    first,
  );
}
