import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { answerFresh } from "../http/etag.ts";
import { siteUrl } from "../http/site-url.ts";
import { isGoneReader } from "../errors.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { feedVersion } from "../feed/feed.queries.ts";
import { newestComments } from "../feeds/feeds.queries.ts";
import { paperPath, parseArxivId } from "../papers/arxiv-id.ts";
import { answeredQuestions, dumpPapers } from "./export.queries.ts";
import { paperMarkdown } from "./paper-markdown.ts";
import { listByIds } from "./paper-list.queries.ts";
import { problem } from "./problem.ts";

/** A dump reads everything: a few an hour are enough for everybody. */
const dumpLimit = rateLimit({
  name: "dump",
  points: 6,
  seconds: 3600,
  by: "address",
  refuse: (c, seconds) =>
    problem(c, 429, `The dump was taken often enough from this address; come again in ${seconds} s.`),
});

const mostComments = 200;

/** What can be taken away whole, and papers as Markdown. */
export const exportRoutes = new Hono<AppEnv>()
  .get("/api/dump.jsonl.gz", dumpLimit, (c) => {
    c.header("Content-Disposition", 'attachment; filename="daily-papers.jsonl.gz"');
    return answerStream(c, () => dumpPapers(c.var.db), "application/gzip");
  })
  .get("/api/questions.jsonl", dumpLimit, (c) =>
    answerStream(c, () => answeredQuestions(c.var.db), "application/jsonl"),
  )
  .get("/papers/:file{[^/]+\\.md}", (c) => answerMarkdown(c, c.req.param("file").slice(0, -3)))
  .get("/papers/:id", async (c, next) => {
    if (!prefersMarkdown(c.req.header("accept"))) {
      await next();
      c.res.headers.append("Vary", "Accept");
      return undefined;
    }
    c.header("Vary", "Accept");
    return answerMarkdown(c, c.req.param("id"));
  });

async function answerMarkdown(c: Context<AppEnv>, text: string): Promise<Response> {
  const id = parseArxivId(text)?.id;
  const [paper] = id === undefined ? [] : await listByIds(c.var.db, [id]);
  if (paper === undefined) return c.text("No paper with this arXiv id is known here.\n", 404);
  const comments = await newestComments(c.var.db, paper.id, mostComments);
  const body = paperMarkdown(paper, comments.toReversed(), `${siteUrl(c)}${paperPath(paper.id)}`);
  return answerFresh(c, { parts: [body], publicSeconds: 60 }, () =>
    c.body(body, 200, { "Content-Type": "text/markdown; charset=utf-8" }),
  );
}

/** Whether Markdown is asked for by name, and rather than HTML. */
function prefersMarkdown(accept: string | undefined): boolean {
  const kinds = (accept ?? "").toLowerCase().split(",");
  const place = (type: string) => kinds.findIndex((kind) => kind.trim().split(";")[0] === type);
  const [markdown, html] = [place("text/markdown"), place("text/html")];
  return markdown !== -1 && (html === -1 || markdown < html);
}

/** What changes with the papers and comments alone; nothing is read for one who has it or who only asks for the head. */
async function answerStream(c: Context<AppEnv>, values: () => AsyncIterable<unknown>, type: string): Promise<Response> {
  const { version } = await feedVersion(c.var.db);
  return answerFresh(c, { parts: [c.req.path, version], publicSeconds: 3_600 }, () =>
    c.req.method === "HEAD" ? c.body(null, 200, { "Content-Type": type }) : stream(c, values(), type),
  );
}

/** One JSON value a line, as it is read; zipped where the type says so. */
function stream(c: Context<AppEnv>, values: AsyncIterable<unknown>, type: string): Response {
  const lines = Readable.from(jsonLines(values));
  const { report } = c.var;
  const settled = (error: unknown) => {
    // A reader who goes away is no fault.
    if (error instanceof Error && !isGoneReader(error)) report(error);
  };
  const body = type === "application/gzip" ? pipeline(lines, createGzip(), settled) : lines.on("error", settled);
  return c.body(Readable.toWeb(body) as ReadableStream<Uint8Array>, 200, { "Content-Type": type });
}

async function* jsonLines(values: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const value of values) yield Buffer.from(`${JSON.stringify(value)}\n`);
}
