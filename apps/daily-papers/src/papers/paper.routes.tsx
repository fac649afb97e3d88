/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppEnv } from "../app-env.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { addressFields, formFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound, renderNotice } from "../look/notice.tsx";
import { similarPapers } from "../recommendations/similar-papers.ts";
import type { FormValues, Implementation } from "../runs/implementation.ts";
import { EqualCommand, Estimate, preparePanel, previewOf } from "../runs/run-panel.tsx";
import { pictureOf } from "../runs/run-picture.tsx";
import { requireRunner, runRight } from "../runs/run-rights.ts";
import { newestRuns, queueRun, QueueFullError, TooManyRunsError } from "../runs/run.queries.ts";
import { maxWaiting } from "../runs/run.routes.tsx";
import { discussionPart } from "../comments/discussion-part.tsx";
import { votedPapers } from "../votes/vote.queries.ts";
import { VoteButton } from "../votes/vote-button.tsx";
import { paperPath, parseArxivId } from "./arxiv-id.ts";
import { bibtex, citationKey, cslItem, ris } from "./citation.ts";
import { PaperPage } from "./paper.page.tsx";
import { daysOfPaper, findPaper } from "./paper.queries.ts";
import type { Paper } from "./paper.ts";
import { resultsOf } from "./results.tsx";
import { readableTex } from "./readable-tex.ts";
import { thumbnailSvg } from "./thumbnail.tsx";

const mostListed = 10;
/** Results are looked for among all runs, however many came to nothing since. */
const mostResults = 50;
const mostSimilar = 6;
const oneDaySeconds = 86_400;

/** An address that asks something, as phrases to be rated, costs more than a page. */
const asking = rateLimit({ name: "questions", points: 60, seconds: 60, by: "address" });

export const paperRoutes = new Hono<AppEnv>()
  .use("/:id", (c, next) => (c.req.url.includes("?") ? asking(c, next) : next()))
  .get("/:id", async (c) => {
    const asked = c.req.param("id");
    const paper = await findPaper(c.var.db, asked);
    if (paper !== undefined) return showPaper(c, paper, { values: addressFields(c) });
    return answerUnknown(c, asked);
  })
  // An old id whose slash was not encoded.
  .get("/:archive/:number{\\d{7}(?:v\\d+)?}", (c) =>
    answerUnknown(c, `${c.req.param("archive")}/${c.req.param("number")}`),
  )
  .get("/:id/:file{cite\\.(?:bib|ris|json)}", async (c) => {
    const paper = await findPaper(c.var.db, c.req.param("id"));
    const form = citationForms[c.req.param("file")];
    if (paper === undefined || form === undefined) return renderNotFound(c, "paper");
    return c.body(form.write(paper), 200, {
      "Content-Type": form.type,
      "Content-Disposition": `attachment; filename="${citationKey(paper)}.${form.extension}"`,
    });
  })
  .post("/:id", async (c) => {
    const paper = await findPaper(c.var.db, c.req.param("id"));
    if (paper === undefined || c.var.implementations.find(paper.implementation)?.explanation === undefined)
      return renderNotFound(c, "paper");
    requireRunner(c);
    return showPaper(c, paper, { values: {}, sent: await formFields(c) });
  })
  .get("/:id/thumbnail.svg", async (c) => {
    const paper = await findPaper(c.var.db, c.req.param("id"));
    if (paper === undefined) return renderNotFound(c, "paper");
    return c.body(await thumbnailSvg(paper), 200, {
      "Content-Type": "image/svg+xml; charset=utf-8",
      "Cache-Control": `public, max-age=${oneDaySeconds}`,
    });
  })
  .get("/:id/run-preview", async (c) => {
    const { paper, implementation } = await runnable(c);
    if (paper === undefined || implementation === undefined) return renderNotFound(c, "paper that runs");
    const reading = await implementation.readForm(addressFields(c), c.var.config.dataFolder);
    const preview = await previewOf(implementation, reading, c.var.config.dataFolder);
    return c.html(
      <>
        <Estimate preview={preview} />
        <EqualCommand preview={preview} />
      </>,
    );
  })
  .post("/:id/runs", async (c) => {
    const { paper, implementation } = await runnable(c);
    if (paper === undefined || implementation === undefined) return renderNotFound(c, "paper that runs");
    const runner = requireRunner(c);
    const values = await formFields(c);
    const reading = await implementation.readForm(values, c.var.config.dataFolder);
    if (!reading.ok) return showPaper(c, paper, { values, status: 422 });
    try {
      const run = await queueRun(c.var.db, {
        paperId: paper.id,
        implementation: implementation.name,
        config: reading.config,
        maxWaiting,
        ...runner,
        now: new Date(),
      });
      c.var.worker.wake();
      return c.redirect(`/runs/${run.id}`, 303);
    } catch (error) {
      if (!(error instanceof QueueFullError || error instanceof TooManyRunsError)) throw error;
      const refusal = `The run was not started: ${error.message}.`;
      return showPaper(c, paper, { values, status: 429, refusal });
    }
  });

