/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { isGoneReader } from "../errors.ts";
import { enqueueJob } from "../jobs/jobs.ts";
import { addressFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound, renderNotice } from "../look/notice.tsx";
import { writeBackup } from "../operations/backup.ts";
import { readSenderState } from "../mail/sender-state.ts";
import { readStanding } from "../operations/standing.queries.ts";
import { requirePower } from "../people/session.ts";
import { JobsPage, OverviewPage, PeoplePage, type AskableSource } from "./admin.page.tsx";
import { listSources } from "../sources/source-state.ts";
import { findAccounts, listJobs, tryJobAgain } from "./admin.queries.ts";
import { needsOf } from "./needs.ts";
import { listRegularWork, readDisk, readOverview } from "./overview.queries.ts";

const mostListed = 100;

interface SourceJob extends AskableSource {
  /** The job that asks it. */
  readonly job: string;
}

const sources: readonly SourceJob[] = [
  {
    name: "huggingface",
    title: "Hugging Face",
    what: "its daily papers, since the last day that we have",
    job: "ingest-hugging-face",
  },
  {
    name: "arxiv",
    title: "arXiv",
    what: "newer versions and what is missing of the papers that we have",
    job: "refresh-papers",
  },
];

/** Pages for the admin alone; the mails' are in `mail/`. */
export const adminRoutes = new Hono<AppEnv>()
  .use("/admin/*", async (c, next) => {
    requirePower(c, "administer");
    c.header("Cache-Control", "private, no-store");
    await next();
  })
  .get("/admin", async (c) => {
    const { db, config } = c.var;
    const now = c.var.now();
    const [standing, known, sender, overview, disk] = await Promise.all([
      readStanding(db, now),
      listSources(db),
      config.mail.smtp === undefined ? undefined : readSenderState(db),
      readOverview(db),
      readDisk(config.dataFolder),
    ]);
    const ingests = config.ingest;
    const needs = needsOf({ jobs: standing.jobs, sources: known, sender, overview, disk, ingests, now });
    const asked = sources.find(({ name }) => name === addressFields(c)["asked"]);
    const news = asked === undefined ? undefined : `${asked.title} will be asked as soon as its pace allows.`;
    return renderPage(
      c,
      { title: "Administration" },
      <OverviewPage {...{ needs, standing, overview, disk, ingests, news }} sources={known} askable={sources} />,
    );
  })
  .post("/admin/sources/:name/ask", async (c) => {
    const source = sources.find(({ name }) => name === c.req.param("name"));
    if (source === undefined) return renderNotFound(c, "source");
    await enqueueJob(c.var.db, { name: source.job, payload: {}, dedupeKey: "by hand", now: c.var.now() });
    return c.redirect(`/admin?asked=${source.name}`, 303);
  })
  .get("/admin/jobs", async (c) => {
    const failed = addressFields(c)["state"] === "failed";
    const jobs = await listJobs(c.var.db, { failed, now: c.var.now(), most: mostListed });
    return renderPage(
      c,
      { title: "Jobs" },
      <JobsPage jobs={jobs} failed={failed} regular={await listRegularWork(c.var.db)} />,
    );
  })
  .post("/admin/jobs/:id/again", async (c) => {
    const id = c.req.param("id");
    const done = /^\d{1,18}$/.test(id) && (await tryJobAgain(c.var.db, id, c.var.now()));
    if (done) return c.redirect("/admin/jobs", 303);
    return renderNotice(c, {
      status: 409,
      title: "This job was not put back",
      text: "It is gone, it has not failed, or a newer job does the same already.",
      way: { href: "/admin/jobs", label: "All jobs" },
    });
  })
  .get("/admin/backup.jsonl.gz", (c) => {
    const lines = Readable.from(writeBackup(c.var.db, c.var.now()));
    const body = pipeline(lines, createGzip(), (error) => {
      // An admin who closes the browser is no fault.
      if (error instanceof Error && !isGoneReader(error)) c.var.report(error);
    });
    return c.body(Readable.toWeb(body) as ReadableStream<Uint8Array>, 200, {
      "Content-Type": "application/gzip",
      "Content-Disposition": 'attachment; filename="offprint-backup.jsonl.gz"',
    });
  })
  .get("/admin/people", async (c) => {
    const text = (addressFields(c)["q"] ?? "").replaceAll("\0", "").trim();
    const accounts = await findAccounts(c.var.db, { text, most: mostListed });
    return renderPage(c, { title: "People" }, <PeoplePage accounts={accounts} text={text} />);
  });
