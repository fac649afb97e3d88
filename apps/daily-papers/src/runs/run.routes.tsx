/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { Hono, type Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { AppEnv } from "../app-env.ts";
import { addressFields, formFields } from "../look/form.ts";
import { toHtml } from "../look/html.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound, renderNotice } from "../look/notice.tsx";
import { rateLimit } from "../limits/rate-limit.ts";
import { findPaper } from "../papers/paper.queries.ts";
import { drawPictures } from "./pictures.tsx";
import type { FormValues } from "./implementation.ts";
import { RunList } from "./run-list.tsx";
import { RunPage } from "./run.page.tsx";
import { readProgress } from "./run.progress.ts";
import { mayGuide, requireGuide, requireRunner } from "./run-rights.ts";
import { findRun, newestRuns, QueueFullError, requeueRun, runsAhead, TooManyRunsError } from "./run.queries.ts";
import { readRecord } from "./run.record.ts";
import { hasCheckpoint, metricsFile, runFolder } from "./run.worker.ts";
import type { Run } from "./run.ts";

/** How many runs may wait at a time. */
export const maxWaiting = 5;
const mostListed = 50;
const refreshSeconds = 5;

/** A result's page loads a model, and an address that asks something asks it. */
const looking = rateLimit({ name: "runs", points: 600, seconds: 60, by: "address" });
const asking = rateLimit({ name: "results", points: 120, seconds: 60, by: "address" });

export const runRoutes = new Hono<AppEnv>()
  .use("/:id", (c, next) => (c.req.url.includes("?") ? asking(c, next) : looking(c, next)))
  .use("/:id/:part{suggest|parts}/*", asking)
  .get("/", async (c) => {
    const runs = await newestRuns(c.var.db, { most: mostListed });
    if (runs.length === 0) {
      return renderNotice(c, {
        status: 200,
        title: "No runs yet",
        text: "A run begins on the page of a paper that carries the mark “Runs here”.",
      });
    }
    return renderPage(
      c,
      { title: "Runs" },
      <section class="bench runs-page" aria-labelledby="runs-title">
        <div class="bench-inner">
          <h1 id="runs-title">Runs</h1>
          <RunList runs={runs} implementations={c.var.implementations} />
        </div>
      </section>,
    );
  })
  .get("/:id", async (c) => {
    const run = await findRun(c.var.db, c.req.param("id"));
    if (run === undefined) return renderNotFound(c, "run");
    return showRun(c, run);
  })
  .get("/:id/events", async (c) => {
    const run = await findRun(c.var.db, c.req.param("id"));
    if (run === undefined) return renderNotFound(c, "run");
    const { streams } = c.var;
    if (streams.full) return c.text("Too many readers are watching runs; refresh the page instead.", 503);
    return streamSSE(c, (stream) => streams.send(run.id, stream));
  })
  .post("/:id/cancel", async (c) => {
    const run = await findRun(c.var.db, c.req.param("id"));
    if (run === undefined) return renderNotFound(c, "run");
    requireGuide(c, run);
    await c.var.worker.cancel(run.id);
    return c.redirect(`/runs/${run.id}`, 303);
  })
  .post("/:id/resume", async (c) => {
    const run = await findRun(c.var.db, c.req.param("id"));
    if (run === undefined) return renderNotFound(c, "run");
    requireGuide(c, run);
    try {
      await requeueRun(c.var.db, { id: run.id, maxWaiting, mostOpen: requireRunner(c).mostOpen, now: new Date() });
    } catch (error) {
      if (!(error instanceof QueueFullError || error instanceof TooManyRunsError)) throw error;
      return renderNotice(c, {
        status: 429,
        title: "Not now",
        text: `${error.message}.`,
        way: { href: "/runs", label: "All runs" },
      });
    }
    c.var.worker.wake();
    return c.redirect(`/runs/${run.id}`, 303);
  })
  .post("/:id", async (c) => {
    const run = await findRun(c.var.db, c.req.param("id"));
    if (run === undefined || run.status !== "completed") return renderNotFound(c, "result");
    requireRunner(c);
    return showRun(c, run, await formFields(c));
  })
  .get("/:id/suggest", async (c) => {
    const found = await findResult(c);
    if (found?.implementation.suggest === undefined) return renderNotFound(c, "result");
    const text = (c.req.query("text") ?? "").slice(0, 100);
    if (text.trim() === "") return c.json([]);
    return c.json(await found.implementation.suggest(found.folder, text));
  })
  .get("/:id/parts/:name", async (c) => {
    const found = await findResult(c);
    const parts = new Map(Object.entries(found?.implementation.parts ?? {}));
    const part = parts.get(c.req.param("name"));
    if (found === undefined || part === undefined) return renderNotFound(c, "result");
    return c.html(await toHtml(await part(found.folder)));
  })
  .get("/:id/files/:name{.+}", async (c) => {
    const found = await findResult(c);
    const files = (await found?.implementation.files?.(found.run, found.folder)) ?? [];
    const file = files.find(({ name }) => name === c.req.param("name"));
    if (found === undefined || file === undefined) return renderNotFound(c, "file");
    const content = Readable.toWeb(createReadStream(join(found.folder, file.name)));
    return c.body(content as ReadableStream, 200, {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": `attachment; filename="${basename(file.name)}"`,
      "Content-Length": String(file.bytes),
    });
  });

/** The run that the address names, when it is done, with what made it. */
async function findResult(c: Context<AppEnv, "/:id/*">) {
  const run = await findRun(c.var.db, c.req.param("id"));
  if (run === undefined || run.status !== "completed") return undefined;
  return { run, implementation: c.var.implementations.of(run), folder: runFolder(c.var.config.dataFolder, run.id) };
}

async function showRun(c: Context<AppEnv>, run: Run, sent?: FormValues) {
  const paper = await findPaper(c.var.db, run.paperId);
  if (paper === undefined) throw new Error(`internal: run ${run.id} is of a paper that is gone`);
  const implementation = c.var.implementations.of(run);
  const folder = runFolder(c.var.config.dataFolder, run.id);
  const refreshing = c.req.query("refresh") === "on" && (run.status === "queued" || run.status === "running");
  const progress = c.var.worker.live(run.id)?.progress ?? (await readProgress(metricsFile(folder)));
  return renderPage(
    c,
    { title: implementation.title(run.config), refreshEvery: refreshing ? refreshSeconds : undefined },
    <RunPage
      run={run}
      paper={paper}
      implementation={implementation}
      progress={progress}
      drawn={await drawPictures(implementation.pictures(progress))}
      ahead={run.status === "queued" ? await runsAhead(c.var.db, run) : 0}
      checkpoint={await hasCheckpoint(folder)}
      result={
        run.status === "completed"
          ? await implementation.result(run, folder, { query: addressFields(c), sent })
          : undefined
      }
      record={await readRecord(folder)}
      refreshing={refreshing}
      guided={mayGuide(c, run)}
    />,
  );
}