/** Forms of a citation, by the files that hold them. */
const citationForms: Readonly<Record<string, { type: string; extension: string; write: (paper: Paper) => string }>> = {
  "cite.bib": { type: "application/x-bibtex; charset=utf-8", extension: "bib", write: bibtex },
  "cite.ris": { type: "application/x-research-info-systems; charset=utf-8", extension: "ris", write: ris },
  "cite.json": {
    type: "application/vnd.citationstyles.csl+json; charset=utf-8",
    extension: "json",
    write: (paper) => `${JSON.stringify([cslItem(paper)], undefined, 2)}\n`,
  },
};

/** Leads other spellings of an id to the paper's page; of a paper that is not here, says how it comes here. */
async function answerUnknown(c: Context<AppEnv>, asked: string): Promise<Response> {
  const id = parseArxivId(asked)?.id;
  if (id === undefined) return renderNotFound(c, "paper");
  if (id !== asked || c.req.path !== paperPath(id)) {
    if ((await findPaper(c.var.db, id)) !== undefined) return c.redirect(paperPath(id), 302);
  }
  return renderNotice(c, {
    status: 404,
    title: "This paper is not here yet",
    text: `Who submits ${id} brings it here from arXiv.`,
    way: { href: `/submit?${new URLSearchParams({ paper: id })}`, label: "Submit it" },
  });
}

/** The paper that the address names, with what runs it. */
async function runnable(
  c: Context<AppEnv, "/:id/*">,
): Promise<{ paper: Paper | undefined; implementation: Implementation | undefined }> {
  const paper = await findPaper(c.var.db, c.req.param("id"));
  return { paper, implementation: c.var.implementations.find(paper?.implementation) };
}

interface ShownForm {
  readonly values: FormValues;
  readonly status?: ContentfulStatusCode;
  /** Why a right form was turned down. */
  readonly refusal?: string;
  /** What a form of the explanation sent. */
  readonly sent?: FormValues;
}

async function showPaper(c: Context<AppEnv>, paper: Paper, form: ShownForm) {
  const implementation = c.var.implementations.find(paper.implementation);
  const [days, running, completed, voted, discussion, similar, explanation] = await Promise.all([
    daysOfPaper(c.var.db, paper.id),
    implementation === undefined ? undefined : runningPart(c, paper, implementation, form),
    newestRuns(c.var.db, { paperId: paper.id, status: "completed", most: mostResults }),
    votedPapers(c.var.db, c.var.reader?.id, [paper.id]),
    discussionPart(c, paper.id),
    similarPapers(c.var.db, paper.id, mostSimilar),
    implementation?.explanation?.(
      { query: addressFields(c), sent: form.sent },
      { path: `/papers/${paper.id}`, dataFolder: c.var.config.dataFolder },
    ),
  ]);
  const { implementations, config } = c.var;
  const results = await resultsOf(completed, { implementations, dataFolder: config.dataFolder });
  return renderPage(
    c,
    {
      title: readableTex(paper.title),
      description: readableTex(paper.abstract).slice(0, 200),
      feeds: [{ title: "Comments on this paper", href: `/feeds/comments/${encodeURIComponent(paper.id)}.atom` }],
      ...(form.status === undefined ? {} : { status: form.status }),
    },
    <PaperPage
      {...{ paper, days, running, explanation, discussion, results, similar }}
      vote={
        <VoteButton
          paper={paper}
          voted={voted.has(paper.id)}
          votes={paper.votes + paper.votesElsewhere}
          from={paperPath(paper.id)}
        />
      }
    />,
  );
}

async function runningPart(c: Context<AppEnv>, paper: Paper, implementation: Implementation, form: ShownForm) {
  const { db, config, worker, implementations } = c.var;
  const runs = await newestRuns(db, { paperId: paper.id, most: mostListed });
  const [panel, picture] = await Promise.all([
    preparePanel(implementation, form.values, config.dataFolder, { right: runRight(c), refusal: form.refusal }),
    pictureOf(runs, { implementations, worker, dataFolder: config.dataFolder }),
  ]);
  return { panel, runs, picture, implementations };
}
